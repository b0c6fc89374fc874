"""Ranking metrics, to hand to `compile(metrics=[...])`."""

from keras_sessrec.metrics.list_metrics import CoverageAtK, PopularityAtK, TopKMetric
from keras_sessrec.metrics.rank_metrics import MRRAtK, NDCGAtK, RankMetric, RecallAtK

__all__ = [
    "CoverageAtK",
    "MRRAtK",
    "NDCGAtK",
    "PopularityAtK",
    "RankMetric",
    "RecallAtK",
    "TopKMetric",
]


def get(x):
    return list(x or ())
