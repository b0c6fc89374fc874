"""The session-parallel mini-batches of GRU4Rec, simulated lane by lane in plain Python.

The algorithm of the authors (ICLR 2016, section 3.1.1): all lanes advance together while every one
has an event left to predict; then each lane that has used up its session takes the next one. A lane
that gets none stays idle, where the authors remove it.
"""


def session_parallel(sessions, lanes, steps=1, min_live_lanes=1):
    """Lists the mini-batches of one epoch.

    Each is a list with one entry per lane: None where idle, else (events read, events to predict,
    whether a session starts). `sessions` are lists of events, in the order to be taken.
    """
    waiting = list(sessions)
    lane_events = [None] * lanes
    lane_position = [0] * lanes

    def blocks_left(lane):
        """Mini-batches that the rest of the lane's session fills."""
        left = max(len(lane_events[lane]) - lane_position[lane] - 1, 0)
        return left // steps + (left % steps > 0)

    def take_next(lane):
        lane_events[lane] = waiting.pop(0) if waiting else None
        lane_position[lane] = 0

    for lane in range(lanes):
        take_next(lane)
    batches = []
    while True:
        live = [lane for lane in range(lanes) if lane_events[lane] is not None]
        if len(live) < max(min_live_lanes, 1):
            return batches
        for _ in range(min(blocks_left(lane) for lane in live)):
            batch = [None] * lanes
            for lane in live:
                first, events = lane_position[lane], lane_events[lane]
                last = min(first + steps, len(events) - 1)
                batch[lane] = (events[first:last], events[first + 1 : last + 1], first == 0)
                lane_position[lane] = last
            batches.append(batch)
        for lane in live:
            if blocks_left(lane) == 0:
                take_next(lane)
