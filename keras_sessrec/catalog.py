"""The closed set of items that a model can read and recommend."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from keras_sessrec.data import SessionLog


@keras.saving.register_keras_serializable(package="keras_sessrec")
class Catalog:
    """The closed set of items: raw ids on one side, items 1..N on the other.

    Every model, baseline and batch of this package speaks of an *item*, a dense
    index from 1 to `num_items`; 0 is padding and "unknown". A catalog made with
    `from_log` numbers the items by popularity (item 1 is the most frequent one,
    ties by id), so it does not depend on the order of the rows of a log.

    Args:
        item_ids: Sequence of int or str, distinct. Raw id of item 1, 2, ..., N.
            A catalog holds integers or strings, not both.
        counts: Sequence of N non-negative ints, or `None`. How often each item
            occurs in the training events (what popularity sampling and the POP
            baseline use). Defaults to 1 for every item.

    Raises:
        ValueError: An id occurs twice, is missing or does not fit into int64, `counts`
            has another length or a negative entry, or there is no item at all.

    Example:

    >>> catalog = Catalog(["tea", "cup", "pot"], counts=[5, 3, 1])
    >>> catalog.encode(["cup", "spoon"])
    array([2, 0], dtype=int32)
    >>> catalog.decode([1, 3]).tolist()
    ['tea', 'pot']
    """

    def __init__(self, item_ids: Iterable[Any], counts: Iterable[int] | None = None) -> None:
        self.item_ids = _as_id_array(item_ids)
        if not len(self.item_ids):
            raise ValueError(
                "`item_ids` must name at least one item. Received: an empty sequence. "
                "Check that the log the catalog is made from has events."
            )
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

    @classmethod
    def from_log(cls, log: SessionLog) -> Catalog:
        """Makes the catalog of all items that occur in `log`, most frequent first.

        Args:
            log: `SessionLog`. Use the training log: what is not in it cannot be learnt.

        Returns:
            A `Catalog` with the log's event counts.
        """
        counts = np.bincount(log.item_codes, minlength=len(log.item_ids))
        by_id = np.argsort(log.item_ids, kind="stable")
        order = by_id[np.argsort(-counts[by_id], kind="stable")]
        order = order[counts[order] > 0]
        return cls(log.item_ids[order], counts[order])

    @property
    def num_items(self) -> int:
        """Number N of items; valid items are 1..N."""
        return len(self.item_ids)

    def __len__(self) -> int:
        return self.num_items

    def __contains__(self, item_id: Any) -> bool:
        return bool(self.encode([item_id])[0])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Catalog):
            return NotImplemented
        return np.array_equal(self.item_ids, other.item_ids) and np.array_equal(
            self.counts, other.counts
        )

    __hash__ = None

    def __repr__(self) -> str:
        return f"<Catalog of {self.num_items:,} items, {int(self.counts.sum()):,} events>"

    def encode(self, item_ids: Iterable[Any]) -> np.ndarray:
        """Maps raw ids to items.

        Integers and their decimal strings are taken for the same id, as a click
        that went through JSON or CSV may be either.

        Args:
            item_ids: Iterable of int or str, of any length.

        Returns:
            int32 array of the same length; 0 where an id is unknown.
        """
        ids = item_ids if isinstance(item_ids, np.ndarray) else list(item_ids)
        if not len(ids):
            return np.zeros(0, np.int32)
        if self.item_ids.dtype == object:
            ids = np.array([i if isinstance(i, str) else str(i) for i in ids], dtype=object)
        elif not (isinstance(ids, np.ndarray) and ids.dtype.kind in "iu"):
            ids = np.array([_as_int(i) for i in ids], dtype=object)
            known = np.array([i is not None for i in ids])
            items = np.zeros(len(ids), np.int32)
            items[known] = self._index.get_indexer(ids[known].astype(np.int64)) + 1
            return items
        return (self._index.get_indexer(ids) + 1).astype(np.int32)

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
        return {"item_ids": self.item_ids.tolist(), "counts": self.counts.tolist()}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Catalog:
        """Makes a catalog from what `get_config` returned."""
        return cls(**config)


def _as_id_array(item_ids: Iterable[Any]) -> np.ndarray:
    """Raw ids as int64 if all are integers, else as an object array of str."""
    ids = item_ids if isinstance(item_ids, np.ndarray) else list(item_ids)
    if isinstance(ids, np.ndarray) and ids.dtype.kind == "i":
        return ids.astype(np.int64)
    kinds = {
        "int" if isinstance(i, (int, np.integer)) and not isinstance(i, bool) else type(i).__name__
        for i in ids
    }
    kinds = {"str" if kind == "str_" else kind for kind in kinds}
    if kinds - {"int", "str"} or len(kinds) > 1:
        raise ValueError(
            "`item_ids` must be all integers or all strings. "
            f"Received: values of type {sorted(kinds)}. Convert them with `str` first."
        )
    if kinds == {"int"}:
        try:
            return np.array([int(i) for i in ids], dtype=np.int64)
        except OverflowError:
            raise ValueError(
                "`item_ids` must fit into 64 bits with a sign. "
                f"Received: {max(map(int, ids), key=abs)}. Convert them with `str` first."
            ) from None
    return np.array([str(i) for i in ids], dtype=object)


def _as_int(item_id: Any) -> int | None:
    """An integer or its decimal string as an int64-sized int; `None` for anything else."""
    try:
        value = int(item_id)
    except (TypeError, ValueError, OverflowError):
        return None
    if str(value) != str(item_id) or not -(2**63) <= value < 2**63:
        return None
    return value
