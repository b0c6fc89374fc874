"""Queries into the best items of a large catalog, most of which is not looked at."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import tensorflow as tf

from keras_sessrec.serving.catalog_scorer import NO_SCORE, rank_in_parts, without_masked
from keras_sessrec.serving.item_groups import grouped
from keras_sessrec.serving.packed_vectors import PackedVectors
from keras_sessrec.serving.query_basis import QueryBasis
from keras_sessrec.serving.score_table import MASKED

SIZE = 64  # items in a group
MOST_FINALISTS = 1024

_PART = 128  # groups that are scored at once where all are
_SCORES_AT_ONCE = 2**24
_FINITE = 1e15  # queries are cut to it, so that no product overflows


@dataclasses.dataclass(frozen=True)
class SearchReport:
    """What a pruned search does and keeps.

    Attributes:
        agreement: float, share of the exact best items in the answers, on sessions that chose
            nothing.
        unseen: float, the same where a session's own items are left out.
        sessions: int, sessions that it was measured on.
        asked: float, the share that was asked for.
        table_bytes: int, memory of everything that items are found and scored with.
        float32_bytes: int, that of the exact search's float32 table.
    """

    agreement: float
    unseen: float
    sessions: int
    asked: float
    table_bytes: int
    float32_bytes: int


class PrunedScorer(tf.Module):
    """Ranks a catalog by its most promising groups; in place of a `CatalogScorer`.

    Items stand in places, group by group. A group's promise is the score of its mean vector, plus
    `bonus` times how far scores within the group are apart for usual queries. The items
    of the `groups_read` best ones are screened, and the best `finalists` of those are scored with
    all bits. Rows without a known click have the most popular items for finalists. Rows of which
    less than k items are left are answered from everything.

    Args:
        vectors: float32 `[N, dim]`, of items 1..N.
        bias: float32 `[N]`.
        counts: float32 `[N]`.
        k: int, items per row, if the catalog has as many.
        basis: `QueryBasis` of usual queries.

    Attributes:
        k: int, items per row.
        num_items: int.
        num_groups: int.
        num_fine: int, see `PackedVectors`.
        groups_read: int, at first all of them. Set it before a graph is made.
        finalists: int.
        tolerance: float, by how much scores may differ from the model's.
        report: `SearchReport`, or `None` until one is set.
    """

    dtype = "12-bit numbers"

    def __init__(
        self, vectors: np.ndarray, bias: np.ndarray, counts: np.ndarray, k: int, basis: QueryBasis
    ) -> None:
        super().__init__()
        self.num_items = len(vectors)
        self.k, self.tolerance = min(k, self.num_items), 2e-2
        self.report: SearchReport | None = None
        self._basis = basis
        points = basis.of_items(vectors)
        near = np.concatenate([points[:, : basis.kept], bias[:, None]], axis=1)
        order = grouped(near, SIZE)
        # One place at least is no item. Parts of equal width are decoded where all are.
        groups = self.num_items // SIZE + 1
        self._parts = math.ceil(groups / _PART)
        self.num_groups = self._parts * math.ceil(groups / self._parts)
        places = self.num_groups * SIZE

        def placed(values: np.ndarray, fill: float, dtype: str) -> np.ndarray:
            rows = np.full((places, *values.shape[1:]), fill, dtype)
            rows[: self.num_items] = values[order]
            return rows

        self._packed = PackedVectors(placed(points, 0, "float32"), SIZE, basis.kept)
        item_at = placed(np.arange(1, self.num_items + 1), 0, "int32")
        place_of = np.full(self.num_items + 1, places - 1, "int32")
        place_of[order + 1] = np.arange(self.num_items)
        bias_at, counts_at = (placed(values, MASKED, "float32") for values in (bias, counts))
        self._mean, self._mean_bias, self._spread = _summary(placed(near, np.nan, "float32"))
        self.num_fine = self._packed.num_fine
        self.groups_read = self.num_groups
        self.finalists = min(max(128, 4 * self.k), places)
        most = max(MOST_FINALISTS, self.finalists)
        popular = np.argsort(-counts_at, kind="stable")[:most]

        def variable(values: np.ndarray, name: str) -> tf.Variable:
            return tf.Variable(values, trainable=False, name=name)

        self._turn = variable(basis.turn, "turn")
        self._means = variable(np.ascontiguousarray(self._mean.T), "group_means")
        self._promise = variable(self._mean_bias, "group_offsets")
        self._bias = variable(bias_at.reshape(-1, SIZE), "bias")
        self._counts = variable(counts_at, "counts")
        self._item_at = variable(item_at, "items")
        self._place_of = variable(place_of, "places")
        self._popular = variable(popular.astype("int32"), "popular")

    @property
    def group_of(self) -> np.ndarray:
        """The group of each item, int32 `[N + 1]`; that of item 0 has no meaning."""
        return self._place_of.numpy() // SIZE

    def promises(self, query: np.ndarray, bonus: float) -> np.ndarray:
        """Scores the groups for queries, float32 `[rows, groups]`, with a bonus to be tried."""
        turned = np.asarray(query) @ self._basis.turn[:, : self._basis.kept]
        return turned @ self._mean.T + (self._mean_bias + bonus * self._spread)

    def set_bonus(self, bonus: float) -> None:
        """Sets by how much a group of unlike items is preferred."""
        self._promise.assign(self._mean_bias + bonus * self._spread)

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
        turned, events = self._turned(query), tf.convert_to_tensor(events)
        rows = (turned, events, tf.convert_to_tensor(excluded))
        row = (tf.TensorSpec([self.k], tf.int32), tf.TensorSpec([self.k], tf.float32))
        # Row by row: each has groups of its own, and its numbers stay in the cache.
        best = tf.map_fn(lambda one: self._rank_one(*one), rows, fn_output_signature=row)
        # Rows without k items are looked at again: usually none, which costs next to nothing.
        short = tf.where(best[0][:, -1] == 0)
        rows = tuple(tf.gather_nd(part, short) for part in rows)
        at_once = max(1, _SCORES_AT_ONCE // (self.num_groups * SIZE))
        again = rank_in_parts(self._rank_all, rows, self.k, at_once)
        return tuple(
            tf.tensor_scatter_nd_update(some, short, others)
            for some, others in zip(best, again, strict=True)
        )

    def score(self, query: Any, events: Any, items: Any) -> tf.Tensor:
        """Scores some items for each row.

        Args:
            query: float32 `[rows, dim]`, as `Head.query` makes it.
            events: float32 `[rows]`.
            items: int32 `[rows, any]`, 0 where unknown.

        Returns:
            float32 `[rows, any]`; `NO_SCORE` where an item is 0.
        """
        places = tf.gather(self._place_of.value(), items)
        return without_masked(self._scores_at(self._turned(query), events, places))

    def _rank_one(self, turned: Any, events: Any, excluded: Any) -> tuple[tf.Tensor, tf.Tensor]:
        """`top_k` of one row, unless that finds too few."""
        places = tf.where(events > 0, self._screened(turned), self._popular[: self.finalists])
        items = tf.gather(self._item_at.value(), places)
        out = tf.reduce_any(items[:, None] == excluded, axis=1) | (items == 0)
        scores = self._scores_at(turned[None], events[None], places[None])[0]
        scores, columns = tf.math.top_k(tf.where(out, MASKED, scores), self.k)
        items = tf.where(scores > MASKED / 2, tf.gather(items, columns), 0)
        return items, without_masked(scores)

    def _screened(self, turned: tf.Tensor) -> tf.Tensor:
        """The places of a row's finalists, int32 `[finalists]`."""
        query = turned[: self._packed.screened]
        promises = tf.matmul(query[None], self._means)[0] + self._promise
        read = max(self.groups_read, math.ceil(self.finalists / SIZE))
        groups = tf.math.top_k(promises, read)[1]
        scores = self._packed.screen(query, groups) + tf.gather(self._bias.value(), groups)
        columns = tf.math.top_k(tf.reshape(scores, [-1]), self.finalists)[1]
        return tf.gather(groups, columns // SIZE) * SIZE + columns % SIZE

    def _turned(self, query: Any) -> tf.Tensor:
        """Queries in the basis of the items; whatever a client sent, usable numbers."""
        query = tf.clip_by_value(tf.cast(query, tf.float32), -_FINITE, _FINITE)
        return tf.matmul(tf.where(tf.math.is_finite(query), query, 0.0), self._turn)

    def _scores_at(self, turned: tf.Tensor, events: tf.Tensor, places: tf.Tensor) -> tf.Tensor:
        """Scores of places, `[rows, any]`, with all bits."""
        products = tf.linalg.matvec(self._packed.vectors(places), turned)
        scores = products + tf.gather(tf.reshape(self._bias, [-1]), places)
        return tf.where(events[:, None] > 0, scores, tf.gather(self._counts.value(), places))

    def _rank_all(self, turned: Any, events: Any, excluded: Any) -> tuple[tf.Tensor, tf.Tensor]:
        """`_rank` that looks at every item."""
        rows, width = tf.shape(turned)[0], self.num_groups * SIZE // self._parts
        kept = tf.TensorArray(tf.float32, self._parts, element_shape=[None, width])

        def score_part(part: tf.Tensor, kept: tf.TensorArray) -> tuple[tf.Tensor, tf.TensorArray]:
            vectors = self._packed.vectors(part * width + tf.range(width))
            return part + 1, kept.write(part, tf.matmul(turned, vectors, transpose_b=True))

        _, kept = tf.while_loop(
            lambda part, _: part < self._parts, score_part, (0, kept), parallel_iterations=1
        )
        scores = tf.reshape(tf.transpose(kept.stack(), [1, 0, 2]), [rows, width * self._parts])
        scores += tf.reshape(self._bias, [-1])
        scores = tf.where(events[:, None] > 0, scores, self._counts)
        places = tf.gather(self._place_of.value(), excluded)
        where = tf.broadcast_to(tf.range(rows)[:, None], tf.shape(places))
        scores = tf.tensor_scatter_nd_update(
            scores, tf.stack([where, places], axis=2), tf.fill(tf.shape(places), MASKED)
        )
        best, places = tf.math.top_k(scores, self.k)
        items = tf.where(best > MASKED / 2, tf.gather(self._item_at.value(), places), 0)
        return items, tf.where(items > 0, without_masked(best), NO_SCORE)


def _summary(near: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean vector, mean bias and spread of each group; NaN where a place is no item."""
    groups = near.reshape(-1, SIZE, near.shape[1])
    empty = np.isnan(groups[:, :, 0]).all(axis=1)
    groups[empty] = 0
    mean = np.nanmean(groups, axis=1)
    spread = np.sqrt(np.nanmean(((groups - mean[:, None]) ** 2).sum(axis=2), axis=1))
    mean_bias = np.where(empty, np.float32(MASKED), mean[:, -1])
    return mean[:, :-1], mean_bias, np.where(empty, np.float32(0), spread)
