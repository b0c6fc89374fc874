"""What a file of clicks says of itself, and what must be asked."""

import argparse

import numpy as np
import pandas as pd
import pytest

import keras_sessrec as ksr
from keras_sessrec_cli import clicks

OPTIONS = dict.fromkeys(["session", "item", "time", "time_unit", "pause", "test_days"])


def arguments(path, **changes):
    return argparse.Namespace(clicks=[str(path)], **{**OPTIONS, **changes})


@pytest.fixture
def write(tmp_path):
    """Writes the clicks of a shop under names of columns, with changed times."""
    log = ksr.data.synthetic_shop(num_sessions=300, num_items=30, num_days=6, seed=1).log

    def write_clicks(names, change=lambda times: times):
        columns = [log.session_ids[log.session_of_event], log.item_ids[log.item_codes]]
        columns.append(change(log.timestamps))
        path = tmp_path / "clicks.csv"
        pd.DataFrame(dict(zip(names, columns, strict=True))).to_csv(path, index=False)
        return path

    write_clicks.log = log
    return write_clicks


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["session_id", "item_id", "timestamp"], ["session_id", "item_id", "timestamp"]),
        (["SessionId", "ItemId", "Time"], ["SessionId", "ItemId", "Time"]),
        (["Session ID", "sku", "event_time"], ["Session ID", "sku", "event_time"]),
    ],
)
def test_columns_whose_names_say_it_are_found(write, names, found):
    columns = clicks.find_columns(arguments(write(names)))
    assert columns == dict(zip(["session", "item", "time"], found, strict=True))


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["session_id", "item_id", "when"], r"holds the times is not clear.*'when'.*`--time COL"),
        (["session_id", "page", "time"], r"holds the items.*`--item COLUMN`"),
        (["visitorid", "item_id", "time"], r"visitors, 'visitorid'.*`--session visitorid --pause"),
    ],
)
def test_what_is_not_clear_is_asked(write, names, message):
    with pytest.raises(ValueError, match=message):
        clicks.find_columns(arguments(write(names)))


def test_two_that_may_be_meant_are_both_named(write):
    path = write(["session_id", "item_id", "timestamp"])
    pd.read_csv(path).assign(date="2024-01-01").to_csv(path, index=False)
    with pytest.raises(ValueError, match=r"several that may: \['timestamp', 'date'\]"):
        clicks.find_columns(arguments(path))
    assert clicks.find_columns(arguments(path, time="date"))["time"] == "date"


def test_visitors_are_cut_at_pauses(write, capsys):
    log = clicks.read(arguments(write(["visitorid", "item_id", "time"]), pause=60))
    expected = ksr.data.sessionize(write.log, gap=60)
    assert log.num_sessions == expected.num_sessions > write.log.num_sessions
    assert f"cut from {write.log.num_sessions:,} at pauses of 60 s" in capsys.readouterr().out


def test_it_says_what_it_sees(write, capsys):
    log = clicks.read(arguments(write(["session_id", "item_id", "timestamp"])))
    printed = capsys.readouterr().out
    assert f"{log.num_events:,} in {log.num_sessions:,} sessions, {log.num_items:,} it" in printed
    first = np.datetime64(int(log.timestamps.min()), "s").astype(object)
    assert f"{first:%Y-%m-%d %H:%M} to " in printed
    assert "longer than a day" not in printed


def test_sessions_of_days_are_noticed(write, capsys):
    path = write(["session_id", "item_id", "timestamp"], lambda t: t[0] + (t - t[0]) * 500)
    clicks.read(arguments(path))
    printed = capsys.readouterr().out
    assert "last longer than a day. If the column is of visitors, `--pause 1800`" in printed


def test_times_that_are_no_dates_are_asked_about(write):
    path = write(["session_id", "item_id", "timestamp"], lambda t: np.arange(len(t)))
    with pytest.raises(ValueError, match=r"from 0 to \d+, which are no dates.*--time-unit order"):
        clicks.read(arguments(path))
    assert clicks.read(arguments(path, time_unit="order")).num_events == write.log.num_events
    assert clicks.read(arguments(path, time_unit="s")).num_events == write.log.num_events
    with pytest.raises(ValueError, match="`--test-days` needs times"):
        clicks.read(arguments(path, time_unit="order", test_days=1.0))


def test_milliseconds_are_told_from_seconds(write):
    path = write(["session_id", "item_id", "timestamp"], lambda t: t * 1000)
    with pytest.raises(ValueError, match="`time_unit='ms'`"):
        clicks.read(arguments(path))
    log = clicks.read(arguments(path, time_unit="ms"))
    np.testing.assert_allclose(log.timestamps, write.log.timestamps)


def test_places_of_columns_in_a_file_without_header(write, tmp_path):
    lines = write(["session_id", "item_id", "timestamp"]).read_text().splitlines()[1:]
    bare = tmp_path / "bare.csv"
    bare.write_text("\n".join(lines))
    log = clicks.read(arguments(bare, session="0", item="1", time="2"))
    assert log.num_events == write.log.num_events


def test_names_come_from_parquet_rsc15_and_folders(write, tmp_path):
    path = write(["session_id", "item_id", "timestamp"])
    folder = tmp_path / "parts"
    folder.mkdir()
    pd.read_csv(path).to_parquet(folder / "part-0.parquet")
    expected = ["session_id", "item_id", "timestamp"]
    assert clicks.column_names(folder) == expected
    assert clicks.column_names(path) == expected
    (tmp_path / "clicks.dat").write_text("1,2014-04-07T10:51:09.277Z,214536502,0\n")
    assert set(clicks.column_names(tmp_path / "clicks.dat")) == set(expected)


def test_what_is_no_table_is_said(tmp_path):
    with pytest.raises(FileNotFoundError, match="must be files or a folder of them"):
        clicks.column_names(tmp_path / "none.csv")
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(ValueError, match="Received: an empty file"):
        clicks.column_names(tmp_path / "empty.csv")
    (tmp_path / "picture.csv").write_bytes(bytes(range(256)))
    with pytest.raises(ValueError, match="Received: binary data"):
        clicks.column_names(tmp_path / "picture.csv")


def unknown_by_hand(train, test):
    known = set(train.item_ids[train.item_codes])
    return np.mean([item not in known for item in test.item_ids[test.item_codes]])


@pytest.mark.parametrize("unit", [None, "order"])
def test_the_test_and_its_unknown_items_are_counted(write, capsys, unit):
    train, test, words = clicks.split(write.log, arguments("", time_unit=unit))
    assert train.num_sessions + test.num_sessions == write.log.num_sessions
    if unit == "order":
        assert words == "the last 10% of the sessions" and test.num_sessions == 30
    else:
        assert words == "the last day"
        assert test.end_times.min() > write.log.timestamps.max() - 86_400
    printed = capsys.readouterr().out
    assert f"{unknown_by_hand(train, test):.1%} of its clicks are on items that tr" in printed
    assert "That is little" in printed


def test_a_test_of_unknown_items_only_is_refused(write):
    log = write.log
    last = log.session_of_event >= log.num_sessions - 20
    items = np.where(last, log.item_codes + len(log.item_ids), log.item_codes)
    times = np.where(last, log.timestamps + 10 * 86_400, log.timestamps)
    ids = np.array([f"item {number}" for number in range(2 * len(log.item_ids))], object)
    new = ksr.data.SessionLog.from_arrays(log.session_of_event, items, times, log.session_ids, ids)
    with pytest.raises(ValueError, match="sessions of two clicks on known items"):
        clicks.split(new, arguments("", test_days=7.0))
