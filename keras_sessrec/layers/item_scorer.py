"""The output layer: one vector and one bias per item."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from keras_sessrec.layers.block_uniform import BlockUniform
from keras_sessrec.ops.unit_vectors import unit_vectors


@keras.saving.register_keras_serializable(package="keras_sessrec")
class ItemScorer(keras.layers.Layer):
    """Scores items by `hidden . vector + bias`; the scores are raw.

    With `normalize` both vectors are divided by their lengths first, and the score of item j is

        r_j = scale * (h / ||h||) . (w_j / ||w_j||) + b_j

    (Gupta et al., NISER, 2019), so that an item is not favoured for its vector's length, which
    grows with how often it is clicked. `lookup`, and so a tied input, gives unit vectors too.

    In training only the candidates' rows are read (and so only they get a gradient);
    for a ranking all N items are scored. Row 0 of the table belongs to padding and is
    never scored.

    Args:
        num_items: int, size N of the catalog.
        dim: int, size of a hidden vector.
        use_bias: bool. Defaults to `True`.
        normalize: bool. Whether vectors are divided by their lengths. Defaults to `False`.
        scale: float, what the cosine is multiplied by where `normalize` is true: the softmax of
            numbers between -1 and 1 alone is nearly flat. Defaults to 16.
        seed: int or `None`, of the initial weights.

    Call arguments:
        hidden: float `[rows, dim]`.
        candidates: int `[C]`, items to score, the same for all rows; `None` (default)
            scores the whole catalog.

    Returns:
        float32 `[rows, C]`, or `[rows, N]` with column j for item j + 1.

    Raises:
        ValueError: `scale` is not positive.

    Example:

    >>> scorer = ItemScorer(num_items=5, dim=3)
    >>> hidden = keras.ops.ones((2, 3))
    >>> scorer(hidden).shape, scorer(hidden, keras.ops.array([4, 4, 1])).shape
    (TensorShape([2, 5]), TensorShape([2, 3]))
    """

    item_tables = ("table", "bias")

    def __init__(
        self,
        num_items: int,
        dim: int,
        use_bias: bool = True,
        normalize: bool = False,
        scale: float = 16.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.num_items = num_items
        self.dim = dim
        self.use_bias = use_bias
        if not 0 < scale < float("inf"):
            raise ValueError(f"`scale` must be positive. Received: scale={scale}.")
        self.normalize = normalize
        self.scale = float(scale)
        self.seed = seed
        self.table = self.add_weight(
            shape=(num_items + 1, dim),
            initializer=BlockUniform(rows=num_items, seed=seed),
            autocast=False,  # only the rows that are read are cast
            name="table",
        )
        if use_bias:
            self.bias = self.add_weight(
                shape=(num_items + 1,), initializer="zeros", autocast=False, name="bias"
            )
        self.built = True

    def call(self, hidden: Any, candidates: Any = None) -> Any:
        if candidates is None:
            rows, bias = self.table[1:], self.bias[1:] if self.use_bias else None
        else:
            rows = ops.take(self.table, candidates, axis=0)
            bias = ops.take(self.bias, candidates, axis=0) if self.use_bias else None
        if self.normalize:
            rows = unit_vectors(rows)
        query = ops.cast(self.query(hidden), self.compute_dtype)
        scores = ops.matmul(query, ops.transpose(ops.cast(rows, query.dtype)))
        scores = ops.cast(scores, "float32")
        return scores if bias is None else scores + bias

    def query(self, hidden: Any) -> Any:
        """Maps hidden vectors `[rows, dim]` to what `score_table` is multiplied by."""
        return self.scale * unit_vectors(hidden) if self.normalize else hidden

    def lookup(self, items: Any) -> Any:
        """Returns the vectors of items (int of any shape, 0 for padding), float `[..., dim]`."""
        vectors = ops.take(self.table, items, axis=0)
        return unit_vectors(vectors) if self.normalize else vectors

    def score_table(self) -> tuple[np.ndarray, np.ndarray]:
        """Returns the vectors and biases of items 1..N, float32 `[N, dim]` and `[N]`."""
        table = self.table[1:]
        table = np.asarray(unit_vectors(table) if self.normalize else table, "float32")
        bias = np.asarray(self.bias, "float32")[1:] if self.use_bias else None
        return table, np.zeros(len(table), "float32") if bias is None else bias

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "num_items": self.num_items,
            "dim": self.dim,
            "use_bias": self.use_bias,
            "normalize": self.normalize,
            "scale": self.scale,
            "seed": self.seed,
        }
