import logging

import numpy as np
import pandas as pd
import pytest

from keras_sessrec.data.frames import from_frame
from keras_sessrec.data.log_parts import keep_known_items
from keras_sessrec.data.splits import (
    sliding_windows,
    split_last_days,
    split_last_sessions,
    split_random_sessions,
)

DAY = 86_400


def log_of(sessions):
    """A log of {session id: [(item, time in days), ...]}."""
    rows = [(s, item, day * DAY) for s, events in sessions.items() for item, day in events]
    return from_frame(pd.DataFrame(rows, columns=["session_id", "item_id", "timestamp"]))


def spans(*bounds):
    """A log of sessions with the same two items, session n from and to the given days."""
    return log_of({n: [("a", start), ("b", end)] for n, (start, end) in enumerate(bounds)})


def ids(pair):
    return tuple(sorted(side.session_ids.tolist()) for side in pair)


def items_of(log):
    return log.item_ids[log.item_codes].tolist()


# Last event at day 10: with one day, the cut is day 9, and 9 itself belongs to train.
SPANS = [(0, 1), (8, 9), (8.5, 9.5), (9.25, 9.75), (9.5, 10)]


def test_last_day_by_session_end():
    assert ids(split_last_days(spans(*SPANS))) == ([0, 1], [2, 3, 4])


def test_last_day_by_session_start():
    assert ids(split_last_days(spans(*SPANS), by="start")) == ([0, 1, 2], [3, 4])


def test_days_may_be_more_or_less_than_one():
    assert ids(split_last_days(spans(*SPANS), days=0.4)) == ([0, 1, 2], [3, 4])
    assert ids(split_last_days(spans(*SPANS), days=2)) == ([0], [1, 2, 3, 4])


def test_nothing_in_train_is_later_than_the_cut():
    rng = np.random.default_rng(1)
    starts = rng.random(200) * 9
    log = spans(*zip(starts, starts + rng.random(200), strict=True))
    train, test = split_last_days(log, days=2)
    cut = log.timestamps.max() - 2 * DAY
    assert train.timestamps.max() <= cut < test.end_times.min()
    assert train.num_sessions + test.num_sessions == 200


UNKNOWN = {
    1: [("a", 0), ("b", 1)],
    2: [("a", 8), ("x", 9), ("b", 9.5)],
    3: [("x", 9.2), ("b", 9.6)],
    4: [("x", 9.3), ("x", 9.7), ("y", 9.8)],
    5: [("b", 9.9), ("a", 10)],
}


def test_c27_unknown_test_items_are_spliced_and_counted(caplog):
    with caplog.at_level(logging.WARNING):
        train, test = split_last_days(log_of(UNKNOWN))
    assert ids((train, test)) == ([1], [2, 5])
    assert items_of(test) == ["a", "b", "b", "a"]
    table = caplog.text.splitlines()
    assert table[-3].split()[:2] == ["before", "10"]
    assert "items not in train" in table[-2] and table[-2].split()[-6:-4] == ["5", "-5"]
    assert "fewer than 2" in table[-1] and table[-1].split()[-6:-4] == ["4", "-1"]


def test_c27_unknown_test_items_may_be_kept_and_are_counted(caplog):
    with caplog.at_level(logging.INFO):
        train, test = split_last_days(log_of(UNKNOWN), known_items_only=False)
    assert ids((train, test)) == ([1], [2, 3, 4, 5])
    assert test.num_events == 10
    assert "items not in train kept: 5" in caplog.text


def test_keep_known_items_counts_its_steps():
    log = log_of(UNKNOWN)
    train, test = log.select_sessions([0]), log.select_sessions([1, 2, 3, 4])
    kept, report = keep_known_items(test, train)
    assert ids((train, kept)) == ([1], [2, 5])
    assert report.steps == (
        ("before", 10, 4, 4),
        ("items not in train", 5, 3, 2),
        ("sessions of fewer than 2 events", 4, 2, 2),
    )


def test_keep_known_items_of_logs_with_tables_of_their_own():
    train = log_of({1: [(7, 0), (8, 1)]})
    test = log_of({2: [("8", 2), ("z", 3), ("7", 4)]})
    assert test.item_ids.dtype == object and train.item_ids.dtype == np.int64
    assert items_of(keep_known_items(test, train)[0]) == ["8", "7"]
    assert items_of(keep_known_items(train, test)[0]) == [7, 8]


def test_an_item_in_the_table_that_does_not_occur_is_unknown():
    log = log_of({1: [("a", 0), ("b", 1)], 2: [("a", 2), ("c", 3), ("b", 4)]})
    assert "c" in log.select_sessions([0]).item_ids
    assert items_of(keep_known_items(log, log.select_sessions([0]))[0]) == ["a", "b", "a", "b"]


def test_last_sessions_by_number_and_share():
    log = spans((0, 9), (1, 2), (2, 3), (3, 4))
    assert ids(split_last_sessions(log, 1)) == ([1, 2, 3], [0])
    assert ids(split_last_sessions(log, 2)) == ([1, 2], [0, 3])
    assert ids(split_last_sessions(log, 0.5)) == ([1, 2], [0, 3])
    assert ids(split_last_sessions(log, 1, by="start")) == ([0, 1, 2], [3])


def test_last_sessions_with_equal_times_take_the_later_ones():
    log = spans((0, 1), (0, 1), (0, 1), (0, 1))
    assert ids(split_last_sessions(log, 2)) == ([0, 1], [2, 3])


def test_sliding_windows_by_hand():
    # Session n ends at day n + 0.5 after the first event at day 0.
    log = spans(*[(n, n + 0.5) for n in range(12)])
    pairs = sliding_windows(log, train_days=3, test_days=2, num_windows=2)
    assert [ids(pair) for pair in pairs] == [([0, 1, 2], [3, 4]), ([5, 6, 7], [8, 9])]
    pairs = sliding_windows(log, 2, 1, num_windows=3, shift_days=1, offset_days=4)
    assert [ids(pair) for pair in pairs] == [([4, 5], [6]), ([5, 6], [7]), ([6, 7], [8])]


@pytest.mark.parametrize("first_day", [17_000, -400])
def test_splits_do_not_depend_on_when_time_began(first_day):
    log = spans(*[(first_day + n, first_day + n + 0.5) for n in range(12)])
    pairs = sliding_windows(log, train_days=3, test_days=2, num_windows=2)
    assert [ids(pair) for pair in pairs] == [([0, 1, 2], [3, 4]), ([5, 6, 7], [8, 9])]
    assert ids(split_last_days(log, days=2)) == ([*range(10)], [10, 11])


def test_sliding_windows_are_half_open():
    log = spans((0, 0), (0, 1), (1, 2), (2, 3))
    assert ids(sliding_windows(log, 1, 1, num_windows=1)[0]) == ([0], [1])


def test_sliding_windows_by_start():
    log = spans((0, 1.5), (0.5, 0.75), (1, 1.25))
    assert ids(sliding_windows(log, 1, 1, num_windows=1)[0]) == ([1], [0, 2])
    assert ids(sliding_windows(log, 1, 1, num_windows=1, by="start")[0]) == ([0, 1], [2])


def test_times_that_are_no_seconds_are_explained():
    counter = log_of({1: [("a", 0), ("b", 1 / DAY)], 2: [("a", 2 / DAY), ("b", 3 / DAY)]})
    with pytest.raises(ValueError, match=r"none for train[^$]*split_last_sessions"):
        split_last_days(counter)


def test_a_test_without_known_items_is_an_error_with_the_report():
    log = log_of({1: [("a", 0), ("b", 1)], 2: [("x", 8), ("y", 9)]})
    with pytest.raises(ValueError, match=r"none that are left[^$]*items not in train"):
        split_last_days(log)


def test_a_window_without_sessions_is_named():
    with pytest.raises(ValueError, match=r"window 1: .* none for train"):
        sliding_windows(spans((0, 0.5), (1, 1.5)), train_days=1, num_windows=2)


LOG = spans(*SPANS)


@pytest.mark.parametrize(
    ("split", "message"),
    [
        (lambda: split_last_days(LOG, days=0), "`days` must be a positive number"),
        (lambda: split_last_days(LOG, days="1"), "`days` must be a positive number"),
        (lambda: split_last_days(LOG, by="middle"), '`by` must be "end" or "start"'),
        (lambda: split_last_sessions(LOG, 5), r"`test_size` .* \(4\). Received: 5"),
        (lambda: split_last_sessions(LOG, 0), "`test_size` must be"),
        (lambda: split_last_sessions(LOG, 1.0), "`test_size` must be"),
        (lambda: split_last_sessions(LOG, 0.01), "none for test"),
        (lambda: sliding_windows(LOG, train_days=0), "`train_days` must be positive"),
        (lambda: sliding_windows(LOG, 1, num_windows=0), "`num_windows` must be positive"),
        (lambda: sliding_windows(LOG, 1, offset_days=-1), "`offset_days` must not be negative"),
    ],
)
def test_arguments_out_of_range(split, message):
    with pytest.raises(ValueError, match=message):
        split()


def test_random_sessions_are_whole_and_on_one_side():
    log = spans(*[(n, n + 0.5) for n in range(40)])
    train, valid = split_random_sessions(log, 0.25, seed=3)
    assert valid.num_sessions == 10
    assert sorted([*train.session_ids, *valid.session_ids]) == list(range(40))
    assert (valid.lengths == 2).all()
    # Drawn from everywhere, not from the end.
    assert valid.session_ids.min() < 10 < 30 < train.session_ids.max()
    assert ids(split_random_sessions(log, 0.25, seed=3)) == ids((train, valid))
    assert ids(split_random_sessions(log, 0.25, seed=4)) != ids((train, valid))


@pytest.mark.parametrize("test_size", [0, 1, -0.5, 3])
def test_random_sessions_need_a_share(test_size):
    with pytest.raises(ValueError, match="`test_size` must be between 0 and 1"):
        split_random_sessions(spans(*SPANS), test_size)
