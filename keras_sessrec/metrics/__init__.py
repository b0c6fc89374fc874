"""Ranking metrics, to hand to `compile(metrics=[...])`."""

import inspect
import re
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from keras_sessrec.metrics.list_metrics import CoverageAtK, PopularityAtK, TopKMetric
from keras_sessrec.metrics.rank_metrics import MRRAtK, NDCGAtK, RankMetric, RecallAtK
from keras_sessrec.ops.identifiers import resolve, shown

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

    Keras' own metrics are tried on two rows of scores: their value must depend on the rank of
    the target.

    Args:
        metrics: `None`, a metric, or a sequence or dict of them; the keys of a dict, Keras'
            names of outputs, say nothing. A metric is an object of this package, a Keras
            metric of a column and scores, a config of one, or a name: `"recall_at_20"`,
            `"mrr_at_5"`, `"ndcg_at_10"` with any cut-off,
            `"sparse_top_k_categorical_accuracy"`, `"sparse_categorical_accuracy"`.

    Returns:
        list of metric objects.

    Raises:
        ValueError: A name is unknown or comes twice, or a Keras metric does not take a column
            and scores.
        TypeError: It is something else; a class, for instance.

    Example:

    >>> [metric.name for metric in get(["recall_at_20", MRRAtK(5)])]
    ['recall_at_20', 'mrr_at_5']
    """
    if metrics is None:
        return []
    if isinstance(metrics, Mapping) and "class_name" not in metrics:
        metrics = list(metrics.values())
    if not isinstance(metrics, (list, tuple)):
        metrics = [metrics]
    made = [_get_one(metric) for metric in metrics]
    names = [metric.name for metric in made]
    if twice := {name for name in names if names.count(name) > 1}:
        raise ValueError(
            "`metrics` must have a `name` each, under which they are reported. "
            f"Received: {sorted(twice)} more than once."
        )
    return made


def _get_one(identifier: Any) -> keras.metrics.Metric:
    """The metric of an object, a name or a config."""
    if isinstance(identifier, str):
        named = re.fullmatch(r"([a-z]+)_at_([1-9]\d*)", identifier)
        if named and named[1] in _RANK_METRICS:
            return _RANK_METRICS[named[1]](int(named[2]))
    family = {f"{name}_at_20": cls for name, cls in _RANK_METRICS.items()} | _KERAS_METRICS
    metric = resolve(
        "metrics", identifier, keras.metrics.Metric, family, "ksr.metrics.RecallAtK(20)"
    )
    if not isinstance(metric, (RankMetric, TopKMetric)):
        _try_out(metric)
    return metric


def _try_out(metric: keras.metrics.Metric) -> None:
    """Refuses a metric that is not of the target's column and raw scores."""
    config, why = {}, ""
    try:
        inspect.signature(metric.update_state).bind(None, None, sample_weight=None)
        is_keras = getattr(keras.metrics, type(metric).__name__, None) is type(metric)
        if is_keras and type(metric) is not keras.metrics.MeanMetricWrapper:
            config = metric.get_config()
            first, last = (_value(type(metric).from_config(config), own) for own in (1.0, -1.0))
            why = "" if first != last else "the rank of the target does not matter to it"
    except Exception as error:
        why = f"it says: {str(error)[:200]}"
    if config.get("from_logits") is False:
        why = "it takes probabilities, without `from_logits=True`"
    if why:
        raise ValueError(
            "`metrics` must take the target's column `[rows]`, raw scores `[rows, N]` and "
            f"`sample_weight`, as `ksr.metrics.RecallAtK(20)`. Received: {shown(metric)}; {why}."
        )


def _value(metric: keras.metrics.Metric, own: float) -> float:
    """What a metric says of two rows of 0 whose targets score `own`."""
    scores = np.zeros((2, 1000), "float32")
    scores[[0, 1], [0, 1]] = own
    metric.update_state(np.array([0, 1], "int32"), scores, sample_weight=np.ones(2, "float32"))
    return float(metric.result())
