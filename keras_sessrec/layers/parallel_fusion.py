"""Every subnet scores by itself; the scores are added."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_sessrec.layers.fusion import Fusion
from keras_sessrec.layers.item_scorer import ItemScorer


@keras.saving.register_keras_serializable(package="keras_sessrec")
class ParallelFusion(Fusion):
    """Scores by `sum_k w_k (h_k W_k + b_k)`, an output matrix per subnet.

    Hidasi et al. (RecSys 2016), the parallel architecture: the same as one output matrix for
    the concatenated hidden vectors. Subnets may differ in width.

    Args:
        seed: int or `None`, of the initial weights.

    Example:

    >>> fusion = ParallelFusion()
    >>> fusion.attach(num_items=5, dims=[3, 2], weights=[1.0, 1.0])
    >>> fusion([keras.ops.ones((4, 3)), keras.ops.ones((4, 2))]).shape
    TensorShape([4, 5])
    """

    def attach(self, num_items: int, dims: Sequence[int], weights: Sequence[float]) -> None:
        self.weights_of_subnets = list(weights)
        self.scorers = [self._scorer(num_items, dim) for dim in dims]
        self.built = True

    def owned_by(self, subnet: int) -> list[ItemScorer]:
        return [self.scorers[subnet]]

    def call(
        self, hidden: Sequence[Any], candidates: Any = None, scores: Sequence[int] | None = None
    ) -> Any:
        return sum(
            self.weights_of_subnets[k] * self.scorers[k](hidden[k], candidates)
            for k in self._scoring(hidden, scores)
        )

    def score_table(self) -> tuple[np.ndarray, np.ndarray]:
        tables = [scorer.score_table() for scorer in self.scorers]
        parts = list(zip(self.weights_of_subnets, tables, strict=True))
        vectors = np.concatenate([weight * table for weight, (table, _) in parts], axis=1)
        return vectors.astype("float32"), sum(weight * bias for weight, (_, bias) in parts)

    def score_query(self, hidden: Sequence[Any]) -> Any:
        return ops.concatenate(hidden, axis=-1)
