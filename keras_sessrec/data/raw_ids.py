"""Raw ids: what a shop calls its items. One rule for files, frames, catalogs and questions.

An id is an integer or a string. Whole floating-point numbers (a pandas column with gaps) are
integers, bytes (what an export answers) are strings, blanks belong to a string and "" is a gap.
Integers and strings mixed are all strings.
NumPy arrays, pandas Series, Arrow arrays and tensors hold ids as lists do. The rest is an error.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable
from typing import Any

import numpy as np

WHOLE = re.compile(r"(0|-?[1-9][0-9]*)(\.0+)?")  # "007" and "+7" are not the number 7


def read_ids(ids: Iterable[Any], name: str = "item_ids") -> np.ndarray:
    """Reads ids of any accepted kind; `name` is what the argument is called in an error.

    Returns:
        int64 `[n]`, or object `[n]` of int, str and, for gaps, `None`.

    Raises:
        TypeError: It is no sequence of ids.
        ValueError: A value is no id.

    Example:

    >>> read_ids([6.0, "tea", b"cup", None]).tolist(), read_ids(np.array([6.0, 7.0])).dtype
    ([6, 'tea', 'cup', None], dtype('int64'))
    """
    if isinstance(ids, (str, bytes)):
        raise TypeError(
            f"`{name}` must be a sequence of ids. Received: {ids!r:.100}. "
            f"Did you mean [{ids!r:.100}]?"
        )
    if hasattr(ids, "__array__"):
        ids = np.asarray(ids)
        if ids.ndim != 1:
            raise TypeError(
                f"`{name}` must be a flat sequence of ids. Received: shape {ids.shape}. "
                "Give lists of item ids."
            )
        if ids.dtype.kind in "iu" and ids.dtype != np.uint64:
            return ids.astype(np.int64)
        ids = ids.tolist()
    elif isinstance(ids, dict) or not isinstance(ids, Iterable):
        raise TypeError(f"`{name}` must be a sequence of ids. Received: {type(ids).__name__}.")
    read = [i if type(i) is int or (type(i) is str and i) else _read_id(i, name) for i in ids]
    if read and all(type(i) is int and -(2**63) <= i < 2**63 for i in read):
        return np.array(read, np.int64)
    try:
        "".join(i for i in read if type(i) is str).encode()
    except UnicodeEncodeError as error:  # half of a pair of surrogates, as JSON may hold it
        half = error.object[error.start]
        wrong = next(i for i in read if type(i) is str and half in i)
        raise ValueError(
            f"`{name}` must hold strings that UTF-8 can hold. Received: {wrong[:100]!r}."
        ) from None
    result = np.empty(len(read), object)
    result[:] = read
    return result


def _read_id(value: Any, name: str) -> int | str | None:
    if value is None:
        return None
    if hasattr(value, "numpy"):  # a tensor in a list
        value = value.numpy()
    if isinstance(value, bytes):
        with contextlib.suppress(UnicodeDecodeError):
            return value.decode() or None
    if isinstance(value, str):
        return str(value) or None
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        return int(value)
    if isinstance(value, (float, np.floating)):
        if np.isnan(value):
            return None
        if np.isfinite(value) and value == int(value):
            return int(value)
    if type(value).__name__ == "NAType":
        return None
    raise ValueError(
        f"`{name}` must hold integers or strings. "
        f"Received: {str(value)[:100]!r} of type {type(value).__name__}."
    )


def as_id_array(item_ids: Iterable[Any], name: str = "item_ids") -> np.ndarray:
    """Makes an array of raw ids `[n]`, int64 if all are integers, else objects of type str.

    Raises:
        ValueError: An id is missing, or integers do not fit into 64 bits.

    Example:

    >>> as_id_array([7, 5]).dtype, as_id_array(["a"]).dtype
    (dtype('int64'), dtype('O'))
    """
    ids = read_ids(item_ids, name)
    if ids.dtype == np.int64 or not len(ids):
        return ids
    if None in ids:
        raise ValueError(
            f"`{name}` must all be there. Received: none at place {list(ids).index(None)} (from 0)."
        )
    if all(type(i) is int for i in ids):
        raise ValueError(
            f"`{name}` must fit into 64 bits with a sign. "
            f"Received: {max(ids, key=abs)}. Convert them with `str` first."
        )
    ids[:] = [str(i) for i in ids]
    return ids


def as_integer(item_id: Any) -> int | None:
    """Reads an integer of 64 bits or its decimal string, "12" or "12.0"; else `None`.

    Example:

    >>> as_integer("12"), as_integer("12.0"), as_integer("012"), as_integer(2**70)
    (12, 12, None, None)
    """
    if isinstance(item_id, str):
        found = WHOLE.fullmatch(item_id)
        item_id = int(found[1]) if found else None
    if item_id is None or not -(2**63) <= item_id < 2**63:
        return None
    return int(item_id)
