import numpy as np
import pandas as pd
import pytest

from keras_sessrec.data.cleaning import clean
from keras_sessrec.data.frames import from_frame
from keras_sessrec.data.session_log import SessionLog


def log_of(sessions, times=None):
    """A log of {session id: items}, one event a second within a session."""
    rows = [
        (session, item, 100 * session + (place if times is None else times[session][place]))
        for session, items in sessions.items()
        for place, item in enumerate(items)
    ]
    return from_frame(pd.DataFrame(rows, columns=["session_id", "item_id", "timestamp"]))


def sessions_of(log):
    items = log.item_ids[log.item_codes]
    return {
        int(session): "".join(items[a:b])
        for session, a, b in zip(log.session_ids, log.offsets[:-1], log.offsets[1:], strict=True)
    }


NO_LIMITS = {"min_session_length": 1, "min_item_support": 1}


def test_papers_defaults_in_one_pass():
    # Without the lone event of session 4, b still has the support of 5 ...
    log = log_of({1: "aab", 2: "aab", 3: "aabb", 4: "b", 5: "ba"})
    cleaned, _ = clean(log)
    assert sessions_of(cleaned) == {1: "aab", 2: "aab", 3: "aabb", 5: "ba"}
    # ... and here it has not: short sessions go before support is counted.
    log = log_of({1: "aab", 2: "aab", 3: "aab", 4: "b", 5: "ba"})
    cleaned, report = clean(log)
    assert sessions_of(cleaned) == {1: "aa", 2: "aa", 3: "aa"}
    assert report.steps == (
        ("before", 12, 5, 2),
        ("sessions of fewer than 2 events", 11, 4, 2),
        ("items of fewer than 5 events", 7, 4, 1),
        ("sessions of fewer than 2 events", 6, 3, 1),
    )


def test_one_pass_may_leave_rare_items_and_iterate_does_not():
    log = log_of({1: "ab", 2: "bc", 3: "cd", 4: "aeae"})
    once, _ = clean(log, min_item_support=2)
    assert sessions_of(once) == {1: "ab", 2: "bc", 4: "aeae"}
    fixed, report = clean(log, min_item_support=2, iterate=True)
    # 3 loses d and goes; then c has one event; 2 loses c and goes; then b; then 1.
    assert sessions_of(fixed) == {4: "aeae"}
    assert report.steps[-1].events == report.steps[-3].events == 4


def fixed_point(sessions, min_length, min_support):
    """Independent reference on plain lists."""
    while True:
        kept = {s: items for s, items in sessions.items() if len(items) >= min_length}
        every = "".join(kept.values())
        kept = {s: [i for i in items if every.count(i) >= min_support] for s, items in kept.items()}
        kept = {s: "".join(items) for s, items in kept.items() if items}
        if kept == sessions:
            return kept
        sessions = kept


@pytest.mark.parametrize("seed", range(5))
def test_iterate_reaches_the_fixed_point(seed):
    rng = np.random.default_rng(seed)
    letters = np.array([*"abcdefghijklmnopqrst"])
    sessions = {
        s: "".join(letters[(20 * rng.random(rng.integers(1, 6)) ** 2).astype(int)])
        for s in range(40)
    }
    cleaned, _ = clean(log_of(sessions), 3, 4, iterate=True)
    assert sessions_of(cleaned) == fixed_point(sessions, 3, 4)


def test_immediate_repeats():
    log = log_of({1: "iij", 2: "jiij", 3: "jjj", 4: "ijij"})
    cleaned, _ = clean(log, **NO_LIMITS, drop_immediate_repeats=True)
    assert sessions_of(cleaned) == {1: "ij", 2: "jij", 3: "j", 4: "ijij"}


def test_a_repeat_across_sessions_is_none():
    cleaned, _ = clean(log_of({1: "i", 2: "i"}), **NO_LIMITS, drop_immediate_repeats=True)
    assert sessions_of(cleaned) == {1: "i", 2: "i"}


def test_exact_duplicates_need_not_be_neighbours():
    times = {1: [0, 0, 0, 0, 1], 2: [0, 1, 2]}
    log = log_of({1: "abaca", 2: "aaa"}, times)
    cleaned, report = clean(log, **NO_LIMITS, drop_duplicates=True)
    assert sessions_of(cleaned) == {1: "abca", 2: "aaa"}
    assert report.steps[1] == ("exact duplicates", 7, 2, 3)


def test_over_long_sessions_are_dropped_whole():
    log = log_of({1: "ab", 2: "aba", 3: "abab"})
    cleaned, report = clean(log, **NO_LIMITS, max_session_length=3)
    assert sessions_of(cleaned) == {1: "ab", 2: "aba"}
    assert report.steps[1] == ("sessions of more than 3 events", 5, 2, 2)


def test_steps_come_in_the_documented_order():
    times = {1: [0, 0, 1, 2], 2: [0, 1, 2, 3], 3: [0, 1]}
    log = log_of({1: "aaab", 2: "abab", 3: "ab"}, times)
    # Without its duplicate, session 1 has three events and is not over-long.
    cleaned, report = clean(
        log,
        min_item_support=1,
        max_session_length=3,
        drop_duplicates=True,
        drop_immediate_repeats=True,
    )
    assert sessions_of(cleaned) == {1: "ab", 3: "ab"}
    assert [step.events for step in report.steps] == [10, 9, 5, 4, 4, 4, 4]


def test_the_given_log_stays_as_it_is():
    log = log_of({1: "ab", 2: "a"})
    clean(log, min_item_support=1)
    assert sessions_of(log) == {1: "ab", 2: "a"}


def test_only_one_event_sessions_is_an_error_with_the_report():
    with pytest.raises(ValueError, match=r"nothing is left[^$]*fewer than 2 events +0 +-2"):
        clean(log_of({1: "a", 2: "b"}))


@pytest.mark.parametrize("name", ["min_session_length", "min_item_support", "max_session_length"])
def test_limits_are_at_least_one(name):
    with pytest.raises(ValueError, match=f"`{name}` must be at least 1. Received: 0"):
        clean(log_of({1: "ab"}), **{name: 0})


@pytest.mark.slow
def test_a_session_of_ten_million_events():
    count = 10_000_000
    items = np.arange(count) % 1000
    log = SessionLog.from_arrays(
        np.zeros(count, int), items, np.arange(count) // 2, np.array([1]), np.arange(1000)
    )
    cleaned, report = clean(log, drop_duplicates=True, drop_immediate_repeats=True)
    assert cleaned.lengths.tolist() == [count]
    assert report.dropped_events == 0
    with pytest.raises(ValueError, match="nothing is left"):
        clean(log, max_session_length=1000)
