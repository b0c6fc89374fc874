"""What a served catalog is scored with: vectors, biases and counts of all items."""

from __future__ import annotations

import math

import numpy as np
import tensorflow as tf

BLOCK = 64  # the number of columns is a multiple, which top-k needs no copy for
MASKED = -3e38  # below every score, and finite: 0 times it is 0
# Largest errors of a score, relative and absolute, that `check_export` lets pass.
TOLERANCE = {"float32": 1e-4, "float16": 5e-3, "int8": 5e-2}

_CHUNK = 8192  # columns that are turned into float32 at once: a few MB, which stay in the cache


class ScoreTable(tf.Module):
    """Scores all items by one product, from numbers of 32, 16 or 8 bits.

    Items are columns: for small batches half the time of items as rows. Columns that are no
    item are masked; there is one at least. A row of `query` is a vector, whether the bias counts
    (1 or 0), and whether the item's count is the score. With `"int8"` a vector's numbers are whole
    numbers from -127 to 127 times a float32 of the item's own; biases and counts stay float32.
    Smaller numbers are turned into float32 a part of the table at a time: less memory, hardly less
    time (`benchmarks/score_dtype.py`).

    Args:
        vectors: float32 `[N, dim]`.
        bias: float32 `[N]`.
        counts: float32 `[N]`.
        dtype: `"float32"` (default), `"float16"` or `"int8"`.

    Attributes:
        width: int, number of columns.

    Raises:
        ValueError: `dtype` is none of the three, or a number is too large for float16.

    Example:

    >>> vectors, bias = np.array([[1.0, 2.0], [0.5, -1.0]], "float32"), np.zeros(2, "float32")
    >>> table = ScoreTable(vectors, bias, counts=np.ones(2, "float32"), dtype="int8")
    >>> query = tf.constant([[1.0, 1.0, 1.0, 0.0]])
    >>> table.scores(query)[0, :2].numpy().round(1).tolist(), table.width
    ([3.0, -0.5], 64)
    """

    def __init__(
        self, vectors: np.ndarray, bias: np.ndarray, counts: np.ndarray, dtype: str = "float32"
    ) -> None:
        super().__init__()
        if dtype not in tuple(TOLERANCE):
            raise ValueError(
                f"`score_dtype` must be one of {', '.join(TOLERANCE)}. "
                f"Received: score_dtype={dtype!r}."
            )
        if dtype == "float16" and abs(vectors).max(initial=0) > np.finfo("float16").max:
            raise ValueError(
                "`score_dtype='float16'` holds numbers up to 65,504. Received: a model with "
                f"{abs(vectors).max():g} among its output vectors. Use 'float32' or 'int8'."
            )
        self.dtype = dtype
        num_items, dim = vectors.shape
        self.width = BLOCK * (num_items // BLOCK + 1)
        if dtype != "float32":
            # In as few parts of equal width as there can be.
            self._parts = math.ceil(self.width / _CHUNK)
            self.width = self._parts * BLOCK * math.ceil(self.width / self._parts / BLOCK)
        offsets = np.full((2, self.width), MASKED, "float32")
        offsets[:, :num_items] = bias, counts
        if dtype == "int8":
            scales = np.maximum(abs(vectors).max(axis=1), 1e-30) / 127
            vectors = np.round(vectors / scales[:, None])
        columns = np.zeros((dim, self.width), dtype)
        columns[:, :num_items] = vectors.T
        if dtype == "float32":
            columns = np.concatenate([columns, offsets])
        else:
            columns = columns.reshape(dim, self._parts, -1).swapaxes(0, 1)
            self._offsets = tf.Variable(offsets, trainable=False, name="bias_and_counts")
        self._columns = tf.Variable(columns, trainable=False, name="score_table")
        self._scales = None
        if dtype == "int8":
            padded = np.ones(self.width, "float32")
            padded[:num_items] = scales
            self._scales = tf.Variable(padded, trainable=False, name="scales")

    def scores(self, query: tf.Tensor) -> tf.Tensor:
        """Scores every column.

        Args:
            query: float32 `[rows, dim + 2]`.

        Returns:
            float32 `[rows, width]`, column j for item j + 1.
        """
        if self.dtype == "float32":
            return tf.matmul(query, self._columns)
        vectors, rows = query[:, :-2], tf.shape(query)[0]
        kept = tf.TensorArray(tf.float32, self._parts, element_shape=[None, None])

        def score_part(part: tf.Tensor, kept: tf.TensorArray) -> tuple[tf.Tensor, tf.TensorArray]:
            columns = tf.cast(self._columns[part], tf.float32)
            return part + 1, kept.write(part, tf.matmul(vectors, columns))

        _, kept = tf.while_loop(
            lambda part, _: part < self._parts, score_part, (0, kept), parallel_iterations=1
        )
        products = tf.reshape(tf.transpose(kept.stack(), [1, 0, 2]), [rows, self.width])
        if self._scales is not None:
            products *= self._scales
        return products + tf.matmul(query[:, -2:], self._offsets)

    def scores_of(self, query: tf.Tensor, columns: tf.Tensor) -> tf.Tensor:
        """Scores some columns for each row.

        Args:
            query: float32 `[rows, dim + 2]`.
            columns: int32 `[rows, any]`.

        Returns:
            float32 `[rows, any]`.
        """
        if self.dtype == "float32":
            chosen = tf.gather(self._columns, columns, axis=1)
            return tf.einsum("rd,drc->rc", query, chosen)
        size = self.width // self._parts
        dims = tf.range(self._columns.shape[1])
        places = [(columns // size)[..., None], dims, (columns % size)[..., None]]
        shape = tf.concat([tf.shape(columns), tf.shape(dims)], axis=0)
        places = tf.stack([tf.broadcast_to(place, shape) for place in places], axis=3)
        chosen = tf.cast(tf.gather_nd(self._columns, places), tf.float32)
        products = tf.einsum("rd,rcd->rc", query[:, :-2], chosen)
        if self._scales is not None:
            # Not of the variable itself: every read of it would be a copy from then on.
            products *= tf.gather(self._scales.value(), columns)
        offsets = tf.gather(self._offsets, columns, axis=1)
        return products + tf.einsum("rd,drc->rc", query[:, -2:], offsets)
