"""Session-parallel mini-batches, the way GRU4Rec is trained."""

from __future__ import annotations

import warnings
from array import array
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from keras_sessrec.batches.dataset import (
    catalog_events,
    check_counts,
    check_fills,
    digest,
    generated_dataset,
)
from keras_sessrec.batches.epochs import EpochOrder
from keras_sessrec.catalog.catalog import Catalog
from keras_sessrec.data.session_log import SessionLog
from keras_sessrec.ops.seeds import as_seed

SLAB = 256  # mini-batches gathered at a time


def session_parallel(
    log: SessionLog,
    catalog: Catalog,
    lanes: int = 32,
    steps: int = 1,
    shuffle: bool = False,
    seed: int | None = 0,
    min_live_lanes: int = 1,
) -> tf.data.Dataset:
    """Makes the session-parallel mini-batches of a log (ICLR 2016, section 3.1.1).

    Every lane walks through one session after the other, all lanes side by side; a
    mini-batch holds the current event of each lane and, as targets, the next events.
    One pass over the dataset is one epoch and holds every pair of consecutive events of
    every session exactly once. Towards its end lanes run dry and stay idle with weight
    0, so that shapes never change.

    Args:
        log: `SessionLog`. Sessions are taken in its order, oldest first, so that the
            last updates of an epoch are on recent sessions. Events with items outside the
            catalog are spliced out.
        catalog: `Catalog`.
        lanes: int, number of sessions side by side (the batch size). Defaults to 32.
        steps: int, events per lane in a mini-batch. 1 (default) is the published
            algorithm, without back-propagation through time; more is truncated
            back-propagation through time, in blocks that end where a session ends.
        shuffle: bool. Whether every epoch takes the sessions in a new random order, in
            which only sessions that fill as many mini-batches change places: all epochs
            are of one length, as Keras needs it. Defaults to `False`.
        seed: int, of the shuffling, or `None` for what `keras.utils.set_random_seed` has
            seeded. Epoch n depends on (`seed`, n) only; whoever iterates over the dataset
            sees epoch 0, `fit` and `epochs_of` count. Defaults to 0.
        min_live_lanes: int. The epoch ends when fewer lanes are live. The authors use 2
            when the other lanes are the only negatives, which drops the last pairs of the
            last session. Defaults to 1: nothing is dropped.

    Returns:
        `tf.data.Dataset` of known cardinality, with elements `(x, y, sample_weight)`:
        `x = {"item": int32 [lanes, steps], "is_start": bool [lanes]}`,
        `y` int32 `[lanes, steps]`, `sample_weight` float32 `[lanes, steps]`.

    Raises:
        ValueError: An argument is not positive, no session has two events, or there are never
            `min_live_lanes` live lanes.

    Example:

    >>> log = ksr.data.synthetic_shop(num_items=40, num_sessions=50, seed=1).log
    >>> dataset = session_parallel(log, ksr.Catalog.from_log(log), lanes=4)
    >>> x, y, sample_weight = next(iter(dataset))
    >>> x["item"].shape, x["is_start"].numpy().tolist()
    (TensorShape([4, 1]), [True, True, True, True])
    """
    check_counts(lanes=lanes, steps=steps, min_live_lanes=min_live_lanes)
    items, offsets = catalog_events(log, catalog)
    if np.diff(offsets).max(initial=0) < 2:
        raise ValueError(
            "`log` must hold a session with at least two events of the catalog's items, or "
            f"there is nothing to predict. Received: {log!r}. Was the catalog made from it?"
        )
    sessions = int((np.diff(offsets) > 1).sum())
    check_fills("lanes", lanes, sessions, "sessions with two events")
    check_fills("steps", steps, int(np.diff(offsets).max()), "events of the longest session")
    if lanes > sessions:
        warnings.warn(
            f"`lanes={lanes}` are more than the {sessions} sessions with two events: the others "
            "stay idle and cost time.",
            stacklevel=2,
        )
    most_live = min(lanes, sessions)
    if min_live_lanes > most_live:
        raise ValueError(
            "`min_live_lanes` must be at most the number of lanes and of sessions with two "
            f"events, here {most_live}, or an epoch is empty. "
            f"Received: min_live_lanes={min_live_lanes}."
        )
    seed = as_seed(seed) if shuffle else None
    plan = _Plan(np.diff(offsets), lanes, steps, min_live_lanes, seed)
    order = EpochOrder(shuffles=shuffle)
    starts = np.zeros(len(items), bool)
    starts[offsets[:-1][np.diff(offsets) > 0]] = True

    def slabs() -> Iterator[tuple[Any, ...]]:
        epoch, first = order.take()
        first_events = plan.in_order(offsets[:-1], epoch)
        session: Any = np.cumsum(starts, dtype=np.int32) if steps > 1 else None
        while first < plan.num_batches:
            cursors = plan.cursors(first_events, first)
            yield _gather(items, starts, session, cursors, steps)
            first += len(cursors)

    signature = (
        {
            "item": tf.TensorSpec((None, lanes, steps), tf.int32),
            "is_start": tf.TensorSpec((None, lanes), tf.bool),
        },
        tf.TensorSpec((None, lanes, steps), tf.int32),
        tf.TensorSpec((None, lanes, steps), tf.float32),
    )
    contents = digest("lanes", items, offsets, lanes, steps, seed, min_live_lanes)
    return generated_dataset(
        slabs, signature, plan.num_batches, catalog, contents, order, in_slabs=True
    )


class _Plan:
    """Where and when sessions of which length run; the same in every epoch.

    Keras holds all epochs of a `fit` to the length of the first one, so a shuffled epoch
    may not need more mini-batches than another: sessions change places with sessions of
    as many blocks only, in a sequence of lengths that is drawn once.
    """

    def __init__(
        self, lengths: np.ndarray, lanes: int, steps: int, min_live_lanes: int, seed: int | None
    ) -> None:
        self._lanes, self._steps, self._seed = lanes, steps, seed
        self._of_session = _smallest(-(-np.maximum(lengths - 1, 0) // steps))
        self._blocks = self._of_session
        if seed is not None:
            self._blocks = np.random.default_rng(seed).permutation(self._blocks)
        self._start, self._lane = lane_schedule(self._blocks, lanes)
        end = self._start + self._blocks
        begun, ended = (np.bincount(at, minlength=int(end.max()) + 1) for at in (self._start, end))
        self.num_batches = int((np.cumsum(begun - ended) >= min_live_lanes).sum())
        # All sessions before it have ended when the slab begins.
        begins = np.arange(0, self.num_batches, SLAB)
        self._oldest = np.searchsorted(np.maximum.accumulate(end), begins, side="right")

    def cursors(self, first_events: np.ndarray, begin: int) -> np.ndarray:
        """The mini-batches from `begin` to the end of its slab.

        Args:
            first_events: int64 `[sessions]`, of the sessions in the order of an epoch.
            begin: int, the first mini-batch.

        Returns:
            int64 `[mini-batches, lanes]`: the event each lane reads first, -1 where idle.
        """
        slab = begin // SLAB
        end = min((slab + 1) * SLAB, self.num_batches)
        part = slice(self._oldest[slab], np.searchsorted(self._start, end))
        start = self._start[part]
        from_row = np.maximum(start, begin)
        count = np.maximum(np.minimum(start + self._blocks[part], end) - from_row, 0)
        within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        event = first_events[part] + (from_row - start) * self._steps
        cursors = np.full((end - begin, self._lanes), -1, np.int64)
        rows = np.repeat(from_row - begin, count) + within
        cursors[rows, np.repeat(self._lane[part], count)] = (
            np.repeat(event, count) + within * self._steps
        )
        return cursors

    def in_order(self, of_sessions: np.ndarray, epoch: int) -> np.ndarray:
        """What there is of each session, in the order in which the lanes of an epoch take them."""
        if self._seed is None:
            return of_sessions
        drawn = np.random.default_rng([self._seed, epoch]).permutation(len(of_sessions))
        found = np.empty_like(of_sessions)
        places = np.argsort(self._blocks, kind="stable")
        found[places] = of_sessions[drawn[np.argsort(self._of_session[drawn], kind="stable")]]
        return found


def _smallest(counts: np.ndarray) -> np.ndarray:
    """Counts as uint16 if they fit: those NumPy sorts by their digits, four times as fast."""
    return counts.astype(np.uint16 if counts.max() < 2**16 else np.int64)


def _gather(
    items: np.ndarray,
    starts: np.ndarray,
    session: Any,
    cursors: np.ndarray,
    steps: int,
) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
    """The mini-batches of a slab of cursors."""
    live = cursors >= 0
    first = np.maximum(cursors, 0)
    is_start = starts[first] & live
    inputs = np.minimum(first[..., None] + np.arange(steps), len(items) - 2)
    if steps == 1:
        valid = live[..., None]
    else:
        # A pair is valid while its target still belongs to the session of the first event.
        reach = first[..., None] + np.arange(1, steps + 1)
        inside = reach < len(items)
        reach = np.minimum(reach, len(items) - 1)
        valid = (session[reach] == session[first][..., None]) & inside & live[..., None]
    x = {"item": np.where(valid, items[inputs], 0), "is_start": is_start}
    return x, np.where(valid, items[inputs + 1], 0), valid.astype(np.float32)


def lane_schedule(lengths: np.ndarray, lanes: int) -> tuple[np.ndarray, np.ndarray]:
    """Assigns sessions to lanes as GRU4Rec's session-parallel mini-batches do.

    Lane k starts with session k. When a lane has used up its session it takes the next
    one in order; lanes that finish at the same step are served in lane order, in rounds
    (a session without a block is used up at once and its lane waits for the next round).

    The loop runs once per session, about a quarter of a second per million; everything per
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
    waiting = iter(np.asarray(lengths).tolist())
    free_at = defaultdict(list, {0: list(range(lanes))})
    step, steps, counts, lane_of = 0, array("q"), array("q"), array("i")
    while len(lane_of) < len(lengths):
        if step not in free_at:
            step = min(free_at)
        free, count = sorted(free_at.pop(step)), 0
        while free:
            again: list[int] = []
            for lane, length in zip(free, waiting):  # noqa: B905  sessions may end before lanes
                (free_at[step + length] if length else again).append(lane)
            lane_of.extend(free)
            count += len(free)
            free = again
        steps.append(step)
        counts.append(count)
        step += 1
    return np.repeat(steps, counts)[: len(lengths)], np.array(lane_of, np.int32)[: len(lengths)]
