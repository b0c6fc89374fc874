"""Ranking metrics, to hand to `compile(metrics=[...])`."""

import re
from collections.abc import Mapping
from typing import Any

import keras

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
    "get",
]

_RANK_METRICS = {"recall": RecallAtK, "mrr": MRRAtK, "ndcg": NDCGAtK}
_KERAS_METRICS = {
    "sparse_categorical_accuracy": keras.metrics.SparseCategoricalAccuracy,
    "sparse_top_k_categorical_accuracy": keras.metrics.SparseTopKCategoricalAccuracy,
}


def get(metrics: Any) -> list[keras.metrics.Metric]:
    """Returns the metrics that `compile(metrics=)` names.

    Args:
        metrics: `None`, a metric, or a sequence or dict of them. A metric is an object of this
            package, a Keras metric of a column and scores, or a name: `"recall_at_20"`,
            `"mrr_at_5"`, `"ndcg_at_10"` with any cut-off,
            `"sparse_top_k_categorical_accuracy"`, `"sparse_categorical_accuracy"`.

    Returns:
        list of metric objects.

    Raises:
        ValueError: A name is unknown, or a Keras metric does not take a column and scores.
        TypeError: It is something else; a class, for instance.

    Example:

    >>> [metric.name for metric in get(["recall_at_20", MRRAtK(5)])]
    ['recall_at_20', 'mrr_at_5']
    """
    if metrics is None:
        return []
    if isinstance(metrics, Mapping):
        metrics = list(metrics.values())
    if not isinstance(metrics, (list, tuple)):
        metrics = [metrics]
    return [_metric(metric) for metric in metrics]


def _metric(identifier: Any) -> keras.metrics.Metric:
    if isinstance(identifier, str):
        named = re.fullmatch(r"([a-z]+)_at_([1-9]\d*)", identifier)
        if named and named[1] in _RANK_METRICS:
            return _RANK_METRICS[named[1]](int(named[2]))
        if identifier in _KERAS_METRICS:
            return _KERAS_METRICS[identifier]()
        raise ValueError(
            f"`metrics` must name {[f'{name}_at_20' for name in _RANK_METRICS]}, with any cut-off, "
            f"or {list(_KERAS_METRICS)}. Received: {identifier!r}."
        )
    if not isinstance(identifier, keras.metrics.Metric):
        raise TypeError(
            "`metrics` must hold metric objects, such as `ksr.metrics.RecallAtK(20)`. "
            f"Received: {str(identifier)[:200]}."
        )
    if not isinstance(identifier, (RankMetric, TopKMetric)):
        try:
            again = type(identifier).from_config(identifier.get_config())
            again.update_state([0, 1], keras.ops.zeros((2, 3)), sample_weight=[1.0, 1.0])
        except Exception as error:
            raise ValueError(
                "`metrics` must take the target's column `[rows]` and scores `[rows, N]`. "
                f"Received: {type(identifier).__name__}, which says: {str(error)[:200]}"
            ) from error
    return identifier
