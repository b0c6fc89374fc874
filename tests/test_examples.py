"""Every example runs from end to end in its tiny form; by default one of each family does."""

import csv
import datetime
import os
import pathlib
import runpy
import subprocess
import sys

import pytest

import keras_sessrec as ksr
from harness.model import train_without_xla

ROOT = pathlib.Path(__file__).parents[1]
EXAMPLES = sorted(path.stem for path in (ROOT / "examples").glob("*.py"))
# Pictures need a convolutional network, which has tests of its own; the README has Tan's models.
FAMILIES = {
    "quickstart": [],
    "parallel_rnn": ["--views", "text"],
    "export_and_call": [],
}
# What a script prints and writes; those that are not named train on the synthetic shop, whose best
# possible scores are known, and watch it in TensorBoard.
PRINTS = {
    "own_log": [
        "sessions of fewer than 2 events",
        "GRU4Rec against",
        "Exported: saved_models/own_log/",
        "dev_server saved_models/own_log",
        " -m tensorboard.main --logdir",
    ],
    "export_and_call": ["serving_default", "recommend_unseen", "encode, then step", ":predict"],
}
WRITES = {
    "own_log": ["logs/*/*/train/events*", "saved_models/own_log/*/saved_model.pb"],
    "export_and_call": [],
}


def assert_runs(name, folder, monkeypatch, capsys, *arguments):
    train_without_xla(monkeypatch)
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", [f"{name}.py", "--tiny", *arguments])
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))  # for processes that it starts
    runpy.run_path(str(ROOT / "examples" / f"{name}.py"), run_name="__main__")
    printed = capsys.readouterr().out
    usual = ["best possible", " -m tensorboard.main --logdir"]
    for text in PRINTS.get(name, usual):
        assert text in printed
    for pattern in WRITES.get(name, ["logs/*/*/**/train/events*"]):
        assert list(folder.glob(pattern)), pattern


@pytest.mark.parametrize("name", FAMILIES)
def test_one_example_of_each_family_runs(name, tmp_path, monkeypatch, capsys):
    assert_runs(name, tmp_path, monkeypatch, capsys, *FAMILIES[name])


@pytest.mark.slow
@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_runs(name, tmp_path, monkeypatch, capsys):
    assert_runs(name, tmp_path, monkeypatch, capsys)


@pytest.mark.slow
def test_an_example_says_nothing_but_its_own_words(tmp_path):
    """TensorFlow writes notes on processors and drivers, most of them at no known level."""
    environment = {n: v for n, v in os.environ.items() if n != "TF_CPP_MIN_LOG_LEVEL"}
    environment["PYTHONPATH"] = str(ROOT)
    example = str(ROOT / "examples" / "export_and_call.py")
    options = {"cwd": tmp_path, "env": environment, "capture_output": True, "text": True}
    done = subprocess.run([sys.executable, example], **options, check=False)
    assert done.returncode == 0 and done.stderr == ""


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_test_is_looked_at_by_evaluate_alone(name):
    """Validation and early stopping have a split of the training log."""
    lines = (ROOT / "examples" / f"{name}.py").read_text().splitlines()
    for line in lines:
        if "validation_data" in line or "whole_sessions" in line:
            assert "test" not in line


@pytest.fixture
def own_log(tmp_path, monkeypatch):
    """Runs `own_log.py` as one does who has visitors, other columns and ISO 8601 times."""
    train_without_xla(monkeypatch)
    monkeypatch.chdir(tmp_path)
    words = "visits.csv --session visitor --item product --time at --pause 1800 --tiny"
    monkeypatch.setattr(sys, "argv", ["own_log.py", *words.split()])
    return lambda: runpy.run_path(str(ROOT / "examples" / "own_log.py"), run_name="__main__")


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
    own_log()
    printed = capsys.readouterr().out
    read = ksr.data.read_clicks("visits.csv", "visitor", "product", "at")
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
        own_log()
