"""The logs of the benchmarks: folders of public ones, and random ones of any size."""

from __future__ import annotations

import pathlib

import numpy as np

import keras_sessrec as ksr

# The training part of RSC15.
NUM_ITEMS = 37_483
NUM_SESSIONS = 7_966_257
NUM_EVENTS = 31_637_239

# Of the column Time, where it is not seconds; others have a counter of events.
TIME_UNITS = {"globo": "ms", "online_retail": "ms"}

_AT_ONCE = 1_000_000  # events drawn at a time: bounds the temporary arrays


def load(
    data: str | None, name: str, quick: bool
) -> tuple[ksr.data.SessionLog, ksr.data.SessionLog]:
    """Training and test log: of the folder `data`/`name`, or of the synthetic shop without `data`.

    The folder holds `train.parquet` and `test.parquet` (columns SessionId, ItemId, Time). If quick,
    only the last 10,000 sessions are trained on.
    """
    if data is None:
        train, test = ksr.data.split_last_days(ksr.data.synthetic_shop(seed=1).log, days=1)
    else:
        files = [pathlib.Path(data) / name / f"{part}.parquet" for part in ("train", "test")]
        unit = TIME_UNITS.get(name, "s")
        train, test = (ksr.data.read_clicks(file, time_unit=unit) for file in files)
        ksr.data.assert_no_leak(train, test)
    return (last_sessions(train, 10_000) if quick else train), test


def last_sessions(log: ksr.data.SessionLog, count: int) -> ksr.data.SessionLog:
    """The last so many sessions in the log's own order."""
    return log.select_sessions(np.arange(log.num_sessions) >= log.num_sessions - count)


def zipf_catalog(num_items: int) -> ksr.Catalog:
    """Items whose counts fall with their rank r as 1 / r, the rarest one seen once."""
    return ksr.Catalog(np.arange(num_items), num_items // np.arange(1, num_items + 1))


def random_log(
    catalog: ksr.Catalog, num_sessions: int, num_events: int | None = None
) -> ksr.data.SessionLog:
    """Makes sessions of independent clicks, each item as often as its count in the catalog.

    Args:
        catalog: `Catalog` of integer ids with counts.
        num_sessions: int.
        num_events: int, clicks in all, at least two a session; lengths are geometric beyond
            that. Defaults to as many a session as RSC15 has, 3.97.

    Returns:
        `SessionLog` of exactly these sizes, the same one at every call.
    """
    if num_events is None:
        num_events = max(2 * num_sessions, round(num_sessions * NUM_EVENTS / NUM_SESSIONS))
    rng = np.random.default_rng(0)
    # The clicks beyond two a session and the bars between sessions in random order: what
    # lies between two bars belongs to one session.
    is_bar = np.arange(num_events - num_sessions - 1) < num_sessions - 1
    rng.shuffle(is_bar)
    bars = np.concatenate([[-1], np.flatnonzero(is_bar), [len(is_bar)]])
    offsets = np.concatenate([[0], np.cumsum(np.diff(bars) + 1)])

    cumulative = np.cumsum(catalog.counts)
    codes = np.empty(num_events, np.int32)
    for begin in range(0, num_events, _AT_ONCE):
        part = codes[begin : begin + _AT_ONCE]
        drawn = rng.integers(cumulative[-1], size=len(part))
        part[:] = np.searchsorted(cumulative, drawn, side="right")
    return ksr.data.SessionLog(
        item_codes=codes,
        timestamps=np.arange(num_events),
        offsets=offsets,
        session_ids=np.arange(num_sessions),
        item_ids=catalog.item_ids,
    )
