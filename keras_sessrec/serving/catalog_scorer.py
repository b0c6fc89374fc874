"""Queries into the best items of the catalog, inside a TensorFlow graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from keras_sessrec.models import SessionRecommender
from keras_sessrec.ops.selection import top_k
from keras_sessrec.serving.score_table import MASKED, TOLERANCE, ScoreTable

# What an answer's score is where there is no item. Not -inf: JSON has none.
NO_SCORE = -1e9

_SCORES_AT_ONCE = 2**24  # 64 MB of float32


class CatalogScorer(tf.Module):
    """Scores a catalog and ranks it; holds a score table of its own.

    One product with a `ScoreTable` gives a row its scores, biases included, or the items' counts
    if it has no known click (so it is answered by popularity).

    Args:
        model: `SessionRecommender`.
        k: int, items per row, if the catalog has as many.
        dtype: str, the table's, see `ScoreTable`. Defaults to `"float32"`.

    Attributes:
        k: int, items per row.
        tolerance: float, by how much scores may differ from the model's.

    Raises:
        ValueError: A score would be NaN or infinite.

    Example:

    >>> model = ksr.models.GRU4Rec(ksr.Catalog(["tea", "cup"], [1, 5]), units=[4], seed=1)
    >>> scorer = CatalogScorer(model, k=2)
    >>> none = np.zeros((1, 0), "int32")
    >>> scorer.top_k(np.zeros((1, 4), "float32"), np.zeros(1, "float32"), none)[0].numpy()
    array([[2, 1]], dtype=int32)
    """

    def __init__(self, model: SessionRecommender, k: int, dtype: str = "float32") -> None:
        super().__init__()
        self.num_items = model.catalog.num_items
        self.k, self.dtype = min(k, self.num_items), dtype
        head = model.head()
        vectors, biases = head.table()
        parts, _ = model.network.encode(np.ones((1, 1), np.int32))
        query = head.query({name: hidden[:, 0] for name, hidden in parts.items()})
        if not all(
            np.isfinite(np.asarray(part, "float32")).all() for part in (vectors, biases, query)
        ):
            raise ValueError(
                "`model` holds NaN or infinity and cannot be served. "
                "Train it again with a smaller learning rate."
            )
        self._table = ScoreTable(vectors, biases, model.catalog.counts.astype("float32"), dtype)
        self._width = self._table.width
        self.tolerance = max(TOLERANCE[dtype], 1e-4 if model.compute_dtype == "float32" else 2e-2)

    def top_k(self, query: Any, events: Any, excluded: Any) -> tuple[tf.Tensor, tf.Tensor]:
        """Ranks the catalog.

        Args:
            query: float32 `[rows, dim]`, as `Head.query` makes it.
            events: float32 `[rows]`, known clicks of each row's session.
            excluded: int32 `[rows, any]`, items not to be answered; 0 where padded.

        Returns:
            Tuple of int32 `[rows, k]`, the items, best first, 0 where there is none left, and
            float32 `[rows, k]`, their scores, `NO_SCORE` where there is none.
        """
        rows = tuple(tf.convert_to_tensor(part) for part in (query, events, excluded))
        return rank_in_parts(self._rank, rows, self.k, max(1, _SCORES_AT_ONCE // self._width))

    def scores(self, query: Any, events: Any) -> tf.Tensor:
        """Scores the whole catalog.

        Args:
            query: float32 `[rows, dim]`, as `Head.query` makes it.
            events: float32 `[rows]`.

        Returns:
            float32 `[rows, width]`, column j for item j + 1; columns that are no item have
            scores below all others.
        """
        return self._table.scores(_with_switches(query, events))

    def score(self, query: Any, events: Any, items: Any) -> tf.Tensor:
        """Scores some items for each row.

        Args:
            query: float32 `[rows, dim]`, as `Head.query` makes it.
            events: float32 `[rows]`.
            items: int32 `[rows, any]`, 0 where unknown.

        Returns:
            float32 `[rows, any]`; `NO_SCORE` where an item is 0.
        """
        columns = tf.where(items > 0, items, self.num_items + 1) - 1
        scores = self._table.scores_of(_with_switches(query, events), columns)
        return without_masked(scores)

    def _rank(self, query: Any, events: Any, excluded: Any) -> tuple[tf.Tensor, tf.Tensor]:
        """`top_k` of a few rows."""
        scores = self.scores(query, events)
        # Padding masks a column that is no item.
        columns = tf.where(excluded > 0, excluded, self.num_items + 1) - 1
        rows = tf.broadcast_to(tf.range(tf.shape(query)[0])[:, None], tf.shape(columns))
        scores = tf.tensor_scatter_nd_update(
            scores, tf.stack([rows, columns], axis=2), tf.fill(tf.shape(columns), MASKED)
        )
        best, columns = top_k(scores, self.k)
        return tf.where(best > MASKED / 2, columns + 1, 0), without_masked(best)


def _with_switches(query: Any, events: Any) -> tf.Tensor:
    """What the table is multiplied by: vector, whether for the bias, whether for counts."""
    known = tf.cast(events[:, None] > 0, tf.float32)
    return tf.concat([tf.cast(query, tf.float32) * known, known, 1 - known], axis=1)


def rank_in_parts(
    rank: Callable[..., tuple[Any, Any]], rows: tuple[Any, ...], k: int, at_once: int
) -> tuple[tf.Tensor, tf.Tensor]:
    """Ranks a few rows at a time, so that their scores fit into memory.

    Args:
        rank: Function from parts of `rows` to items and scores.
        rows: Tensors `[rows, ...]`.
        k: int, items per row.
        at_once: int, rows in a part.

    Returns:
        Tuple of int32 `[rows, k]` and float32 `[rows, k]`.
    """

    def rank_part(begin: Any, items: Any, scores: Any) -> tuple[Any, Any, Any]:
        more = rank(*(tensor[begin : begin + at_once] for tensor in rows))
        both = [tf.concat(pair, axis=0) for pair in zip((items, scores), more, strict=True)]
        return begin + at_once, *both

    count = tf.shape(rows[0])[0]
    _, items, scores = tf.while_loop(
        lambda begin, *_: begin < count,
        rank_part,
        (tf.constant(0), tf.zeros([0, k], tf.int32), tf.zeros([0, k])),
        shape_invariants=(tf.TensorShape([]), *[tf.TensorShape([None, k])] * 2),
        parallel_iterations=1,
    )
    return items, scores


def without_masked(scores: tf.Tensor) -> tf.Tensor:
    """The scores as they leave: finite, whatever vectors came in."""
    return tf.where(scores > MASKED / 2, tf.minimum(scores, -MASKED), NO_SCORE)
