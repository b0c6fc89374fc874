"""The interface of how subnets' hidden vectors become one score."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

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
