"""Every example runs from end to end in its tiny form."""

import csv
import datetime
import importlib.util
import pathlib
import subprocess
import sys

import pytest

import keras_sessrec as ksr

ROOT = pathlib.Path(__file__).parents[1]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
# What it builds is in the checkout and has tests of its own.
SLOW = {"build_saved_models": pytest.mark.slow}
# What a script prints and writes; those that are not named train on the synthetic shop, whose best
# possible scores are known, and watch it in TensorBoard.
PRINTS = {
    "own_log": [
        "sessions of fewer than 2 events",
        "GRU4Rec against",
        "Exported: saved_models/own_log/",
        "dev_server saved_models/own_log",
        "TensorBoard: tensorboard --logdir",
    ],
    "export_and_call": ["serving_default", "recommend_unseen", "encode, then step", ":predict"],
}
WRITES = {
    "own_log": ["logs/*/*/train/events*", "saved_models/own_log/*/saved_model.pb"],
    "export_and_call": [],
}


@pytest.mark.parametrize(
    "script",
    [pytest.param(path, id=path.stem, marks=SLOW.get(path.stem, ())) for path in EXAMPLES],
)
def test_example_runs_tiny(script, tmp_path):
    done = subprocess.run(
        [sys.executable, script, "--tiny"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-3000:]
    usual = ["best possible", "TensorBoard: tensorboard --logdir"]
    for text in PRINTS.get(script.stem, usual):
        assert text in done.stdout
    for pattern in WRITES.get(script.stem, ["logs/*/*/**/train/events*"]):
        assert list(tmp_path.glob(pattern)), pattern


def test_there_are_examples():
    assert EXAMPLES


@pytest.fixture
def own_log(tmp_path, monkeypatch):
    """`own_log.py` as one who has visitors, other columns and ISO 8601 times changes it."""
    spec = importlib.util.spec_from_file_location("own_log", ROOT / "examples" / "own_log.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.CLICKS = "visits.csv"
    names = ("visitor", "product", "at")
    module.COLUMNS = dict(zip(module.COLUMNS, names, strict=True))
    module.PAUSE = 1800
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["own_log.py", "--tiny"])
    return module


def write_visits(bad_row=()):
    """A CSV of visitors who come back a day later; `bad_row` comes first."""
    log = ksr.data.synthetic_shop(num_sessions=400, num_items=40, seed=3).log
    with open("visits.csv", "w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["at", "kind", "visitor", "product"])
        rows.writerows([bad_row] if bad_row else [])
        for event in range(log.num_events):
            moment = datetime.datetime.fromtimestamp(int(log.timestamps[event]), datetime.UTC)
            visitor = f"visitor {log.session_of_event[event] // 2}"
            product = log.item_ids[log.item_codes[event]]
            rows.writerow([f"{moment:%Y-%m-%dT%H:%M:%SZ}", "view", visitor, product])


def test_own_log_takes_other_columns_and_visitors(own_log, capsys):
    write_visits()
    own_log.main()
    printed = capsys.readouterr().out
    read = ksr.data.read_clicks("visits.csv", **own_log.COLUMNS)
    sessions = ksr.data.sessionize(read, gap=1800)
    assert sessions.num_sessions > read.num_sessions
    assert f"visits.csv: {sessions!r}" in printed
    assert list(pathlib.Path("saved_models/own_log").glob("*/saved_model.pb"))
    loaded = ksr.models.GRU4Rec.from_preset("own_log")
    assert set(loaded.catalog.item_ids) <= set(read.item_ids)


@pytest.mark.parametrize(
    "row", [["today", "view", "visitor 0", "tea"], ["2024-01-01", "view", "visitor 0", ""]]
)
def test_own_log_names_the_line_of_a_bad_row(own_log, row):
    write_visits(bad_row=row)
    with pytest.raises(ValueError, match=r"`visits\.csv`, line 2, column `(at|product)`"):
        own_log.main()
