"""TensorFlow without its notes on processors and drivers."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator

LEVEL = "TF_CPP_MIN_LOG_LEVEL"


@contextlib.contextmanager
def without_notes() -> Iterator[None]:
    """Holds back what is written to the process' stderr while TensorFlow is loaded.

    What TensorFlow's C++ code writes before its logging is set up heeds no setting
    (github.com/tensorflow/tensorflow/issues/100442). Errors in Python are raised as ever, and
    whoever has set `TF_CPP_MIN_LOG_LEVEL` sees all that it lets through.
    """
    if LEVEL in os.environ:
        yield
        return
    os.environ[LEVEL] = "3"
    sys.stderr.flush()
    stderr, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
        os.close(nowhere)
