"""Parts of a log: the most recent, against a plain loop; known items; no leaks."""

import logging

import numpy as np
import pytest

from harness.scorer import log_of
from keras_sessrec.data import SessionLog, recent_fraction
from keras_sessrec.data.log_parts import assert_no_leak


def log_with(lengths, ends):
    """A log of sessions of given lengths, session n + 1 ending at the given time."""
    sessions = np.repeat(np.arange(len(lengths)), lengths)
    times = np.concatenate([end - np.arange(n)[::-1] for n, end in zip(lengths, ends, strict=True)])
    return SessionLog.from_arrays(
        sessions,
        np.arange(len(sessions)) % 4,
        times,
        np.arange(len(lengths)) + 1,
        np.array(list("abcd"), object),
    )


def by_hand(lengths, ends, fraction):
    """Session numbers from the most recent one back until there are sequences enough."""
    total = sum(n - 1 for n in lengths)
    kept, held = [], 0
    for session in sorted(range(len(lengths)), key=lambda s: -ends[s]):
        if held >= fraction * total:
            break
        kept.append(session + 1)
        held += lengths[session] - 1
    return sorted(kept)


@pytest.mark.parametrize("fraction", [1 / 256, 1 / 64, 1 / 16, 1 / 4, 0.5, 0.9])
def test_most_recent_whole_sessions_with_enough_sequences(fraction):
    rng = np.random.default_rng(1)
    lengths = rng.integers(1, 9, 500).tolist()
    ends = rng.permutation(500) * 100  # sessions overlap: ends are in another order than starts
    log = log_with(lengths, ends)
    recent = recent_fraction(log, fraction)
    assert sorted(recent.session_ids.tolist()) == by_hand(lengths, ends, fraction)
    held, total = (recent.lengths - 1).sum(), (log.lengths - 1).sum()
    oldest = recent.lengths[np.argmin(recent.end_times)]
    assert fraction * total <= held < fraction * total + oldest
    whole = dict(zip(log.session_ids.tolist(), log.lengths.tolist(), strict=True))
    assert all(
        whole[s] == n
        for s, n in zip(recent.session_ids.tolist(), recent.lengths.tolist(), strict=True)
    )
    assert recent.end_times.min() > np.delete(
        log.end_times, np.flatnonzero(np.isin(log.session_ids, recent.session_ids))
    ).max(initial=-1)


def test_a_session_is_as_recent_as_its_last_event():
    # Session 1 begins first and ends last.
    log = log_with([9, 3], [100, 95])
    assert log.session_ids.tolist() == [1, 2]
    assert recent_fraction(log, 0.5).session_ids.tolist() == [1]


def test_equal_ends_keep_the_order_of_the_log():
    log = log_with([2, 2, 2, 2], [50, 50, 50, 50])
    assert recent_fraction(log, 0.5).session_ids.tolist() == log.session_ids.tolist()[2:]


def test_exact_fractions_take_no_session_more():
    log = log_of([[1, 2]] * 100)
    for percent in range(1, 100):  # 0.07 * 100 is more than 7
        assert recent_fraction(log, percent / 100).num_sessions == percent


def test_all_of_it_is_the_log_itself():
    log = log_of([[1], [1, 2]])
    assert recent_fraction(log, 1) is log


def test_the_excess_is_logged(caplog):
    with caplog.at_level(logging.INFO):
        recent_fraction(log_of([[1, 2]] * 10 + [[1, 2, 3, 4, 5, 6]] * 2), 0.3)
    assert "6 of 20 sequences: 10 in 2 sessions, 4 more than asked for" in caplog.text


@pytest.mark.parametrize("fraction", [0, -0.5, 1.5, float("nan")])
def test_bad_fractions(fraction):
    with pytest.raises(ValueError, match=r"`fraction` must be in \(0, 1\]. Received: fraction="):
        recent_fraction(log_of([[1, 2]]), fraction)


def test_nothing_to_predict():
    with pytest.raises(ValueError, match=r"`log` must have a session of at least two.*Received: <"):
        recent_fraction(log_of([[1], [2]]), 0.5)


def log_of_ids(session_ids):
    count = len(session_ids)
    return SessionLog.from_arrays(
        np.arange(count), np.zeros(count, int), np.arange(count), session_ids, np.array([1])
    )


INTS, TEXTS = np.array([5, 6, 7]), np.array(["a", "7", "b"], dtype=object)


def test_distinct_sessions_pass():
    assert_no_leak(log_of_ids(INTS), log_of_ids(np.array([1, 2])))
    assert_no_leak(log_of_ids(TEXTS), log_of_ids(np.array(["c"], dtype=object)))
    assert_no_leak(log_of_ids(INTS), log_of_ids(np.array(["07"], dtype=object)))


@pytest.mark.parametrize(
    ("train", "test", "shared"),
    [(INTS, np.array([1, 6]), "6"), (TEXTS, TEXTS[2:], "'b'"), (TEXTS, INTS, "'7'")],
)
def test_a_shared_session_is_named(train, test, shared):
    with pytest.raises(AssertionError, match=f"1 shared sessions, such as .*{shared}"):
        assert_no_leak(log_of_ids(train), log_of_ids(test))
