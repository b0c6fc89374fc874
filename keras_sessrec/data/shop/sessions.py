"""Draws the sessions of a synthetic shop, a day at a time and a click position at a time."""

from __future__ import annotations

import numpy as np

from keras_sessrec.data.session_log import SessionLog
from keras_sessrec.data.shop.world import ShopDay, ShopWorld

DAY_SECONDS = 86_400
# Sessions start between 06:00 and 22:00 and last two hours at most, so that each lies within
# one day and no click comes after an item has left the shop at midnight.
OPENING_SECOND = 6 * 3600
CLOSING_SECOND = 22 * 3600
LONGEST_SESSION_SECONDS = 2 * 3600 - 1
WEEKEND_FACTOR = 1.4


def draw_log(
    seed: np.random.SeedSequence,
    world: ShopWorld,
    item_ids: np.ndarray,
    num_sessions: int,
    mean_length: float,
    min_length: int,
    max_length: int,
    start_time: int,
) -> SessionLog:
    """Draws `num_sessions` sessions; arguments as in `synthetic_shop`.

    Sessions are made in the order in which a `SessionLog` holds them, so that nothing is
    sorted but each day's start times. Working memory is that of one day.
    """
    seeds = seed.spawn(world.num_days + 1)
    rng = np.random.default_rng(seeds[0])
    day_weights = np.where(np.arange(world.num_days) % 7 >= 5, WEEKEND_FACTOR, 1.0)
    day_sizes = rng.multinomial(num_sessions, day_weights / day_weights.sum())
    lengths = _draw_lengths(rng, num_sessions, mean_length, min_length, max_length)
    offsets = np.zeros(num_sessions + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    item_codes = np.empty(offsets[-1], np.int32)
    timestamps = np.empty(offsets[-1], np.int64)
    last = 0
    for day in range(world.num_days):
        first, last = last, last + int(day_sizes[day])
        rng = np.random.default_rng(seeds[day + 1])
        events = slice(offsets[first], offsets[last])
        begins = offsets[first:last] - offsets[first]
        item_codes[events] = _draw_items(rng, world, world.day(day), begins, lengths[first:last])
        times = _draw_times(rng, begins, lengths[first:last])
        timestamps[events] = times + (start_time + day * DAY_SECONDS)
    return SessionLog(
        item_codes=item_codes,
        timestamps=timestamps,
        offsets=offsets,
        session_ids=np.arange(num_sessions, dtype=np.int64),
        item_ids=item_ids,
    )


def _draw_lengths(
    rng: np.random.Generator, size: int, mean_length: float, min_length: int, max_length: int
) -> np.ndarray:
    """int32 `[size]`: `min_length` plus a geometric number of clicks, cut at `max_length`."""
    stop = 1 / (1 + mean_length - min_length)
    lengths = rng.geometric(stop, size)
    lengths += min_length - 1
    return np.minimum(lengths, max_length).astype(np.int32)


def _draw_times(rng: np.random.Generator, begins: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Seconds of the day, int64 `[events]`: evenly spread starts, log-normal reading times."""
    if not len(lengths):
        return np.zeros(0, np.int64)
    starts = np.sort(rng.integers(OPENING_SECOND, CLOSING_SECOND, len(lengths)))
    gaps = np.exp(rng.normal(3.6, 1.0, int(lengths.sum()))).astype(np.int64) + 1
    gaps[begins] = 0
    elapsed = np.cumsum(gaps)
    elapsed -= np.repeat(elapsed[begins], lengths)
    return np.minimum(elapsed, LONGEST_SESSION_SECONDS) + np.repeat(starts, lengths)


def _draw_items(
    rng: np.random.Generator,
    world: ShopWorld,
    today: ShopDay,
    begins: np.ndarray,
    lengths: np.ndarray,
) -> np.ndarray:
    """Item codes int32 `[events]` of the sessions that start at `begins`."""
    num_categories, num_styles = today.intent.shape
    items = np.empty(int(lengths.sum()), np.int32)
    choice = _line(today.choice, num_categories)
    moves = _line(world.transition, 1)
    follow = np.cumsum(today.successor_weights, axis=1)
    follow[:, -1] = 1
    intent = np.searchsorted(
        _line(today.intent.reshape(1, -1), 1), rng.random(len(lengths)), "right"
    )
    category, style = np.divmod(intent, num_styles)
    active = np.arange(len(lengths))
    for position in range(int(lengths.max(initial=0))):
        going = lengths[active] > position
        active, category, style = active[going], category[going], style[going]
        places = begins[active] + position
        if position:
            uniform = rng.random(len(active))
            category = np.searchsorted(moves, category + uniform, "right") % num_categories
        uniform = rng.random(len(active))
        flat = np.searchsorted(choice, style * num_categories + category + uniform, "right")
        drawn = flat % world.num_items
        if position:
            previous = items[places - 1]
            linked = np.flatnonzero(rng.random(len(active)) < today.link[previous])
            source = previous[linked]
            column = (rng.random(len(linked))[:, None] >= follow[source]).sum(axis=1)
            drawn[linked] = world.successors[source, column]
        items[places] = drawn
    return items


def _line(probabilities: np.ndarray, per_row: int) -> np.ndarray:
    """Lays distributions one after the other on a line, each of length 1.

    A uniform u from distribution b is then one search for the place b + u, whatever
    mixture of distributions a batch asks for. Each row holds `per_row` distributions.
    """
    rows = np.cumsum(probabilities, axis=1) + per_row * np.arange(len(probabilities))[:, None]
    return rows.ravel()
