"""Splits of a click log by time, always between whole sessions."""

from __future__ import annotations

import logging
from numbers import Real

import numpy as np

from keras_sessrec.data.log_parts import assert_no_leak, is_known, keep_known_items
from keras_sessrec.data.session_log import SessionLog, check_log

_logger = logging.getLogger(__name__)

_SECONDS_PER_DAY = 86_400


def split_last_days(
    log: SessionLog, days: float = 1, by: str = "end", known_items_only: bool = True
) -> tuple[SessionLog, SessionLog]:
    """Splits off the sessions of the last days as the test.

    The defaults are the RSC15 protocol of Hidasi et al., 2016, section 4.1: a session
    is in the test if its last event is less than `days` before the log's last event;
    so nothing in the training log is later than that. Apply it to the training log
    again to get a validation log.

    Args:
        log: `SessionLog` with timestamps in seconds.
        days: float, length of the test period. Defaults to 1.
        by: str, "end" or "start": which event of a session must lie in the test
            period. With "start", training sessions may end in it. Defaults to "end".
        known_items_only: bool. Defaults to `True`: test events of items that do not
            occur in the training log are dropped, then test sessions of fewer than 2
            events (see `keep_known_items`). With `False` the test is left whole and
            unknown items are only counted. Both counts go to the logger.

    Returns:
        Pair of `SessionLog`: train, test.

    Raises:
        ValueError: An argument is out of range, or a side would be empty.

    Example:

    >>> log = SessionLog.from_arrays(
    ...     np.array([0, 0, 1, 1]), np.array([0, 1, 1, 0]), np.array([0, 9, 90000, 90009]),
    ...     np.array([7, 8]), np.array(["tea", "cup"], object))
    >>> train, test = split_last_days(log, days=1)
    >>> train.session_ids.tolist(), test.session_ids.tolist()
    ([7], [8])
    """
    check_log(log)
    if not isinstance(days, Real) or not days > 0:
        raise ValueError(f"`days` must be a positive number. Received: days={days!r}.")
    times = _session_times(log, by)
    is_test = times > _time_span(log)[1] - days * _SECONDS_PER_DAY
    return _split(log, ~is_test, is_test, known_items_only)


def split_last_sessions(
    log: SessionLog, test_size: float, by: str = "end", known_items_only: bool = True
) -> tuple[SessionLog, SessionLog]:
    """Splits off the most recent sessions as the test.

    For a given size of the test, and for logs whose times only order the events.

    Args:
        log: `SessionLog`.
        test_size: int, number of test sessions; or float between 0 and 1, their share
            (rounded to whole sessions). Counted before unknown items are dropped.
        by: str, "end" or "start": which event of a session says how recent it is.
            Of sessions with equal times the later ones in the log are the more
            recent. Defaults to "end".
        known_items_only: bool, as in `split_last_days`. Defaults to `True`.

    Returns:
        Pair of `SessionLog`: train, test.

    Raises:
        ValueError: An argument is out of range, or a side would be empty.

    Example:

    >>> log = SessionLog.from_arrays(
    ...     np.array([0, 0, 1, 1]), np.array([0, 1, 1, 0]), np.array([1, 2, 3, 4]),
    ...     np.array([7, 8]), np.array(["tea", "cup"], object))
    >>> train, test = split_last_sessions(log, 0.5)
    >>> test.session_ids.tolist()
    [8]
    """
    check_log(log)
    is_share = isinstance(test_size, (float, np.floating))
    if not 0 < test_size < (1 if is_share else log.num_sessions):
        raise ValueError(
            "`test_size` must be a share between 0 and 1, or an int between 1 and the number of "
            f"sessions less one ({log.num_sessions - 1}). Received: {test_size!r}."
        )
    num_test = round(test_size * log.num_sessions) if is_share else test_size
    order = np.argsort(_session_times(log, by), kind="stable")
    is_test = np.zeros(log.num_sessions, bool)
    is_test[order[log.num_sessions - num_test :]] = True
    return _split(log, ~is_test, is_test, known_items_only)


def split_random_sessions(
    log: SessionLog, test_size: float = 0.1, seed: int = 0, known_items_only: bool = True
) -> tuple[SessionLog, SessionLog]:
    """Splits off sessions at random, as a validation part for early stopping.

    Tan et al. (2016) stop training when 10% of the training data, kept apart, no longer
    improve. Whole sessions are drawn, never prefixes: those of one session would be on
    both sides. For a test use a split by time.

    Args:
        log: `SessionLog`.
        test_size: float between 0 and 1, share of the sessions. Defaults to 0.1.
        seed: int. Defaults to 0.
        known_items_only: bool, as in `split_last_days`. Defaults to `True`.

    Returns:
        Pair of `SessionLog`: train, test.

    Raises:
        ValueError: `test_size` is out of range, or a side would be empty.

    Example:

    >>> log = ksr.data.synthetic_shop(num_items=40, num_sessions=50, seed=1).log
    >>> train, valid = split_random_sessions(log, 0.1)
    >>> train.num_sessions
    45
    """
    check_log(log)
    if not 0 < test_size < 1:
        raise ValueError(f"`test_size` must be between 0 and 1. Received: test_size={test_size}.")
    drawn = np.random.default_rng(seed).permutation(log.num_sessions)
    is_test = np.zeros(log.num_sessions, bool)
    is_test[drawn[: max(1, round(test_size * log.num_sessions))]] = True
    return _split(log, ~is_test, is_test, known_items_only)


def sliding_windows(
    log: SessionLog,
    train_days: float,
    test_days: float = 1,
    num_windows: int = 5,
    shift_days: float | None = None,
    offset_days: float = 0,
    by: str = "end",
    known_items_only: bool = True,
) -> list[tuple[SessionLog, SessionLog]]:
    """Cuts several train/test pairs out of a log, each later than the one before.

    Window `w` begins `offset_days + w * shift_days` after the log's first event; its
    training sessions are those of the first `train_days`, its test sessions those
    of the next `test_days` (Ludewig & Jannach, 2018; their RSC15 windows are
    `train_days=30, test_days=1, num_windows=5, offset_days=5`). A day begins with
    its first moment and ends before the next one's.

    Args:
        log: `SessionLog` with timestamps in seconds.
        train_days: float, length of a training period.
        test_days: float, length of a test period. Defaults to 1.
        num_windows: int, number of pairs. Defaults to 5.
        shift_days: float, from the beginning of a window to that of the next one.
            Defaults to `None`: `train_days + test_days`, windows side by side.
        offset_days: float, from the first event to the first window. Defaults to 0.
        by: str, "end" or "start": which event of a session must lie in a period.
            Defaults to "end".
        known_items_only: bool, as in `split_last_days`. Defaults to `True`.

    Returns:
        List of `num_windows` pairs of `SessionLog`: train, test.

    Raises:
        ValueError: An argument is out of range, or a side of a window would be empty.

    Example:

    >>> log = SessionLog.from_arrays(
    ...     np.repeat(np.arange(4), 2), np.tile([0, 1], 4), np.repeat(np.arange(4) * 86400, 2),
    ...     np.arange(4), np.array(["tea", "cup"], object))
    >>> pairs = sliding_windows(log, train_days=1, num_windows=2)
    >>> [(train.session_ids.tolist(), test.session_ids.tolist()) for train, test in pairs]
    [([0], [1]), ([2], [3])]
    """
    check_log(log)
    if shift_days is None:
        shift_days = train_days + test_days
    positive = {
        "train_days": train_days,
        "test_days": test_days,
        "num_windows": num_windows,
        "shift_days": shift_days,
    }
    for name, value in positive.items():
        if not value > 0:
            raise ValueError(f"`{name}` must be positive. Received: {value!r}.")
    if not offset_days >= 0:
        raise ValueError(f"`offset_days` must not be negative. Received: {offset_days!r}.")
    days = (_session_times(log, by) - _time_span(log)[0]) / _SECONDS_PER_DAY
    pairs = []
    for window in range(num_windows):
        begin = offset_days + window * shift_days
        middle = begin + train_days
        is_train = (days >= begin) & (days < middle)
        is_test = (days >= middle) & (days < middle + test_days)
        pairs.append(_split(log, is_train, is_test, known_items_only, f"window {window}: "))
    return pairs


def _session_times(log: SessionLog, by: str) -> np.ndarray:
    if by not in ("end", "start"):
        raise ValueError(f'`by` must be "end" or "start". Received: {by!r}.')
    return log.end_times if by == "end" else log.start_times


def _time_span(log: SessionLog) -> tuple[float, float]:
    """Times of the first and the last event; zeros for a log without events."""
    if not log.num_events:
        return 0, 0
    return log.timestamps.min(), log.timestamps.max()


def _split(
    log: SessionLog,
    is_train: np.ndarray,
    is_test: np.ndarray,
    known_items_only: bool,
    which: str = "",
) -> tuple[SessionLog, SessionLog]:
    """The two sides as logs, checked and counted."""
    train, test = log.select_sessions(is_train), log.select_sessions(is_test)
    first, last = _time_span(log)
    for name, side in (("train", train), ("test", test)):
        if not side.num_sessions:
            raise ValueError(
                f"{which}`log` must have sessions for both sides. Received: none for {name}. "
                f"The times reach from {first} to {last}. Choose a shorter or longer part; if "
                "they are not seconds, set `time_unit` when reading, or use "
                "`split_last_sessions` where they only order the events."
            )
    assert_no_leak(train, test)
    if known_items_only:
        test, report = keep_known_items(test, train)
        if report.dropped_events:
            _logger.warning("%stest, items not in train dropped:\n%s", which, report)
        if not test.num_sessions:
            raise ValueError(
                f"{which}`log` must have test sessions of two events of known items. Received: "
                f"none that are left:\n{report}"
            )
    else:
        unknown = int((~is_known(test, train)[test.item_codes]).sum())
        _logger.info("%stest, events of items not in train kept: %s", which, f"{unknown:,}")
    _logger.info("%strain %r, test %r", which, train, test)
    return train, test
