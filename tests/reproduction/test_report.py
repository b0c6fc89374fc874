"""The whole report."""

import sys

import pytest

from keras_sessrec.reproduction.report import write_report
from keras_sessrec.reproduction.run_folder import RECORD, RunFolder, write_json

SIZES = {"sessions": 1_234, "events": 9, "items": 3, "pairs": 5, "sha256": "a" * 64}
FACTS = {"dataset": "shop", "train": SIZES, "test": SIZES}


@pytest.fixture
def folder(tmp_path, make_record):
    made = RunFolder(tmp_path, FACTS)
    records = [make_record("net", seed, 0.6, 0.3) for seed in (1, 2)]
    records.append(make_record("POP", 0, 0.1, 0.05, is_baseline=True))
    for record in records:
        with made.new_row(f"{record['row']}-{record['seed']}") as path:
            write_json(path / RECORD, record)
    return tmp_path


def test_numbers_and_words(folder):
    text = write_report(folder).read_text()
    assert text.startswith("# Reproduction on shop\n")
    for expected in ("1,234", "60.00 ± 0.00", "+10.00 (beyond 0.5)", "Somebody, table 1"):
        assert expected in text
    assert "Seeds of the networks: 1, 2." in text
    assert "- net: a few sessions" in text


def test_pictures_that_the_text_shows_are_there(folder):
    pytest.importorskip("matplotlib")
    text = write_report(folder).read_text()
    names = {path.name for path in folder.glob("*.png")}
    assert {"networks.png", "epochs.png", "by_events_read.png"} <= names
    assert all(f"]({name})" in text for name in names)


def test_without_matplotlib_it_says_so(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    text = write_report(folder).read_text()
    assert 'No pictures: pictures need matplotlib. Install it with `pip install "keras_' in text
    assert not list(folder.glob("*.png"))
    assert "60.00 ± 0.00" in text


def test_a_folder_without_a_run_or_a_row(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"has no run\.json"):
        write_report(tmp_path)
    RunFolder(tmp_path, FACTS)
    with pytest.raises(ValueError, match="must have a finished row"):
        write_report(tmp_path)
