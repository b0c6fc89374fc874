"""Folders whose rows are whole or not there."""

import json

import pytest

from keras_sessrec.reproduction.run_folder import RECORD, RunFolder, write_json, write_text

FACTS = {"train": {"sha256": "a"}, "dataset": "shop"}
MADE_WITH = {"recipe": {"epochs": 10, "units": [100]}, "seed": 1}


def filled(folder, key="row"):
    with folder.new_row(key) as path:
        write_json(path / RECORD, {"x": 1, "made_with": MADE_WITH})
    return folder


def test_a_row_appears_at_the_end_of_its_block(tmp_path):
    folder = RunFolder(tmp_path, FACTS)
    with folder.new_row("row") as path:
        write_json(path / RECORD, {"x": 1, "made_with": MADE_WITH})
        assert folder.read("row", MADE_WITH) is None
        assert folder.records() == []
    assert folder.read("row", MADE_WITH)["x"] == 1
    assert folder.model_path("row").parent.is_dir()


def test_nothing_is_left_of_a_row_that_failed(tmp_path):
    folder = RunFolder(tmp_path, FACTS)
    with pytest.raises(RuntimeError, match="diverged"), folder.new_row("row") as path:
        write_json(path / RECORD, {"x": 1, "made_with": MADE_WITH})
        raise RuntimeError("diverged")
    assert list((tmp_path / "rows").iterdir()) == []


def test_what_a_killed_process_left_is_removed(tmp_path):
    folder = RunFolder(tmp_path, FACTS)
    left = tmp_path / "rows" / ".row"
    left.mkdir(parents=True)
    (left / RECORD).write_text("{")
    assert folder.records() == []
    assert filled(folder).read("row", MADE_WITH)["x"] == 1
    assert not left.exists()


def test_other_logs_are_an_error_that_names_them(tmp_path):
    RunFolder(tmp_path, FACTS)
    RunFolder(tmp_path, dict(FACTS))
    with pytest.raises(ValueError, match=r"run of the same train\..*'a'.*'b'.*another folder"):
        RunFolder(tmp_path, {**FACTS, "train": {"sha256": "b"}})


def test_another_recipe_is_an_error_that_names_the_difference(tmp_path):
    folder = filled(RunFolder(tmp_path, FACTS))
    changed = {**MADE_WITH, "recipe": {"epochs": 3, "units": [100]}}
    with pytest.raises(ValueError, match=r"recipe\.epochs is 10 there and 3 here"):
        folder.read("row", changed)


def test_files_are_replaced_and_json_is_strict(tmp_path):
    path = tmp_path / "file.json"
    write_text(path, "old")
    write_json(path, {"a": [1]})
    assert json.loads(path.read_text()) == {"a": [1]}
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(path, float("nan"))
    assert [entry.name for entry in tmp_path.iterdir()] == ["file.json"]
