"""Session-parallel mini-batches, the way GRU4Rec is trained."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import tensorflow as tf

from keras_sessrec.catalog import Catalog
from keras_sessrec.data.catalog_events import catalog_events
from keras_sessrec.data.lane_schedule import lane_schedule
from keras_sessrec.data.session_log import SessionLog

SLAB = 256  # mini-batches gathered at a time


def session_parallel(
    log: SessionLog,
    catalog: Catalog,
    lanes: int = 32,
    steps: int = 1,
    shuffle: bool = False,
    seed: int = 0,
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
        shuffle: bool. Whether every epoch takes the sessions in a new random order.
            Defaults to `False`.
        seed: int, of the shuffling. Epoch n of a dataset depends on (`seed`, n) only.
        min_live_lanes: int. The epoch ends when fewer lanes are live. The authors use 2
            when the other lanes are the only negatives, which drops the last pairs of the
            last session. Defaults to 1: nothing is dropped.

    Returns:
        `tf.data.Dataset` of known cardinality (unknown if `shuffle`, as it depends on the
        order), with elements `(x, y, sample_weight)`:
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
    for name, value in (("lanes", lanes), ("steps", steps), ("min_live_lanes", min_live_lanes)):
        if value < 1:
            raise ValueError(f"`{name}` must be at least 1. Received: {name}={value}.")
    items, offsets = catalog_events(log, catalog)
    if np.diff(offsets).max(initial=0) < 2:
        raise ValueError(
            "`log` must hold a session with at least two events of the catalog's items, or "
            f"there is nothing to predict. Received: {log!r}. Was the catalog made from it?"
        )
    most_live = min(lanes, int((np.diff(offsets) > 1).sum()))
    if min_live_lanes > most_live:
        raise ValueError(
            "`min_live_lanes` must be at most the number of lanes and of sessions with two "
            f"events, here {most_live}, or an epoch is empty. "
            f"Received: min_live_lanes={min_live_lanes}."
        )
    epochs = itertools.count()
    ordered = None if shuffle else _cursors(
        np.diff(offsets), offsets[:-1], lanes, steps, min_live_lanes
    )
    starts = np.zeros(len(items), bool)
    starts[offsets[:-1][np.diff(offsets) > 0]] = True

    def slabs() -> Iterator[tuple[np.ndarray, ...]]:
        cursors = ordered
        if shuffle:
            rng = np.random.default_rng([seed, next(epochs)])
            order = rng.permutation(len(offsets) - 1)
            cursors = _cursors(
                np.diff(offsets)[order], offsets[:-1][order], lanes, steps, min_live_lanes
            )
        session = np.cumsum(starts, dtype=np.int32) if steps > 1 else None
        for begin in range(0, len(cursors), SLAB):
            yield _gather(items, starts, session, cursors[begin : begin + SLAB], steps)

    signature = (
        {
            "item": tf.TensorSpec((None, lanes, steps), tf.int32),
            "is_start": tf.TensorSpec((None, lanes), tf.bool),
        },
        tf.TensorSpec((None, lanes, steps), tf.int32),
        tf.TensorSpec((None, lanes, steps), tf.float32),
    )
    dataset = tf.data.Dataset.from_generator(slabs, output_signature=signature).unbatch()
    if ordered is not None:
        dataset = dataset.apply(tf.data.experimental.assert_cardinality(len(ordered)))
    return dataset


def _cursors(
    lengths: np.ndarray, first_events: np.ndarray, lanes: int, steps: int, min_live_lanes: int
) -> np.ndarray:
    """int32 `[mini-batches, lanes]`: the event each lane reads first, -1 where idle."""
    blocks = -(-np.maximum(lengths - 1, 0) // steps)
    start, lane = lane_schedule(blocks, lanes)
    cursors = np.full((int((start + blocks).max()), lanes), -1, np.int32)
    for begin in range(0, len(blocks), 1_000_000):  # bounds the temporary arrays
        part = slice(begin, begin + 1_000_000)
        count = blocks[part]
        within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        cursors[np.repeat(start[part], count) + within, np.repeat(lane[part], count)] = (
            np.repeat(first_events[part], count) + within * steps
        )
    live = (cursors >= 0).sum(axis=1)
    too_few = live < min_live_lanes
    return cursors[: too_few.argmax()] if too_few.any() else cursors


def _gather(
    items: np.ndarray,
    starts: np.ndarray,
    session: np.ndarray | None,
    cursors: np.ndarray,
    steps: int,
) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
    """The mini-batches of a slab of cursors."""
    live = cursors >= 0
    first = np.maximum(cursors, 0)
    is_start = starts[first] & live
    inputs = np.minimum(first[..., None] + np.arange(steps, dtype=np.int32), len(items) - 2)
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
