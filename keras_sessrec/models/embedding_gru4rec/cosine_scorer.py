"""The output layer of a network that predicts an item's vector."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from keras_sessrec.ops.unit_vectors import unit_vectors
from keras_sessrec.ops.weight_memory import take_weights


@keras.saving.register_keras_serializable(package="keras_sessrec")
class CosineScorer(keras.layers.Layer):
    """Scores items by the cosine of the angle between a predicted vector and theirs.

    Tan, Xu and Liu (2016), section 3.5: the network's output o is a vector in the space
    of item vectors e_j that were trained before and are not trained any more,

        r_j = o . e_j / (||o|| ||e_j||)

    The table holds every item's vector divided by its length, and the lengths beside it:
    the division is made once, in `set_vectors`, and a score is a plain product. No weight
    is trained. A vector of length 0 has cosine 0 with every other one.

    Args:
        num_items: int, size N of the catalog.
        dim: int, size D of a vector.

    Call arguments:
        hidden: float `[rows, dim]`, the predicted vectors, of any length.
        candidates: int `[C]`, items to score, the same for all rows; `None` (default)
            scores the whole catalog.

    Returns:
        float32 `[rows, C]` in [-1, 1], or `[rows, N]` with column j for item j + 1.

    Example:

    >>> scorer = CosineScorer(num_items=3, dim=2)
    >>> scorer.set_vectors([[2, 0], [0, 3], [-1, 0]])
    >>> scorer(keras.ops.array([[5.0, 0.0]])).numpy().tolist()
    [[1.0, 0.0, -1.0]]
    >>> scorer.lookup(keras.ops.array([2, 0])).numpy().tolist()
    [[0.0, 3.0], [0.0, 0.0]]
    """

    item_tables = ("table", "lengths")

    def __init__(self, num_items: int, dim: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.num_items = num_items
        self.dim = dim
        take_weights((num_items + 1, dim))
        fixed = {"initializer": "zeros", "trainable": False, "autocast": False}
        self.table = self.add_weight(shape=(num_items + 1, dim), name="table", **fixed)
        self.lengths = self.add_weight(shape=(num_items + 1,), name="lengths", **fixed)
        self.built = True

    def set_vectors(self, vectors: Any) -> None:
        """Sets the items' vectors.

        Args:
            vectors: float `[N, dim]`, row j for item j + 1. Row 0 of the table, the
                padding's, is all zero.

        Raises:
            ValueError: The shape differs, or a value is NaN or infinite.
        """
        vectors = np.asarray(vectors, np.float64)
        if vectors.shape != (self.num_items, self.dim):
            raise ValueError(
                f"`vectors` must have the shape [items, dim], ({self.num_items}, {self.dim}). "
                f"Received: shape {vectors.shape}."
            )
        if not np.isfinite(vectors).all():
            row = int(np.flatnonzero(~np.isfinite(vectors).all(axis=1))[0])
            raise ValueError(
                "`vectors` must be finite. "
                f"Received: NaN or infinity in row {row}. Was their model trained to the end?"
            )
        vectors = np.concatenate([np.zeros((1, self.dim)), vectors])
        lengths = np.linalg.norm(vectors, axis=1)
        self.table.assign(vectors / np.where(lengths > 0, lengths, 1.0)[:, None])
        self.lengths.assign(lengths)

    def lookup(self, items: Any) -> Any:
        """Returns items' vectors, of their own length.

        Args:
            items: int of any shape; 0 has a vector of zeros.

        Returns:
            float32 of shape `[..., dim]`.
        """
        lengths = ops.take(self.lengths, items, axis=0)
        return ops.take(self.table, items, axis=0) * lengths[..., None]

    def call(self, hidden: Any, candidates: Any = None) -> Any:
        rows = self.table[1:] if candidates is None else ops.take(self.table, candidates, axis=0)
        unit = ops.cast(self.query(hidden), self.compute_dtype)
        return ops.cast(ops.matmul(unit, ops.transpose(ops.cast(rows, unit.dtype))), "float32")

    def query(self, hidden: Any) -> Any:
        """Divides vectors `[rows, dim]` by their lengths, float32; zeros stay zeros."""
        return unit_vectors(hidden)

    def score_table(self) -> tuple[np.ndarray, np.ndarray]:
        """Returns the unit vectors of items 1..N, float32 `[N, dim]`, and biases of 0, `[N]`."""
        return np.asarray(self.table, np.float32)[1:], np.zeros(self.num_items, np.float32)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "num_items": self.num_items, "dim": self.dim}
