"""Hidden vectors into the best items of the catalog, inside a TensorFlow graph."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from keras_sessrec.models import SessionRecommender
from keras_sessrec.ops.selection import top_k
from keras_sessrec.serving.score_table import BLOCK, MASKED, TOLERANCE, ScoreTable

# What an answer's score is where there is no item. Not -inf: JSON has none.
NO_SCORE = -1e9

_SCORES_AT_ONCE = 2**24  # 64 MB of float32


class CatalogScorer(tf.Module):
    """Scores a catalog against hidden vectors and ranks it; holds a score table of its own.

    One product with a `ScoreTable` gives a row its scores, biases included, or the items' counts
    if it has no known click (so it is answered by popularity). Models without `score_table` are
    scored by their `score_hidden`.

    Args:
        model: `SessionRecommender`.
        k: int, items per row.
        dtype: str, the table's, see `ScoreTable`. Defaults to `"float32"`.

    Attributes:
        tolerance: float, by how much scores may differ from the model's.

    Raises:
        ValueError: A score would be NaN or infinite, `score_table` and `score_query` disagree
            with `score_hidden`, or there is no table whose `dtype` could be chosen.

    Example:

    >>> model = ksr.models.GRU4Rec(ksr.Catalog(["tea", "cup"], [1, 5]), units=[4], seed=1)
    >>> scorer = CatalogScorer(model, k=3)
    >>> none = np.zeros((1, 0), "int32")
    >>> scorer.top_k(np.zeros((1, 4), "float32"), np.zeros(1, "float32"), none)[0].numpy()
    array([[2, 1, 0]], dtype=int32)
    """

    def __init__(self, model: SessionRecommender, k: int, dtype: str = "float32") -> None:
        super().__init__()
        self.k, self.dtype = k, dtype
        self.num_items = model.catalog.num_items
        self._score_hidden, self._score_query = model.score_hidden, model.score_query
        counts = model.catalog.counts.astype("float32")
        table = model.score_table()
        if table is None and dtype != "float32":
            raise ValueError(
                "`score_dtype` is that of a score table, which this model has not. "
                f"Received: score_dtype={dtype!r} for a {type(model).__name__}. Use 'float32'."
            )
        self._table = None
        if table is not None:
            _check(model, *table)
            self._table = ScoreTable(*table, counts, dtype)
            self._width = self._table.width
        else:
            # One column at least is no item: ids that are unknown are masked there.
            self._width = BLOCK * (self.num_items // BLOCK + 1)
            self._counts = tf.Variable(counts, trainable=False, name="counts")
        self.tolerance = max(TOLERANCE[dtype], 1e-4 if model.compute_dtype == "float32" else 2e-2)

    def top_k(self, hidden: Any, events: Any, excluded: Any) -> tuple[tf.Tensor, tf.Tensor]:
        """Ranks the catalog.

        Args:
            hidden: float32 `[rows, dim]`.
            events: float32 `[rows]`, known clicks of each row's session.
            excluded: int32 `[rows, any]`, items not to be answered; 0 where padded.

        Returns:
            Tuple of int32 `[rows, k]`, the items, best first, 0 where there is none left, and
            float32 `[rows, k]`, their scores, `NO_SCORE` where there is none.
        """
        hidden, excluded = tf.convert_to_tensor(hidden), tf.convert_to_tensor(excluded)
        events = tf.convert_to_tensor(events)
        at_once = max(1, _SCORES_AT_ONCE // self._width)
        rows = tf.shape(hidden)[0]

        def rank_part(begin: Any, items: Any, scores: Any) -> tuple[Any, Any, Any]:
            part = slice(begin, begin + at_once)
            more = self._rank(hidden[part], events[part], excluded[part])
            both = [tf.concat(pair, axis=0) for pair in zip((items, scores), more, strict=True)]
            return begin + at_once, *both

        _, items, scores = tf.while_loop(
            lambda begin, *_: begin < rows,
            rank_part,
            (tf.constant(0), tf.zeros([0, self.k], tf.int32), tf.zeros([0, self.k])),
            shape_invariants=(tf.TensorShape([]), *[tf.TensorShape([None, self.k])] * 2),
            parallel_iterations=1,
        )
        return items, scores

    def scores(self, hidden: Any, events: Any) -> tf.Tensor:
        """Scores the whole catalog.

        Args:
            hidden: float32 `[rows, dim]`.
            events: float32 `[rows]`.

        Returns:
            float32 `[rows, width]`, column j for item j + 1; columns that are no item have
            scores below all others.
        """
        if self._table is not None:
            return self._table.scores(self._query(hidden, events))
        scores = tf.where(events[:, None] > 0, self._score_hidden(hidden), self._counts)
        padding = [[0, 0], [0, self._width - self.num_items]]
        return tf.pad(scores, padding, constant_values=MASKED)

    def score(self, hidden: Any, events: Any, items: Any) -> tf.Tensor:
        """Scores some items for each row.

        Args:
            hidden: float32 `[rows, dim]`.
            events: float32 `[rows]`.
            items: int32 `[rows, any]`, 0 where unknown.

        Returns:
            float32 `[rows, any]`; `NO_SCORE` where an item is 0.
        """
        columns = tf.where(items > 0, items, self.num_items + 1) - 1
        if self._table is None:
            scores = tf.gather(self.scores(hidden, events), columns, batch_dims=1)
        else:
            scores = self._table.scores_of(self._query(hidden, events), columns)
        return _without_masked(scores)

    def _rank(self, hidden: Any, events: Any, excluded: Any) -> tuple[tf.Tensor, tf.Tensor]:
        """`top_k` of a few rows."""
        scores = self.scores(hidden, events)
        # Padding masks a column that is no item.
        columns = tf.where(excluded > 0, excluded, self.num_items + 1) - 1
        rows = tf.broadcast_to(tf.range(tf.shape(hidden)[0])[:, None], tf.shape(columns))
        scores = tf.tensor_scatter_nd_update(
            scores, tf.stack([rows, columns], axis=2), tf.fill(tf.shape(columns), MASKED)
        )
        best, columns = top_k(scores, min(self.k, self.num_items))
        items = tf.where(best > MASKED / 2, columns + 1, 0)
        missing = [[0, 0], [0, max(0, self.k - self.num_items)]]
        best = tf.pad(_without_masked(best), missing, constant_values=NO_SCORE)
        return tf.pad(items, missing), best

    def _query(self, hidden: Any, events: Any) -> tf.Tensor:
        """What the table is multiplied by: vector, whether for the bias, whether for counts."""
        known = tf.cast(events[:, None] > 0, tf.float32)
        query = tf.cast(self._score_query(hidden), tf.float32)
        return tf.concat([query * known, known, 1 - known], axis=1)


def _without_masked(scores: tf.Tensor) -> tf.Tensor:
    """The scores as they leave: finite, whatever vectors came in."""
    return tf.where(scores > MASKED / 2, tf.minimum(scores, -MASKED), NO_SCORE)


def _check(model: SessionRecommender, vectors: Any, bias: Any) -> None:
    """Raises an error unless the table is finite and scores as the model does."""
    items = np.arange(min(3, len(vectors)), dtype="int32")[:, None] + 1
    hidden = model.encode(items)[0][:, 0]
    query = np.asarray(model.score_query(hidden), "float32")
    few = np.arange(0, len(vectors), -(-len(vectors) // 1000))
    product = query @ vectors[few].T + bias[few]
    if not all(np.isfinite(part).all() for part in (vectors, bias, product)):
        raise ValueError(
            "The model's weights hold NaN or infinity; it cannot be served. "
            "Train it again with a smaller learning rate."
        )
    scores = np.asarray(model.score_hidden(hidden, few + 1))
    tolerance = 1e-4 if model.compute_dtype == "float32" else 2e-2
    if not np.allclose(product, scores, rtol=tolerance, atol=tolerance):
        raise ValueError(
            f"`{type(model).__name__}.score_table` does not belong to its `score_hidden`: "
            "`score_query(hidden) . vectors^T + bias` must equal it. Override all three together."
        )
