"""One count of ranks and one top-k for any number of metrics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from keras_sessrec.metrics.rank_metric import RankMetric
from keras_sessrec.metrics.rank_of_target import rank_of_target
from keras_sessrec.metrics.top_k_metric import TopKMetric
from keras_sessrec.top_k import top_k


def update_metrics(
    metrics: Sequence[keras.metrics.Metric], y_true: Any, scores: Any, sample_weight: Any
) -> None:
    """Updates metrics with a batch of whole-catalog scores, sharing what they share.

    Ranks are counted once per tie rule, and the longest top-k is found once.

    Args:
        metrics: Sequence of metrics: ours, or any Keras metric of a column and scores.
        y_true: int `[rows]`, column of the target.
        scores: float32 `[rows, N]`.
        sample_weight: float32 `[rows]`.
    """
    ranks: dict[str, Any] = {}
    best = None
    longest = max((m.k for m in metrics if isinstance(m, TopKMetric)), default=0)
    for metric in metrics:
        if isinstance(metric, RankMetric):
            if metric.ties not in ranks:
                ranks[metric.ties] = rank_of_target(scores, y_true, metric.ties)
            metric.update_rank(ranks[metric.ties], sample_weight=sample_weight)
        elif isinstance(metric, TopKMetric):
            best = top_k(scores, longest)[1] if best is None else best
            metric.update_top_k(best, sample_weight=sample_weight)
        else:
            metric.update_state(y_true, scores, sample_weight=sample_weight)
