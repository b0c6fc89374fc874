"""How the C library deals with memory that a training step gives back."""

from __future__ import annotations

import ctypes
import sys
from functools import cache

M_TOP_PAD = -2  # of glibc's malloc.h
KEPT = 64 * 1024 * 1024


@cache
def keep_freed_memory() -> bool:
    """Lets each of the process' memory arenas keep 64 MiB that were freed.

    XLA's matrix products allocate and free megabytes of work space in every training
    step. On its worker threads glibc returns them to the system each time and the next
    step pays for every page again, which large layers feel. The setting is
    that of the environment variable `MALLOC_TOP_PAD_` (see `mallopt(3)`) and holds for
    threads that start later, hence the call before TensorFlow starts its own. Other
    systems and C libraries are left alone. Nothing calls it by itself: a program that trains
    large layers, or thousands of negatives, on a CPU calls it first (`benchmarks/train_speed.py`
    does).

    Returns:
        bool, whether it was set.

    Example:

    >>> ksr.training.keep_freed_memory() in (True, False)
    True
    """
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and bool(mallopt(M_TOP_PAD, KEPT))
