import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_sessrec.data.session_log import SessionLog


def make_log(rows, session_ids, item_ids):
    codes = np.array([(s, i) for s, i, _ in rows], dtype=np.int64).reshape(-1, 2)
    times = np.array([t for _, _, t in rows])
    return SessionLog.from_arrays(codes[:, 0], codes[:, 1], times, session_ids, item_ids)


def rows_of(log):
    return [
        (log.session_ids[s], log.item_ids[log.item_codes[e]], log.timestamps[e])
        for s in range(log.num_sessions)
        for e in range(log.offsets[s], log.offsets[s + 1])
    ]


def sorted_rows(rows, session_ids, item_ids):
    """The documented order by plain Python: sessions by (first time, id), events by time."""
    sessions = {}
    for session, item, time in rows:
        sessions.setdefault(session_ids[session], []).append((item_ids[item], time))
    for events in sessions.values():
        events.sort(key=lambda event: event[1])
    order = sorted(sessions, key=lambda session: (sessions[session][0][1], session))
    return [(session, item, time) for session in order for item, time in sessions[session]]


IDS = np.array([30, 10, 20])
ITEMS = np.array(["tea", "cup", "pot"], dtype=object)


def test_events_are_sorted_by_session_start_and_time():
    log = make_log([(0, 0, 9), (1, 1, 5), (0, 1, 2), (2, 2, 5), (1, 0, 6)], IDS, ITEMS)
    assert rows_of(log) == [
        (30, "cup", 2),
        (30, "tea", 9),
        (10, "cup", 5),
        (10, "tea", 6),
        (20, "pot", 5),
    ]
    assert log.offsets.tolist() == [0, 2, 4, 5]
    assert log.start_times.tolist() == [2, 5, 5]
    assert log.end_times.tolist() == [9, 6, 5]
    assert log.session_of_event.tolist() == [0, 0, 1, 1, 2]


def test_session_gives_raw_ids_by_place():
    log = make_log([(0, 0, 9), (1, 1, 5), (0, 1, 2), (2, 2, 5), (1, 0, 6)], IDS, ITEMS)
    assert log.session(1).tolist() == ["cup", "tea"]
    assert log.session(-1).tolist() == ["pot"]
    for place in (3, -4):
        with pytest.raises(IndexError, match=f"one of the 3 sessions.*place={place}"):
            log.session(place)


def test_equal_times_keep_the_stored_order():
    log = make_log([(0, 2, 1), (0, 0, 1), (0, 1, 1)], IDS, ITEMS)
    assert [item for _, item, _ in rows_of(log)] == ["pot", "tea", "cup"]


def test_c26_sessions_in_time_order_whatever_their_ids():
    log = make_log([(0, 0, 1), (1, 0, 3), (2, 0, 2)], IDS, ITEMS)
    assert log.session_ids.tolist() == [30, 20, 10]


def test_select_sessions_by_mask_and_by_places():
    log = make_log([(0, 0, 1), (0, 1, 2), (1, 2, 3), (2, 1, 4), (2, 0, 5)], IDS, ITEMS)
    expected = [(30, "tea", 1), (30, "cup", 2), (20, "cup", 4), (20, "tea", 5)]
    assert rows_of(log.select_sessions(np.array([True, False, True]))) == expected
    assert rows_of(log.select_sessions([2, 0])) == expected
    assert log.select_sessions([0]).item_ids is log.item_ids


def test_select_no_session_gives_an_empty_log():
    log = make_log([(0, 0, 1)], IDS, ITEMS).select_sessions([False])
    assert (log.num_sessions, log.num_events, log.num_items) == (0, 0, 0)
    assert log.offsets.tolist() == [0]
    assert log.end_times.tolist() == []


def test_select_events_sorts_a_session_anew_that_lost_its_first_event():
    log = make_log([(0, 0, 1), (0, 1, 9), (1, 2, 3), (2, 2, 4)], IDS, ITEMS)
    kept = log.select_events(np.array([False, True, True, False]))
    assert rows_of(kept) == [(10, "pot", 3), (30, "cup", 9)]


def test_select_events_wants_one_bool_per_event():
    log = make_log([(0, 0, 1), (0, 1, 2)], IDS, ITEMS)
    with pytest.raises(ValueError, match="`events` must be a bool array of shape"):
        log.select_events(np.array([0, 1]))
    with pytest.raises(ValueError, match="`events` must be a bool array of shape"):
        log.select_events(np.array([True]))


ROWS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.integers(0, 6)), max_size=25)


@given(ROWS, st.data())
def test_selected_events_are_sorted_as_if_read_alone(rows, data):
    session_ids = np.array(["d", "a", "c", "b"], dtype=object)
    log = make_log(rows, session_ids, ITEMS)
    assert rows_of(log) == sorted_rows(rows, session_ids, ITEMS)
    kept = data.draw(st.lists(st.booleans(), min_size=len(rows), max_size=len(rows)))
    expected = []
    for (session, item, time), keep in zip(rows_of(log), kept, strict=True):
        if keep:
            codes = (list(session_ids).index(session), list(ITEMS).index(item), time)
            expected.append(codes)
    selected = log.select_events(np.array(kept, dtype=bool))
    assert rows_of(selected) == sorted_rows(expected, session_ids, ITEMS)


def test_more_sessions_or_items_than_32_bits_number_are_refused():
    one = np.zeros(1, np.int64)
    for name, ids in (("session_ids", (range(2**31), IDS)), ("item_ids", (IDS, range(2**31)))):
        with pytest.raises(ValueError, match=f"`{name}` must be at most 2,147,483,646, .*648"):
            SessionLog.from_arrays(one, one, one, *ids)
