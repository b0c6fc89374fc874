"""How the subnets' hidden vectors become one score."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_sessrec.layers.block_uniform import draw_seed
from keras_sessrec.layers.item_scorer import ItemScorer


class Fusion(keras.layers.Layer):
    """Base of the fusions: hidden vectors of several subnets in, item scores out.

    Scores of subnets add up, so any part of them can be scored alone. Children override
    `attach`, `call` and `owned_by`.

    Args:
        seed: int or `None`, of the initial weights.

    Call arguments:
        hidden: Sequence of float `[rows, dim]`, one per subnet.
        candidates: int `[C]`, items to score; `None` (default) is the whole catalog.
        scores: Sequence of int, which subnets take part; `None` (default): all.

    Returns:
        float32 `[rows, C]` or `[rows, N]`.
    """

    def __init__(self, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.seed = seed
        self._rng = np.random.default_rng(seed)

    def attach(self, num_items: int, dims: Sequence[int], weights: Sequence[float]) -> None:
        """Creates the weights.

        Args:
            num_items: int, size N of the catalog.
            dims: Sequence of int, sizes of the subnets' hidden vectors.
            weights: Sequence of float, weights of the subnets in the sum.
        """
        raise NotImplementedError(f"`{type(self).__name__}` must override `attach`.")

    def owned_by(self, subnet: int) -> list[ItemScorer]:
        """Returns the scorers that are trained when `subnet` is."""
        raise NotImplementedError(f"`{type(self).__name__}` must override `owned_by`.")

    def score_table(self) -> tuple[Any, Any] | None:
        """Returns the vectors and biases of all items, if a score is one product of them.

        Then `call(hidden)` equals `score_query(hidden) . vectors^T + biases`.

        Returns:
            Tuple of float32 arrays `[N, dim]` and `[N]`, or `None` (default).
        """
        return None

    def score_query(self, hidden: Sequence[Any]) -> Any:
        """Maps the hidden vectors of all subnets to what `score_table` is multiplied by."""
        raise NotImplementedError(f"`{type(self).__name__}` must override `score_query`.")

    def _scorer(self, num_items: int, dim: int) -> ItemScorer:
        return ItemScorer(num_items, dim, seed=draw_seed(self._rng), dtype=self.dtype_policy)

    def _scoring(self, hidden: Sequence[Any], scores: Sequence[int] | None) -> Sequence[int]:
        """The subnets that take part."""
        return range(len(hidden)) if scores is None else scores

    def _check_equal(self, dims: Sequence[int]) -> None:
        if len(set(dims)) > 1:
            raise ValueError(
                f"`{type(self).__name__}` needs subnets with as many units in their last layer "
                f"each. Received: {list(dims)}. Use `ParallelFusion` for different widths."
            )

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "seed": self.seed}


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
