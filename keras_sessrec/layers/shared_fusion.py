"""One output matrix for the sum of the hidden vectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from keras_sessrec.layers.fusion import Fusion
from keras_sessrec.layers.item_scorer import ItemScorer


@keras.saving.register_keras_serializable(package="keras_sessrec")
class SharedFusion(Fusion):
    """Scores by `(sum_k w_k h_k) W + b`.

    Hidasi et al. (RecSys 2016), the parallel shared-W architecture. All subnets need as
    many units. The paper leaves open which subnet's update trains W.

    Args:
        owner: int, the subnet whose updates train the output matrix, or `None` (default):
            every update does.
        seed: int or `None`, of the initial weights.

    Raises:
        ValueError: The subnets differ in width, or `owner` is not one of them.

    Example:

    >>> fusion = SharedFusion()
    >>> fusion.attach(num_items=5, dims=[3, 3], weights=[1.0, 1.0])
    >>> fusion([keras.ops.ones((4, 3)), keras.ops.ones((4, 3))]).shape
    TensorShape([4, 5])
    """

    def __init__(self, owner: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.owner = owner

    def attach(self, num_items: int, dims: Sequence[int], weights: Sequence[float]) -> None:
        self._check_equal(dims)
        if self.owner is not None and not 0 <= self.owner < len(dims):
            raise ValueError(
                f"`owner` must be a subnet from 0 to {len(dims) - 1}. Received: owner={self.owner}."
            )
        self.weights_of_subnets = list(weights)
        self.scorer = self._scorer(num_items, dims[0])
        self.built = True

    def owned_by(self, subnet: int) -> list[ItemScorer]:
        return [self.scorer] if self.owner in (None, subnet) else []

    def call(
        self, hidden: Sequence[Any], candidates: Any = None, scores: Sequence[int] | None = None
    ) -> Any:
        return self.scorer(self._sum(hidden, scores), candidates)

    def score_table(self) -> tuple[np.ndarray, np.ndarray]:
        return self.scorer.score_table()

    def score_query(self, hidden: Sequence[Any]) -> Any:
        return self._sum(hidden, None)

    def _sum(self, hidden: Sequence[Any], scores: Sequence[int] | None) -> Any:
        return sum(self.weights_of_subnets[k] * hidden[k] for k in self._scoring(hidden, scores))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "owner": self.owner}
