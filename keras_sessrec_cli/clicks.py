"""Reads a file of clicks, looks at it, and says what it sees."""

from __future__ import annotations

import argparse
import datetime
import re
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

import keras_sessrec as ksr
from keras_sessrec.data.text_clicks import first_fields

# Names of columns as they are met, without signs and capitals.
NAMES = {
    "session": {"session", "sessionid", "sid", "visit", "visitid"},
    "item": {"item", "itemid", "product", "productid", "sku", "article", "articleid", "contentid"},
    "time": {"time", "timestamp", "ts", "datetime", "date", "eventtime", "createdat"},
}
VISITORS = {"visitor", "visitorid", "user", "userid", "customer", "customerid", "client"}
FIRST, LAST = (datetime.datetime(year, 1, 1, tzinfo=datetime.UTC) for year in (1990, 2100))
DAY = 86_400
FEW = 1_000  # next clicks in a test, whose figures chance moves by a point or more
TENTH = 0.1


def read(args: argparse.Namespace) -> ksr.data.SessionLog:
    """Reads the clicks that the arguments name, and prints what they are.

    Args:
        args: Of `command`: `clicks`, `session`, `item`, `time`, `time_unit`, `pause`.

    Returns:
        `SessionLog`.

    Raises:
        ValueError: They cannot be read, or it is not clear how: says which option makes it so.
    """
    if args.time_unit == "order" and args.test_days is not None:
        raise ValueError("`--test-days` needs times. Received: `--time-unit order`.")
    columns = find_columns(args)
    unit = "s" if args.time_unit in (None, "order") else args.time_unit
    log = ksr.data.read_clicks(
        args.clicks, columns["session"], columns["item"], columns["time"], unit
    )
    events, sessions, items = (f"{n:,}" for n in (log.num_events, log.num_sessions, log.num_items))
    print(f"\nclicks    {events} in {sessions} sessions, {items} items")
    print("columns   " + ", ".join(f"{role} {name!r}" for role, name in columns.items()))
    print(f"times     {time_span(log, args.time_unit)}")
    if args.pause:
        before = log.num_sessions
        log = ksr.data.sessionize(log, args.pause)
        print(f"sessions  {log.num_sessions:,}, cut from {before:,} at pauses of {args.pause:,} s")
    elif args.time_unit != "order":
        long = float(np.mean(log.end_times - log.start_times > DAY))
        if long > 0.05:
            print(
                f"          {long:.0%} of the sessions last longer than a day. If the column is of "
                "visitors, `--pause 1800` cuts where one was away for half an hour."
            )
    return log


def find_columns(args: argparse.Namespace) -> dict[str, str | int]:
    """Names the three columns: those that are given, else those whose names say it.

    Raises:
        ValueError: No column or several may be meant, or a column is of visitors.
    """
    given = {role: getattr(args, role) for role in NAMES}
    if all(name is not None for name in given.values()):
        # Three numbers are places, in a file without a header line.
        are_places = all(name.isdigit() for name in given.values())
        return {role: int(name) if are_places else name for role, name in given.items()}
    there = column_names(Path(args.clicks[0]))
    found: dict[str, str | int] = {}
    for role, name in given.items():
        if name is None:
            meant = [column for column in there if _plain(column) in NAMES[role]]
            visitors = [column for column in there if _plain(column) in VISITORS]
            if role == "session" and not meant and len(visitors) == 1:
                if args.pause is None:
                    raise ValueError(
                        f"No column of sessions was found, but one of visitors, {visitors[0]!r}. "
                        "Say after how many seconds of pause a new session begins: "
                        f"`--session {visitors[0]} --pause 1800`."
                    )
                meant = visitors
            if len(meant) != 1:
                what = f"several that may: {meant}" if meant else f"the columns {there}"
                raise ValueError(
                    f"Which column holds the {role}s is not clear. Received: {what[:300]}. "
                    f"Name it: `--{role} COLUMN`."
                )
            name = meant[0]
        found[role] = name
    return found


def column_names(path: Path) -> list[str]:
    """The names of the columns of a file, or of the first one in a folder."""
    if path.is_dir():
        path = min((file for file in path.iterdir() if file.name[0] not in "._"), default=path)
    if not path.is_file():
        raise FileNotFoundError(f"`clicks` must be files or a folder of them. Received: {path}.")
    if path.suffix in (".parquet", ".pq"):
        return pq.read_schema(path).names
    if path.suffix == ".dat":  # of the RecSys Challenge 2015, without a header
        return ["session_id", "timestamp", "item_id"]
    return first_fields(str(path))[0]


def time_span(log: ksr.data.SessionLog, unit: str | None) -> str:
    """When the first and the last click were, in words.

    Raises:
        ValueError: The times are no dates of clicks, and nobody has said what they are.
    """
    first, last = float(log.timestamps.min()), float(log.timestamps.max())
    if unit == "order":
        return "they only order the clicks"
    if unit is None and not FIRST.timestamp() <= first <= last < LAST.timestamp():
        raise ValueError(
            f"The times reach from {first:.0f} to {last:.0f}, which are no dates from "
            f"{FIRST.year} to {LAST.year} in seconds. If they only say what came first, give "
            "`--time-unit order`; else their unit: `--time-unit s`, ms, us or ns."
        )
    begin, end = (datetime.datetime.fromtimestamp(t, datetime.UTC) for t in (first, last))
    return f"{begin:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC, {(last - first) / DAY:.1f} days"


def split(
    log: ksr.data.SessionLog, args: argparse.Namespace
) -> tuple[ksr.data.SessionLog, ksr.data.SessionLog, str]:
    """Splits the test off and prints what it holds.

    Args:
        log: `SessionLog`.
        args: Of `command`: `time_unit`, `test_days`.

    Returns:
        Triple of `SessionLog` to train on, `SessionLog` to test on, and what the test is, in words.

    Raises:
        ValueError: There is nothing to train on, or to test on.
    """
    if args.time_unit == "order":
        train, test = ksr.data.split_last_sessions(log, TENTH, known_items_only=False)
        words = f"the last {TENTH:.0%} of the sessions"
    else:
        days = 1.0 if args.test_days is None else args.test_days
        train, test = ksr.data.split_last_days(log, days, known_items_only=False)
        words = "the last day" if days == 1 else f"the last {days:g} days"
    known, report = ksr.data.keep_known_items(test, train)
    before, after = (step.events for step in report.steps[:2])
    next_clicks = known.num_events - known.num_sessions
    print(f"training  {train.num_events:,} clicks in {train.num_sessions:,} sessions")
    print(f"test      {words}: {known.num_sessions:,} sessions with {next_clicks:,} next clicks")
    share = (before - after) / before
    print(f"          {share:.1%} of its clicks are on items that training never saw; left out")
    if not next_clicks:
        raise ValueError(
            "The test must have sessions of two clicks on known items. Received: none. Give more "
            "`--test-days`."
        )
    if next_clicks < FEW:
        print("          That is little: mind the intervals, or give more `--test-days`.")
    return train, test, words


def _plain(name: str) -> str:
    return re.sub(r"[^a-z]", "", str(name).lower())
