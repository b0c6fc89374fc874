"""Ranking metrics, to hand to `compile(metrics=[...])`."""

from keras_sessrec.metrics.coverage_at_k import CoverageAtK
from keras_sessrec.metrics.mrr_at_k import MRRAtK
from keras_sessrec.metrics.ndcg_at_k import NDCGAtK
from keras_sessrec.metrics.popularity_at_k import PopularityAtK
from keras_sessrec.metrics.rank_metric import RankMetric
from keras_sessrec.metrics.rank_of_target import rank_of_target
from keras_sessrec.metrics.recall_at_k import RecallAtK
from keras_sessrec.metrics.top_k_metric import TopKMetric
from keras_sessrec.metrics.update_metrics import update_metrics

__all__ = [
    "CoverageAtK",
    "MRRAtK",
    "NDCGAtK",
    "PopularityAtK",
    "RankMetric",
    "RecallAtK",
    "TopKMetric",
    "rank_of_target",
    "update_metrics",
]
