"""Losses that rank one positive among candidates: `loss(column of the positive, scores)`."""

from keras_sessrec.losses.cosine import CosineDistance, cosine_distance
from keras_sessrec.losses.pairwise import BPR, TOP1, BPRMax, TOP1Max, bpr, bpr_max, top1, top1_max
from keras_sessrec.losses.ranking_loss import RankingLoss
from keras_sessrec.losses.softmax import CrossEntropy, Distillation, cross_entropy

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
    "top1",
    "top1_max",
]


def get(x):
    import keras

    from keras_sessrec.losses.pairwise import BPRMax

    return (
        {"bpr_max": BPRMax, "cross_entropy": CrossEntropy}[x]()
        if x in ("bpr_max", "cross_entropy")
        else keras.losses.get(x)
    )
