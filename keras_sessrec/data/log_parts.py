"""Parts of a click log: the most recent, those of known items, and two that must not overlap."""

from __future__ import annotations

import logging
import math

import numpy as np
import pandas as pd

from keras_sessrec.data.cleaning_report import CleaningReport, CleaningStep
from keras_sessrec.data.session_log import SessionLog, check_log

_logger = logging.getLogger(__name__)


def recent_fraction(log: SessionLog, fraction: float) -> SessionLog:
    """Keeps the most recent sessions that hold a fraction of the training sequences.

    Tan, Xu and Liu (2016), section 4: the training sequences are sorted by time and a
    model is trained on the most recent 1/4, 1/16, ... of them. A sequence is a prefix of a
    session with its next event, so a session of n events holds n - 1. Sessions stay
    whole: the fraction is exceeded by less than the sequences of the oldest session kept.
    By how many goes to the logger.

    Args:
        log: `SessionLog`. A session is as recent as its last event; of sessions that end
            at the same time the later ones in the log are the more recent.
        fraction: float in (0, 1]; 1 is the log itself.

    Returns:
        `SessionLog` of the fewest most recent sessions with at least `fraction` of the
        sequences.

    Raises:
        ValueError: `fraction` is out of range, or no session has two events.

    Example:

    >>> log = SessionLog.from_arrays(
    ...     np.repeat(np.arange(4), 3), np.tile([0, 1, 2], 4), np.arange(12),
    ...     np.array([7, 8, 9, 10]), np.array(["tea", "cup", "pot"], object))
    >>> recent_fraction(log, 1 / 4).session_ids.tolist()
    [10]
    >>> recent_fraction(log, 0.3).session_ids.tolist()
    [9, 10]
    """
    check_log(log)
    if not 0 < fraction <= 1:
        raise ValueError(f"`fraction` must be in (0, 1]. Received: fraction={fraction}.")
    sequences = np.maximum(log.lengths - 1, 0)
    total = int(sequences.sum())
    if not total:
        raise ValueError(
            "`log` must have a session of at least two events. "
            f"Received: {log!r}, which has no event to predict."
        )
    if fraction == 1:
        return log
    # Rounded first: 0.07 * 100 is 7.000000000000001.
    wanted = math.ceil(round(fraction * total, 6))
    newest_first = np.argsort(log.end_times, kind="stable")[::-1]
    held = np.cumsum(sequences[newest_first])
    num = int(np.searchsorted(held, wanted)) + 1
    _logger.info(
        "the most recent %s of %s sequences: %s in %s sessions, %s more than asked for",
        *(f"{n:,}" for n in (wanted, total, held[num - 1], num, held[num - 1] - wanted)),
    )
    return log.select_sessions(newest_first[:num])


def keep_known_items(test: SessionLog, train: SessionLog) -> tuple[SessionLog, CleaningReport]:
    """Drops what a model of `train` cannot know from a test log, and counts it.

    Events of items that do not occur in `train` are dropped, then sessions of fewer
    than 2 events, which have no next event to predict (Hidasi et al., 2016,
    section 4.1).

    Args:
        test: `SessionLog` to test on.
        train: `SessionLog` to train on.

    Returns:
        Pair of the smaller test `SessionLog` (possibly empty) and a `CleaningReport`.

    Example:

    >>> log = SessionLog.from_arrays(
    ...     np.array([0, 1, 1]), np.array([0, 0, 1]), np.array([1, 2, 3]),
    ...     np.array([7, 8]), np.array(["tea", "cup"], object))
    >>> test, report = keep_known_items(log.select_sessions([1]), log.select_sessions([0]))
    >>> test.num_sessions, report.dropped_events
    (0, 2)
    """
    check_log(test, "test")
    check_log(train, "train")
    steps = [CleaningStep.after("before", test)]
    test = test.select_events(is_known(test, train)[test.item_codes])
    steps.append(CleaningStep.after("items not in train", test))
    test = test.select_sessions(test.lengths >= 2)
    steps.append(CleaningStep.after("sessions of fewer than 2 events", test))
    return test, CleaningReport(tuple(steps))


def is_known(test: SessionLog, train: SessionLog) -> np.ndarray:
    """Returns bool `[len(test.item_ids)]`, true for an item that occurs in `train`."""
    occurs = np.bincount(train.item_codes, minlength=len(train.item_ids)) > 0
    if test.item_ids is train.item_ids:
        return occurs
    test_ids, train_ids = test.item_ids, train.item_ids[occurs]
    if test_ids.dtype != train_ids.dtype:
        test_ids, train_ids = test_ids.astype(str), train_ids.astype(str)
    return np.isin(test_ids, train_ids)


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
