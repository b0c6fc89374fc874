import numpy as np
import pytest

from keras_sessrec.batches.lanes import lane_schedule
from reference.session_parallel import session_parallel


def simulated(lengths, lanes):
    """(step, lane) at which each session starts, read off the simulated mini-batches."""
    sessions = [[(s, e) for e in range(length + 1)] for s, length in enumerate(lengths)]
    places = {}
    for step, batch in enumerate(session_parallel(sessions, lanes)):
        for lane, cell in enumerate(batch):
            if cell is not None and cell[2]:
                places[cell[0][0][0]] = (step, lane)
    return places


def test_first_sessions_fill_the_lanes_in_order():
    start, lane = lane_schedule(np.array([2, 5, 1]), lanes=3)
    assert start.tolist() == [0, 0, 0]
    assert lane.tolist() == [0, 1, 2]
    assert (start.dtype, lane.dtype) == (np.int64, np.int32)


def test_lanes_that_finish_together_are_served_in_lane_order():
    start, lane = lane_schedule(np.array([2, 1, 2, 1, 1, 1, 1]), lanes=3)
    # Lane 1 is free at step 1 and again, with the others, at step 2.
    assert list(zip(start.tolist(), lane.tolist(), strict=True)) == [
        (0, 0), (0, 1), (0, 2), (1, 1), (2, 0), (2, 1), (2, 2),
    ]  # fmt: skip


def test_a_lane_waits_for_the_next_round_after_a_session_without_steps():
    # At step 1 both lanes are free: lane 0 takes the empty session 2, lane 1 session 3, and only
    # then, in the second round, lane 0 takes session 4.
    start, lane = lane_schedule(np.array([1, 1, 0, 2, 3]), lanes=2)
    assert start.tolist() == [0, 0, 1, 1, 1]
    assert lane.tolist() == [0, 1, 0, 1, 0]


def test_fewer_sessions_than_lanes():
    start, lane = lane_schedule(np.array([4]), lanes=8)
    assert (start.tolist(), lane.tolist()) == ([0], [0])


def test_no_session():
    start, lane = lane_schedule(np.array([], int), lanes=4)
    assert len(start) == len(lane) == 0


@pytest.mark.parametrize("lanes", [1, 2, 3, 7, 32])
@pytest.mark.parametrize("longest", [1, 3, 12])
def test_equals_the_simulation(lanes, longest):
    rng = np.random.default_rng([lanes, longest])
    lengths = rng.integers(0, longest + 1, size=150)
    start, lane = lane_schedule(lengths, lanes)
    expected = simulated(lengths, lanes)
    assert set(expected) == set(np.flatnonzero(lengths))
    for session, place in expected.items():
        assert (start[session], lane[session]) == place


def test_one_lane_holds_one_session_at_a_time():
    lengths = np.random.default_rng(0).integers(0, 6, size=200)
    start, lane = lane_schedule(lengths, lanes=1)
    assert (lane == 0).all()
    np.testing.assert_array_equal(start, np.cumsum(lengths) - lengths)


def test_steps_beyond_32_bits():
    start, lane = lane_schedule(np.array([2**40, 2**41, 3, 2**40]), lanes=2)
    assert start.tolist() == [0, 0, 2**40, 2**40 + 3]
    assert lane.tolist() == [0, 1, 0, 0]
