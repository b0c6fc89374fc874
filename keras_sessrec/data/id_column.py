"""A column of raw ids, gathered piece by piece and dictionary-encoded."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from keras_sessrec.data.bad_value import BadValue, check_utf8
from keras_sessrec.data.raw_ids import WHOLE

_WHOLE = f"^{WHOLE.pattern}$"


class IdColumn:
    """Raw ids of any string or integer, held as codes and a table of distinct ids.

    The ids are integers if every one of them is an integer or its plain decimal
    form ("12" or "12.0", not "012"), else all of them are strings. Floating-point numbers
    are read as integers where they are whole, as pandas makes them of integers.
    Blanks belong to a string. Empty strings count as missing ids.

    Example:

    >>> column = IdColumn()
    >>> column.append(pa.array(["7", "9", "7"]))
    >>> codes, ids = column.finish()
    >>> codes.tolist(), ids.tolist()
    ([0, 1, 0], [7, 9])
    """

    def __init__(self) -> None:
        self._pieces: list[pa.DictionaryArray] = []

    def append(self, ids: pa.Array) -> None:
        """Adds a piece of the column: integers, strings, or whole floating-point numbers.

        Raises:
            BadValue: An id is missing, or is neither an integer nor a string.
        """
        if isinstance(ids, pa.DictionaryArray):
            ids = ids.dictionary_decode()
        if ids.null_count:
            raise _missing(pc.index(pc.is_null(ids), True).as_py(), ids.null_count - 1)
        piece = _as_integers_or_strings(ids).dictionary_encode()
        if pa.types.is_large_string(piece.dictionary.type):
            empty = pc.index(piece.dictionary, pa.scalar("", pa.large_string())).as_py()
            if empty >= 0:
                raise _missing(pc.index(piece.indices, pa.scalar(empty, pa.int32())).as_py())
        self._pieces.append(piece)

    def finish(self) -> tuple[np.ndarray, np.ndarray]:
        """Returns int32 codes `[events]` of all pieces, and the distinct ids `[M]` they stand for.

        Ids are int64 or object(str), in order of first occurrence.
        """
        tables = [piece.dictionary for piece in self._pieces]
        try:
            tables = [_to_integers(table) for table in tables]
        except pa.ArrowInvalid:
            tables = [table.cast(pa.large_string()) for table in tables]
        encoded = pa.chunked_array(
            [
                pa.DictionaryArray.from_arrays(piece.indices, table)
                for piece, table in zip(self._pieces, tables, strict=True)
            ]
        ).unify_dictionaries()
        codes = np.concatenate([piece.indices.to_numpy() for piece in encoded.chunks])
        # A copy where Arrow hands out a read-only view.
        ids = np.array(encoded.chunk(0).dictionary.to_numpy(zero_copy_only=False))
        if len(distinct := pd.unique(ids)) < len(ids):  # "5" and "5.0"
            codes, ids = pd.Index(distinct).get_indexer(ids)[codes].astype(np.int32), distinct
        return codes, ids


def _as_integers_or_strings(ids: pa.Array) -> pa.Array:
    """Ids of any accepted type as int64 or large_string."""
    kind = ids.type
    if pa.types.is_uint64(kind):
        return ids.cast(pa.large_string())
    if pa.types.is_integer(kind):
        return ids.cast(pa.int64())
    if pa.types.is_floating(kind):
        values = ids.to_numpy(zero_copy_only=False).astype(np.float64)
        bad = ~(np.abs(values) < 2**53) | (values != np.floor(values))
        if bad.any():
            row = int(bad.argmax())
            if np.isnan(values[row]):
                raise _missing(row)
            raise _unusable(row, f"{values[row]}")
        return pa.array(values.astype(np.int64))
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        ids, kind = ids.cast(pa.large_string(), safe=False), pa.large_string()
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or kind == pa.string_view():
        check_utf8(ids)
        return ids.cast(pa.large_string())
    raise _unusable(0, f"a column of type {kind}")


def _to_integers(table: pa.Array) -> pa.Array:
    """Distinct ids as int64; `ArrowInvalid` if one is no integer of that size."""
    if pa.types.is_int64(table.type):
        return table
    if not pc.all(pc.match_substring_regex(table, _WHOLE), min_count=0).as_py():
        raise pa.ArrowInvalid("not all ids are integers")
    return pc.replace_substring_regex(table, r"\.0+$", "").cast(pa.int64())


def _missing(row: int, more: int = 0) -> BadValue:
    """An id that is not there, and how many more of the same piece are not."""
    also = f"; {more:,} more rows lack it" if more else ""
    return BadValue(
        row, f"an id was expected. Received: nothing{also}. Fill in the id or remove the row."
    )


def _unusable(row: int, received: str) -> BadValue:
    return BadValue(
        row,
        f"ids must be integers or strings. Received: {received}. "
        "Name another column or convert this one.",
    )
