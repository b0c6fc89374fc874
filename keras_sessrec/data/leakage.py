"""Checks that a split is one."""

from __future__ import annotations

import pandas as pd

from keras_sessrec.data.session_log import SessionLog, check_log


def assert_no_leak(train: SessionLog, test: SessionLog) -> None:
    """Makes sure that no session is on both sides of a split.

    Every split of this package calls it; call it for logs that were split elsewhere.
    Sessions are compared by id; 7 and "7" are the same id.

    Args:
        train: `SessionLog` to train on.
        test: `SessionLog` to test on.

    Raises:
        AssertionError: Some sessions are in both; the message names one.

    Example:

    >>> import numpy as np
    >>> log = SessionLog.from_arrays(np.array([0, 1]), np.array([0, 0]), np.array([1, 2]),
    ...                              np.array([7, 8]), np.array(["tea"], object))
    >>> assert_no_leak(log.select_sessions([0]), log.select_sessions([1]))
    """
    check_log(train, "train")
    check_log(test, "test")
    train_ids, test_ids = train.session_ids, test.session_ids
    if train_ids.dtype != test_ids.dtype:
        train_ids, test_ids = train_ids.astype(str), test_ids.astype(str)
    # The smaller side, the test, is the one that is hashed.
    leaked = train_ids[pd.Index(train_ids, dtype=train_ids.dtype).isin(test_ids)]
    if len(leaked):
        raise AssertionError(
            "`train` and `test` must not share sessions. "
            f"Received: {len(leaked):,} shared sessions, such as {leaked[0]!r}. "
            "Split by whole sessions; ids that start anew in every file must be made distinct."
        )
