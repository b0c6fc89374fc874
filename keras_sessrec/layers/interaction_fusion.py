"""Feature subnets gate the first subnet's hidden vector."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from keras_sessrec.layers.parallel_fusion import ParallelFusion


@keras.saving.register_keras_serializable(package="keras_sessrec")
class InteractionFusion(ParallelFusion):
    """Scores by `w_0 (h_0 W_0 + b_0) + sum_{k>0} w_k ((h_0 * h_k) W_k + b_k)`.

    Hidasi et al. (RecSys 2016), the parallel interaction architecture: the hidden vector of
    a feature subnet is multiplied, element by element, with that of the item subnet, which is
    the first one. All subnets need as many units. Where the item subnet is trained, the
    gradient flows through the products too.

    Args:
        seed: int or `None`, of the initial weights.

    Raises:
        ValueError: The subnets differ in width.

    Example:

    >>> fusion = InteractionFusion()
    >>> fusion.attach(num_items=5, dims=[3, 3], weights=[1.0, 1.0])
    >>> fusion([keras.ops.ones((4, 3)), keras.ops.ones((4, 3))]).shape
    TensorShape([4, 5])
    """

    def attach(self, num_items: int, dims: Sequence[int], weights: Sequence[float]) -> None:
        self._check_equal(dims)
        super().attach(num_items, dims, weights)

    def call(
        self, hidden: Sequence[Any], candidates: Any = None, scores: Sequence[int] | None = None
    ) -> Any:
        return super().call(self._gated(hidden), candidates, scores)

    def score_query(self, hidden: Sequence[Any]) -> Any:
        return super().score_query(self._gated(hidden))

    def _gated(self, hidden: Sequence[Any]) -> list[Any]:
        return [hidden[0], *(hidden[0] * vector for vector in hidden[1:])]
