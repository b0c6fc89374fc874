"""Which session sits in which lane at which step of a session-parallel epoch."""

from __future__ import annotations

from heapq import heapify, heapreplace

import numpy as np


def lane_schedule(lengths: np.ndarray, lanes: int) -> tuple[np.ndarray, np.ndarray]:
    """Assigns sessions to lanes as GRU4Rec's session-parallel mini-batches do.

    Lane k starts with session k. When a lane has used up its session it takes the next
    one in order; lanes that finish at the same step are served in lane order, in rounds
    (a session without a block is used up at once and its lane waits for the next round).

    The loop runs once per session, about half a second per million; everything per
    event is left to array operations.

    Args:
        lengths: int `[sessions]`, steps each session needs (0 is allowed), in the order
            in which the sessions are to be taken.
        lanes: int, number of lanes.

    Returns:
        Tuple of int64 `[sessions]`, the step at which each session starts, and int32
        `[sessions]`, its lane.

    Example:

    >>> start, lane = lane_schedule(np.array([3, 1, 1, 2]), lanes=2)
    >>> start.tolist(), lane.tolist()
    ([0, 0, 1, 2], [0, 1, 1, 1])
    """
    lengths = np.asarray(lengths).tolist()
    # One integer orders the free lanes: step, then round within the step, then lane.
    lane_bits = max(lanes - 1, 1).bit_length()
    step_bits = lane_bits + len(lengths).bit_length() + 1
    lane_mask, one_round = (1 << lane_bits) - 1, 1 << lane_bits
    free = list(range(lanes))
    heapify(free)
    keys = []
    for length in lengths:
        key = free[0]
        keys.append(key)
        if length:
            heapreplace(free, (((key >> step_bits) + length) << step_bits) | (key & lane_mask))
        else:
            heapreplace(free, key + one_round)
    start = np.fromiter((key >> step_bits for key in keys), np.int64, len(keys))
    lane = np.fromiter((key & lane_mask for key in keys), np.int32, len(keys))
    return start, lane
