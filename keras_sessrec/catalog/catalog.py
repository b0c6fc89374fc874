"""The closed set of items that a model can read and recommend."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sized
from functools import cached_property
from typing import Any

import keras
import numpy as np
import pandas as pd

from keras_sessrec.catalog.item_features import ItemFeatures
from keras_sessrec.data import SessionLog
from keras_sessrec.data.raw_ids import as_id_array, as_integer, read_ids
from keras_sessrec.data.session_log import MOST_IDS, check_log


@keras.saving.register_keras_serializable(package="keras_sessrec")
class Catalog:
    """The closed set of items: raw ids on one side, items 1..N on the other.

    Every model, baseline and batch of this package speaks of an *item*, a dense
    index from 1 to `num_items`; 0 is padding and "unknown". A catalog made with
    `from_log` numbers the items by popularity (item 1 is the most frequent one,
    ties by id), so it does not depend on the order of the rows of a log.

    Args:
        item_ids: Sequence of int or str, distinct. Raw id of item 1, 2, ..., N.
            A catalog holds integers or strings, not both; see `data.raw_ids`.
        counts: Sequence of N non-negative ints, or `None`. How often each item
            occurs in the training events (what popularity sampling and the POP
            baseline use). Defaults to 1 for every item.
        features: dict of name -> `ItemFeatures` of items 1, 2, ..., N, or `None`. What a
            content-aware model reads of the items; `with_features` adds them by raw id.

    Attributes:
        item_ids: int64 or object(str) `[N]`.
        counts: int64 `[N]`.
        num_items: int, N; valid items are 1..N.
        features: dict of name -> `ItemFeatures`, in the order they were added.

    Raises:
        ValueError: An id occurs twice, is missing or does not fit into int64, `counts`
            has another length or a negative entry, `features` are of another number of
            items, or there is no item at all or more than 2**31 - 2.

    Example:

    >>> catalog = Catalog(["tea", "cup", "pot"], counts=[5, 3, 1])
    >>> catalog.encode(["cup", "spoon"])
    array([2, 0], dtype=int32)
    >>> catalog.decode([1, 3]).tolist()
    ['tea', 'pot']
    >>> catalog.with_features("colour", [[1, 0], [0.5, 0.5]], item_ids=["pot", "tea"])
    <Catalog of 3 items, 9 events, features colour (2)>
    """

    def __init__(
        self,
        item_ids: Iterable[Any],
        counts: Iterable[int] | None = None,
        features: Mapping[str, ItemFeatures] | None = None,
    ) -> None:
        if hasattr(item_ids, "item_codes") or hasattr(item_ids, "columns"):
            raise TypeError(
                "`item_ids` must be a sequence of ids. "
                f"Received: {type(item_ids).__name__}. Use `Catalog.from_log(log)`."
            )
        if isinstance(item_ids, Sized) and len(item_ids) > MOST_IDS:
            raise ValueError(
                f"`item_ids` must be at most {MOST_IDS:,} items, which 32 bits number. "
                f"Received: {len(item_ids):,}. Keep the most frequent ones."
            )
        self.item_ids = as_id_array(item_ids)
        if not len(self.item_ids):
            raise ValueError(
                "`item_ids` must name at least one item. Received: an empty sequence. "
                "Check that the log the catalog is made from has events."
            )
        self.num_items = len(self.item_ids)
        self._index = pd.Index(self.item_ids)
        if not self._index.is_unique:
            twice = self._index[self._index.duplicated()].tolist()[0]
            raise ValueError(f"`item_ids` must be distinct. Received: {twice!r} more than once.")
        if counts is None:
            counts = np.ones(len(self.item_ids))
        self.counts = np.asarray(counts, dtype=np.int64)
        if self.counts.shape != self.item_ids.shape:
            raise ValueError(
                f"`counts` must have one entry per item ({len(self.item_ids)}). "
                f"Received: shape {self.counts.shape}."
            )
        if (self.counts < 0).any():
            raise ValueError(
                f"`counts` must not be negative. Received: {self.counts.min()} for item id "
                f"{self.item_ids.tolist()[self.counts.argmin()]!r}."
            )
        self.features = dict(features or {})
        for name, table in self.features.items():
            self._check_features(name, table)

    @classmethod
    def from_log(cls, log: SessionLog) -> Catalog:
        """Makes the catalog of all items that occur in `log`, most frequent first.

        Args:
            log: `SessionLog`. Use the training log: what is not in it cannot be learnt.

        Returns:
            A `Catalog` with the log's event counts.
        """
        check_log(log)
        counts = np.bincount(log.item_codes, minlength=len(log.item_ids))
        by_id = np.argsort(log.item_ids, kind="stable")
        order = by_id[np.argsort(-counts[by_id], kind="stable")]
        order = order[counts[order] > 0]
        return cls(log.item_ids[order], counts[order])

    def with_features(
        self, name: str, values: Any, item_ids: Iterable[Any] | None = None
    ) -> Catalog:
        """Returns a catalog of the same items that also holds their features.

        An item of the catalog without a row in `values` gets a row of zeros; see
        `items_without_features`. Rows of unknown items are left out.

        Args:
            name: str, by which layers find the features. Replaces those of the same name.
            values: Real numbers `[n, F]`: an array, a SciPy sparse matrix (it stays sparse)
                or `ItemFeatures`. Row i holds the features of `item_ids[i]`.
            item_ids: Sequence of n raw ids in any order. Defaults to this catalog's own.

        Returns:
            A new `Catalog`; this one is left as it is.

        Raises:
            ValueError: A value is NaN or infinite, the numbers of rows and ids differ, an
                item occurs twice, or none of the ids is known.
        """
        ids = self.item_ids if item_ids is None else item_ids
        ids = ids if isinstance(ids, np.ndarray) else list(ids)
        num_rows = values.shape[0] if hasattr(values, "tocsr") else len(values)
        if num_rows != len(ids):
            raise ValueError(
                f"`values` of the features {name!r} must have one row per id ({len(ids)}). "
                f"Received: {num_rows} rows."
            )
        table = _as_features(values, ids)
        if item_ids is not None:
            table = table.take(self._rows_of(ids))
        return Catalog(self.item_ids, self.counts, {**self.features, name: table})

    def extended(self, log: SessionLog) -> Catalog:
        """Returns a catalog that gained the items of a later log; old items keep their numbers.

        The new ones follow, most frequent first, ties by id. Counts are those of `log` alone,
        0 for an item that is not in it: give the log that is trained on next, as sampling and
        popularity go by the counts. A new item's features are zeros until `with_features`
        replaces the table.

        Args:
            log: `SessionLog`. An id is read as in `encode`: 12 and "12" are the same item.

        Returns:
            A new `Catalog`; `SessionRecommender.warm_start` trains on with it.

        Raises:
            ValueError: The catalog has integer ids, and a new id of the log is not one.
        """
        counts = np.bincount(log.item_codes, minlength=len(log.item_ids))
        occurs = counts > 0
        ids, counts = log.item_ids[occurs], counts[occurs]
        items = self.encode(ids)
        is_new = items == 0
        of_old = np.bincount(items, weights=counts, minlength=self.num_items + 1)[1:]

        new_ids = _as_ids_of(self, ids[is_new], "log")
        by_id = np.argsort(new_ids, kind="stable")
        order = by_id[np.argsort(-counts[is_new][by_id], kind="stable")]
        new_counts = counts[is_new][order]
        return self._grown(new_ids[order], np.append(of_old.astype(np.int64), new_counts))

    def with_items(self, item_ids: Iterable[Any]) -> Catalog:
        """Returns a catalog that gained items which nobody has clicked yet, counts of 0.

        They follow the old ones, in their order; their features are zeros until `with_features`
        replaces the table. Ids that are known already are left out.

        Args:
            item_ids: Iterable of raw ids. An id is read as in `encode`.

        Returns:
            A new `Catalog`; `SessionRecommender.extended` makes a model of it.

        Raises:
            ValueError: An id is missing, or the catalog has integer ids and a new one is not.

        Example:

        >>> Catalog(["tea", "cup"], counts=[5, 3]).with_items(["pot", "tea"]).counts.tolist()
        [5, 3, 0]
        """
        ids = as_id_array(item_ids)
        ids = pd.unique(_as_ids_of(self, ids[self.encode(ids) == 0], "item_ids"))
        return self._grown(ids, np.append(self.counts, np.zeros(len(ids), np.int64)))

    def _grown(self, new_ids: np.ndarray, counts: np.ndarray) -> Catalog:
        """The items, then new ones, whose features are zeros."""
        rows = np.append(np.arange(self.num_items), np.full(len(new_ids), -1))
        return Catalog(
            np.concatenate([self.item_ids, new_ids]),
            counts,
            {name: table.take(rows) for name, table in self.features.items()},
        )

    def items_without_features(self, name: str) -> np.ndarray:
        """Returns the raw ids of the items whose features are all zero.

        Args:
            name: str, name of the features.

        Raises:
            ValueError: There are no features of this name.
        """
        if name not in self.features:
            raise ValueError(
                f"`name` must be one of the catalog's features {list(self.features)}. "
                f"Received: {name!r}. Add them with `with_features`."
            )
        return self.item_ids[self.features[name].is_zero()]

    @cached_property
    def fingerprint(self) -> str:
        """What two catalogs have in common exactly if they have the same items in one order."""
        digest = hashlib.blake2b(str(self.num_items).encode(), digest_size=12)
        if self.item_ids.dtype == object:
            digest.update("\0".join(self.item_ids).encode())
        else:
            digest.update(self.item_ids.tobytes())
        return digest.hexdigest()

    def __len__(self) -> int:
        return self.num_items

    def __contains__(self, item_id: Any) -> bool:
        return bool(self.encode([item_id])[0])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Catalog):
            return NotImplemented
        return (
            np.array_equal(self.item_ids, other.item_ids)
            and np.array_equal(self.counts, other.counts)
            and self.features == other.features
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        features = ", ".join(
            f"{name} ({table.width:,}{' sparse' * table.is_sparse})"
            for name, table in self.features.items()
        )
        features = f", features {features}" if features else ""
        return f"<Catalog of {self.num_items:,} items, {int(self.counts.sum()):,} events{features}>"

    def encode(self, item_ids: Iterable[Any]) -> np.ndarray:
        """Maps raw ids to items.

        Integers, whole floats and their decimal strings are taken for the same id, as a click
        that went through JSON or CSV may be any; `data.raw_ids` has the whole rule.

        Args:
            item_ids: Iterable of ids, of any length.

        Returns:
            int32 array of the same length; 0 where an id is unknown, or missing (`None`, NaN).

        Raises:
            TypeError: It is no sequence of ids, but a string, for instance.
            ValueError: A value is no id.
        """
        return self._encode(item_ids, "item_ids")

    def _encode(self, item_ids: Iterable[Any], name: str) -> np.ndarray:
        ids = read_ids(item_ids, name)
        if not len(ids):
            return np.zeros(0, np.int32)
        if self.item_ids.dtype == object:
            ids = np.array([i if isinstance(i, str) or i is None else str(i) for i in ids], object)
            known = np.array([i is not None for i in ids])
        elif ids.dtype == np.int64:
            known = np.ones(len(ids), bool)
        else:
            ids = np.array([as_integer(i) for i in ids], dtype=object)
            known = np.array([i is not None for i in ids])
        items = np.zeros(len(ids), np.int32)
        items[known] = self._index.get_indexer(ids[known].astype(self.item_ids.dtype)) + 1
        return items

    def encode_known(self, item_ids: Iterable[Any], name: str) -> np.ndarray:
        """Maps raw ids to those of the items 1..N that are known, int32.

        Args:
            item_ids: Iterable of ids.
            name: str, what the argument is called in an error.
        """
        items = self._encode(item_ids, name)
        return items[items > 0]

    def encode_sessions(self, sessions: Iterable[Iterable[Any]]) -> tuple[list[np.ndarray], int]:
        """Maps sessions of raw ids to their known items.

        Args:
            sessions: Iterable of sessions, each an iterable of ids.

        Returns:
            Tuple of an int32 array for each session, and how many sessions have ids but no
            known one.

        Raises:
            TypeError: It is no list of lists of ids.
        """
        is_table = hasattr(sessions, "columns") or hasattr(sessions, "item_codes")
        single = isinstance(sessions, (str, bytes, dict))
        if is_table or single or not isinstance(sessions, Iterable):
            raise TypeError(
                "`sessions` must be a list of sessions, each a list of item ids, such as "
                f"[[{self.item_ids.tolist()[0]!r}]]. Received: {type(sessions).__name__}. "
                "Of a frame: `frame.groupby('session_id')['item_id'].agg(list)`."
            )
        encoded, unknown = [], 0
        for session in sessions:
            if isinstance(session, (str, bytes)) or not isinstance(session, Iterable):
                raise TypeError(
                    "`sessions` must be a list of sessions, each a list of item ids. "
                    f"Received: {session!r:.100} as a session. Did you mean [[{session!r:.100}]]?"
                )
            items = self._encode(session, "sessions")
            encoded.append(items[items > 0])
            unknown += bool(len(items)) and not len(encoded[-1])
        return encoded, unknown

    def decode(self, items: Iterable[int]) -> np.ndarray:
        """Maps items to raw ids.

        Args:
            items: Array of int in 1..N, of any shape.

        Returns:
            Array of the same shape: int64, or object holding str.

        Raises:
            ValueError: An entry is not in 1..N.
        """
        items = np.asarray(items, dtype=np.int64)
        if items.size and (items.min() < 1 or items.max() > self.num_items):
            raise ValueError(
                f"`items` must be in 1..{self.num_items} (0 is padding). "
                f"Received: values from {items.min()} to {items.max()}."
            )
        return self.item_ids[items - 1]

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments as JSON-able values."""
        return {
            "item_ids": self.item_ids.tolist(),
            "counts": self.counts.tolist(),
            "features": {name: table.get_config() for name, table in self.features.items()},
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Catalog:
        """Makes a catalog from what `get_config` returned."""
        features = {
            name: ItemFeatures.from_config(table)
            for name, table in config.get("features", {}).items()
        }
        return cls(**{**config, "features": features})

    def _check_features(self, name: str, table: ItemFeatures) -> None:
        if not isinstance(name, str) or not isinstance(table, ItemFeatures):
            raise ValueError(
                "`features` must be a dict of str -> ItemFeatures. "
                f"Received: {name!r}: {type(table).__name__}. Add arrays with `with_features`."
            )
        if table.num_items != self.num_items:
            raise ValueError(
                f"`features` must have one row per item ({self.num_items}). "
                f"Received: {table.num_items} rows of {name!r}."
            )

    def _rows_of(self, item_ids: Iterable[Any]) -> np.ndarray:
        """For every item the place of its id in `item_ids`, int64 `[N]`; -1 if it has none."""
        items = self.encode(item_ids)
        num = np.bincount(items, minlength=self.num_items + 1)[1:]
        if (num > 1).any():
            raise ValueError(
                "`item_ids` of features must be distinct. "
                f"Received: {self.item_ids.tolist()[num.argmax()]!r} more than once."
            )
        if not num.any():
            raise ValueError(
                "`item_ids` of features must have ids of the catalog, such as "
                f"{self.item_ids.tolist()[0]!r}. Received: none that is known."
            )
        rows = np.full(self.num_items, -1)
        rows[items[items > 0] - 1] = np.flatnonzero(items)
        return rows


def _as_features(values: Any, item_ids: Any) -> ItemFeatures:
    """A table of what a user passes as features; `item_ids` name the rows in errors."""
    if isinstance(values, ItemFeatures):
        return values
    if not hasattr(values, "tocsr"):
        return ItemFeatures.dense(values, item_ids)
    matrix = values.tocsr(copy=True)
    matrix.sum_duplicates()
    return ItemFeatures.sparse(
        matrix.indptr, matrix.indices, matrix.data, matrix.shape[1], item_ids
    )


def _as_ids_of(catalog: Catalog, ids: np.ndarray, name: str) -> np.ndarray:
    """Raw ids in the type of the catalog's, as `Catalog.encode` takes them for the same."""
    if catalog.item_ids.dtype == object:
        return np.array([str(i) for i in ids.tolist()], dtype=object)
    integers: list[Any] = [as_integer(i) for i in ids.tolist()]
    if None in integers:
        raise ValueError(
            f"`{name}` must have integer item ids, as the catalog has. "
            f"Received: {ids.tolist()[integers.index(None)]!r}."
        )
    return np.array(integers, dtype=np.int64)
