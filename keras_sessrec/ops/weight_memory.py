"""How much memory weights may take, asked before they are made."""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Iterator, Sequence
from contextvars import ContextVar

from keras_sessrec.ops.identifiers import shown

# Bytes that are left within a block of `weights_within`, and what has set them.
_LEFT: ContextVar[list | None] = ContextVar("bytes left for weights", default=None)


def machine_memory() -> int:
    """Returns the bytes of this machine's memory."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


@contextlib.contextmanager
def weights_within(limit: int, what: str) -> Iterator[None]:
    """Bounds what the weights that are made in a block take together.

    Of blocks within each other the one with the least left counts.

    Args:
        limit: int, bytes.
        what: str, what has so many, for the error.

    Example:

    >>> with weights_within(1000, "the file"):
    ...     take_weights((10, 20))  # and no second time
    """
    outer = _LEFT.get()
    token = _LEFT.set([limit, what] if outer is None or limit < outer[0] else outer)
    try:
        yield
    finally:
        _LEFT.reset(token)


def take_weights(shape: Sequence[int], itemsize: int = 4) -> None:
    """Refuses weights for which there is no memory, before any is taken.

    Outside of `weights_within` every array may take all of the machine's.

    Args:
        shape: Sequence of int.
        itemsize: int, bytes of a number. Defaults to 4.

    Raises:
        ValueError: They take more than is left; names the shape.
    """
    left = _LEFT.get() or [machine_memory(), "this machine's memory"]
    needed = itemsize * math.prod(map(int, shape))
    if needed > left[0]:
        raise ValueError(
            "Weights must fit into the memory: choose a smaller `units`, `dim`, or catalog. "
            f"Received: the shape {shown(tuple(shape))}, which takes {needed:,} bytes, where "
            f"{left[1]} has {left[0]:,} bytes left for it."
        )
    left[0] -= needed
