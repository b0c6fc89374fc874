"""Raw item ids: what a shop calls its items."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np


def as_id_array(item_ids: Iterable[Any]) -> np.ndarray:
    """Makes an array of raw ids, int64 if all are integers, else objects of type str.

    Args:
        item_ids: Iterable of int or str, not both.

    Returns:
        Array `[n]` of int64 or object.

    Raises:
        ValueError: The types differ, or an integer does not fit into 64 bits with a sign.

    Example:

    >>> as_id_array([7, 5]).dtype, as_id_array(["a"]).dtype
    (dtype('int64'), dtype('O'))
    """
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


def as_integer(item_id: Any) -> int | None:
    """Reads an integer or its decimal string.

    Args:
        item_id: Anything.

    Returns:
        int that fits into 64 bits with a sign, or `None` for anything else.

    Example:

    >>> as_integer("12"), as_integer("012"), as_integer(2**70)
    (12, None, None)
    """
    try:
        value = int(item_id)
    except (TypeError, ValueError, OverflowError):
        return None
    if str(value) != str(item_id) or not -(2**63) <= value < 2**63:
        return None
    return value
