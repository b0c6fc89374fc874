"""Losses that rank one positive among candidates: `loss(column of the positive, scores)`."""

from keras_sessrec.losses.bpr import BPR, bpr
from keras_sessrec.losses.bpr_max import BPRMax, bpr_max
from keras_sessrec.losses.cosine_distance import CosineDistance, cosine_distance
from keras_sessrec.losses.cross_entropy import CrossEntropy, cross_entropy
from keras_sessrec.losses.distillation import Distillation
from keras_sessrec.losses.ranking_loss import RankingLoss
from keras_sessrec.losses.row_losses import row_losses
from keras_sessrec.losses.top1 import TOP1, top1
from keras_sessrec.losses.top1_max import TOP1Max, top1_max

__all__ = [
    "BPR",
    "TOP1",
    "BPRMax",
    "CosineDistance",
    "CrossEntropy",
    "Distillation",
    "RankingLoss",
    "TOP1Max",
    "bpr",
    "bpr_max",
    "cosine_distance",
    "cross_entropy",
    "row_losses",
    "top1",
    "top1_max",
]
