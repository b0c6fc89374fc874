"""The features of a catalog's items: what a content-aware network reads of an item."""

from __future__ import annotations

import base64
from numbers import Integral
from typing import Any

import keras
import numpy as np
from scipy import sparse

from keras_sessrec.ops.identifiers import shown

# Rows checked at once, so that a memory-mapped matrix is never read as a whole.
CHECKED_ROWS = 16_384


@keras.saving.register_keras_serializable(package="keras_sessrec")
class ItemFeatures:
    """A fixed vector per item, stored dense or sparse. Made by `dense` or `sparse`.

    Row 0 belongs to item 1: padding has no features. Sparse rows are a SciPy CSR array in
    canonical form: columns ascending within an item, no stored zeros, so that equal features
    are equal tables.

    The config holds the arrays as base64 text of their bytes. So a saved model holds its
    features; the text is 4/3 of the arrays' size.

    Args:
        width: int, number F of columns.
        matrix: float32 `[N, F]` if the table is dense.
        offsets: int64 `[N + 1]` if it is sparse: item i's entries are those from
            `offsets[i - 1]` to `offsets[i]`, the latter excluded.
        columns: int32 `[entries]`, in 0..F-1.
        values: float32 `[entries]`.

    Example:

    >>> features = ItemFeatures.sparse([0, 2, 2, 3], [4, 0, 1], [0.5, 2.0, 1.0], width=5)
    >>> features
    <ItemFeatures of 3 items, 5 columns, sparse, up to 2 entries an item>
    >>> columns, values = features.padded()
    >>> columns.tolist()
    [[0, 4], [0, 0], [1, 0]]
    >>> values.tolist()
    [[2.0, 0.5], [0.0, 0.0], [1.0, 0.0]]
    """

    def __init__(
        self,
        width: int,
        matrix: np.ndarray | None = None,
        offsets: Any = None,
        columns: Any = None,
        values: Any = None,
    ) -> None:
        self.width = width
        self.matrix: Any = matrix
        self._rows: Any = None
        if matrix is None:
            shape = (len(offsets) - 1, width)
            self._rows = sparse.csr_array((values, columns, offsets), shape)

    @property
    def offsets(self) -> np.ndarray:
        """int64 `[N + 1]`, where each item's entries begin."""
        return self._rows.indptr.astype(np.int64, copy=False)

    @property
    def columns(self) -> np.ndarray:
        """int32 `[entries]`."""
        return self._rows.indices.astype(np.int32, copy=False)

    @property
    def values(self) -> np.ndarray:
        """float32 `[entries]`."""
        return self._rows.data

    @classmethod
    def dense(cls, matrix: Any, item_ids: Any = None) -> ItemFeatures:
        """Makes a table in which every column of every item is stored.

        Args:
            matrix: Array-like of real numbers `[N, F]`; not copied if it is float32 already.
            item_ids: Sequence of N raw ids, for error messages only. Defaults to row numbers.

        Raises:
            ValueError: `matrix` is not a table of at least one column, or a value is NaN or
                infinite as float32.
        """
        matrix = _as_float32("matrix", matrix)
        if matrix.ndim != 2 or not matrix.shape[1]:
            raise ValueError(
                "`matrix` must have the shape [items, columns] with at least one column. "
                f"Received: shape {matrix.shape}."
            )
        for first in range(0, len(matrix), CHECKED_ROWS):
            bad = np.argwhere(~np.isfinite(matrix[first : first + CHECKED_ROWS]))
            if len(bad):
                row, column = bad[0] + [first, 0]
                raise _not_finite("matrix", matrix[row, column], row, column, item_ids)
        return cls(matrix.shape[1], matrix=matrix)

    @classmethod
    def sparse(
        cls, offsets: Any, columns: Any, values: Any, width: int, item_ids: Any = None
    ) -> ItemFeatures:
        """Makes a table in which only the entries other than zero are stored.

        Args:
            offsets: Array-like of int `[N + 1]`, from 0 to the number of entries, ascending.
            columns: Array-like of int `[entries]` in 0..width-1, in any order within an item,
                each at most once.
            values: Array-like of real numbers `[entries]`; kept as float32.
            width: int, number F of columns, 1 to 2**31 - 1.
            item_ids: Sequence of N raw ids, for error messages only. Defaults to row numbers.

        Raises:
            ValueError: The arrays do not fit together, a column is not in 0..width-1 or occurs
                twice in an item, or a value is NaN or infinite as float32.
        """
        is_number = isinstance(width, Integral) and not isinstance(width, bool)
        if not is_number or not 1 <= width < 2**31:
            raise ValueError(
                f"`width` must be from 1 to 2**31 - 1. Received: width={shown(width)}."
            )
        offsets, columns = _as_int64("offsets", offsets), _as_int64("columns", columns)
        values = _as_float32("values", values)
        if columns.shape != values.shape or columns.ndim != 1:
            raise ValueError(
                "`columns` and `values` must be of the shape [entries]. "
                f"Received: shapes {columns.shape} and {values.shape}."
            )
        ends = (int(offsets[0]), int(offsets[-1])) if offsets.ndim == 1 and len(offsets) else None
        if ends != (0, len(columns)) or (np.diff(offsets) < 0).any():
            raise ValueError(
                f"`offsets` must ascend from 0 to the number of entries ({len(columns)}). "
                f"Received: shape {offsets.shape}, first and last {ends}."
            )
        if len(columns) and (columns.min() < 0 or columns.max() >= width):
            wrong = int(np.flatnonzero((columns < 0) | (columns >= width))[0])
            raise ValueError(
                f"`columns` must be in 0..{width - 1}. Received: column {columns[wrong]} for "
                f"{_name(_row(offsets, wrong), item_ids)}."
            )
        if not np.isfinite(values).all():
            wrong = int(np.flatnonzero(~np.isfinite(values))[0])
            row = _row(offsets, wrong)
            raise _not_finite("values", values[wrong], row, columns[wrong], item_ids)
        rows = sparse.csr_array((values, columns, offsets), (len(offsets) - 1, int(width)))
        rows.sort_indices()
        owners = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
        twice = np.flatnonzero((np.diff(rows.indices) == 0) & (np.diff(owners) == 0))
        if len(twice):
            raise ValueError(
                "`columns` of an item must be distinct. Received: column "
                f"{rows.indices[twice[0]]} more than once for "
                f"{_name(owners[twice[0]], item_ids)}. Add its values up first."
            )
        rows.eliminate_zeros()
        return cls(int(width), offsets=rows.indptr, columns=rows.indices, values=rows.data)

    @property
    def is_sparse(self) -> bool:
        """Whether the table has `offsets`, `columns` and `values` instead of a `matrix`."""
        return self.matrix is None

    def parts(self) -> tuple[np.ndarray, ...]:
        """Returns what the table is made of: `offsets`, `columns` and `values`, or `matrix`."""
        return (self.offsets, self.columns, self.values) if self.is_sparse else (self.matrix,)

    @property
    def num_items(self) -> int:
        """Number N of items."""
        return self._rows.shape[0] if self.is_sparse else len(self.matrix)

    def __len__(self) -> int:
        return self.num_items

    @property
    def max_entries(self) -> int:
        """Largest number of entries stored for an item; the width if the table is dense."""
        if not self.is_sparse:
            return self.width
        return int(np.diff(self.offsets).max(initial=0))

    def is_zero(self) -> np.ndarray:
        """Returns bool `[N]`: which items have no entry other than zero."""
        return np.diff(self.offsets) == 0 if self.is_sparse else ~self.matrix.any(axis=1)

    def padded(self) -> tuple[np.ndarray, np.ndarray]:
        """Returns the sparse rows as two rectangles, for weighted lookups of static shape.

        Returns:
            Columns int32 `[N, max_entries]` and values float32 `[N, max_entries]`. Places
            behind an item's own entries have column 0 and value 0.

        Raises:
            ValueError: The table is dense.
        """
        if not self.is_sparse:
            raise ValueError("`padded` is for sparse features. Received: dense; use `matrix`.")
        own = np.arange(self.max_entries) < np.diff(self.offsets)[:, None]
        columns, values = np.zeros(own.shape, np.int32), np.zeros(own.shape, np.float32)
        columns[own], values[own] = self.columns, self.values
        return columns, values

    def to_dense(self) -> np.ndarray:
        """Returns the table as a float32 matrix `[N, F]`, whatever memory that takes."""
        return self._rows.toarray() if self.is_sparse else self.matrix

    def take(self, rows: np.ndarray) -> ItemFeatures:
        """Returns a table of chosen rows.

        Args:
            rows: int `[n]`, row numbers from 0; -1 makes a row of zeros.

        Raises:
            ValueError: An entry is not in -1..N-1.
        """
        rows = np.asarray(rows, np.int64)
        if len(rows) and (rows.min() < -1 or rows.max() >= self.num_items):
            raise ValueError(
                f"`rows` must be in -1..{self.num_items - 1}. "
                f"Received: values from {rows.min()} to {rows.max()}."
            )
        if not self.is_sparse:
            matrix = np.zeros((len(rows), self.width), np.float32)
            matrix[rows >= 0] = self.matrix[rows[rows >= 0]]
            return ItemFeatures(self.width, matrix=matrix)
        taken = sparse.vstack([self._rows, sparse.csr_array((1, self.width), dtype="f")], "csr")[
            rows
        ]
        return ItemFeatures(
            self.width, offsets=taken.indptr, columns=taken.indices, values=taken.data
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ItemFeatures):
            return NotImplemented
        if (self.is_sparse, self.width) != (other.is_sparse, other.width):
            return False
        return all(np.array_equal(getattr(self, a), getattr(other, a)) for a in self._arrays())

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        kind = f"sparse, up to {self.max_entries} entries an item" if self.is_sparse else "dense"
        return f"<ItemFeatures of {self.num_items:,} items, {self.width:,} columns, {kind}>"

    def _arrays(self) -> tuple[str, ...]:
        return ("offsets", "columns", "values") if self.is_sparse else ("matrix",)

    def get_config(self) -> dict[str, Any]:
        """Returns the table as JSON-able values: each array as base64, dtype and shape."""
        return {"width": self.width, **{a: _encode(getattr(self, a)) for a in self._arrays()}}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> ItemFeatures:
        """Makes a table from what `get_config` returned.

        Raises:
            ValueError: The arrays are damaged or do not fit together.
        """
        config = dict(config)
        width = config.pop("width")
        arrays = {name: _decode(name, array) for name, array in config.items()}
        if arrays.keys() == {"matrix"}:
            table = cls.dense(arrays["matrix"])
        elif arrays.keys() == {"offsets", "columns", "values"}:
            table = cls.sparse(**arrays, width=width)
        else:
            raise ValueError(
                "`config` must hold `matrix`, or `offsets`, `columns` and `values`. "
                f"Received: {shown(sorted(arrays))}."
            )
        if table.width != width:
            raise ValueError(
                f"`width` must be that of `matrix`, {table.width}. Received: width={shown(width)}."
            )
        return table


def _as_float32(name: str, values: Any) -> np.ndarray:
    values = np.asarray(values)
    if values.dtype.kind not in "fiub":
        raise ValueError(f"`{name}` must hold real numbers. Received: dtype {values.dtype}.")
    with np.errstate(over="ignore"):  # What overflows is reported with its item.
        return np.asarray(values, np.float32)


def _as_int64(name: str, values: Any) -> np.ndarray:
    values = np.asarray(values)
    if values.size and values.dtype.kind not in "iu":
        raise ValueError(f"`{name}` must hold integers. Received: dtype {values.dtype}.")
    return values.astype(np.int64, copy=False)


def _row(offsets: np.ndarray, place: int) -> int:
    """Row to which an entry belongs."""
    return int(np.searchsorted(offsets, place, "right")) - 1


def _name(row: int, item_ids: Any) -> str:
    if item_ids is None:
        return f"row {row}"
    return f"item id {np.asarray(item_ids)[row : row + 1].tolist()[0]!r}"


def _not_finite(name: str, value: Any, row: int, column: int, item_ids: Any) -> ValueError:
    return ValueError(
        f"`{name}` must be finite as float32. Received: {value} in column {column} of "
        f"{_name(row, item_ids)}. Correct the value or leave the item out."
    )


def _encode(array: np.ndarray) -> dict[str, Any]:
    """An array as JSON-able values; bytes in little-endian order, rows one after the other."""
    array = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    data = base64.b64encode(array.data if array.size else b"").decode("ascii")
    return {"dtype": array.dtype.str, "shape": list(array.shape), "data": data}


def _decode(name: str, config: dict[str, Any]) -> np.ndarray:
    try:
        if config["dtype"] not in ("<f4", "<i4", "<i8"):
            raise ValueError(f"numbers of the type {shown(config['dtype'])}")
        data = base64.b64decode(config["data"], validate=True)
        return np.frombuffer(data, config["dtype"]).reshape(config["shape"]).copy()
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"`{name}` must be an array as `get_config` returns it. "
            f"Received: {shown(str(error))}. Was the file damaged?"
        ) from error
