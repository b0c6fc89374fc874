"""What a run was made with."""

import dataclasses
import json
import platform
import shutil
import subprocess

import numpy as np
import pytest

import keras_sessrec as ksr
from keras_sessrec.reproduction import provenance
from keras_sessrec.reproduction.provenance import (
    environment,
    features_digest,
    log_facts,
    recipe_data,
    trained_data,
)


def test_versions_and_machine():
    found = json.loads(json.dumps(environment()))
    assert found["python"] == platform.python_version()
    assert found["numpy"] == np.__version__
    assert found["cores"] >= 1
    assert found["processor"]
    assert found["date"].endswith("UTC")


def git(folder, *arguments):
    identity = ["-c", "user.name=n", "-c", "user.email=e@example.org"]
    subprocess.run(["git", "-C", folder, *identity, *arguments], check=True, capture_output=True)


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_the_commit_is_that_of_the_files_own_checkout(tmp_path):
    file = tmp_path / "a.py"
    file.write_text("1")
    assert provenance._commit(file) is None
    git(tmp_path, "init")
    assert provenance._commit(file) is None, "not tracked"
    git(tmp_path, "add", "a.py")
    git(tmp_path, "commit", "-m", "first")
    commit = provenance._commit(file)
    assert len(commit) == 40
    file.write_text("2")
    assert provenance._commit(file) == f"{commit} and changes"


def test_without_git_there_is_no_commit(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "git commit" not in environment()


def test_sizes(logs):
    train, _ = logs
    facts = log_facts(train)
    assert facts["items"] == len(set(train.item_codes.tolist())) < len(train.item_ids)
    assert facts["pairs"] == (train.lengths - 1).sum()


@pytest.mark.parametrize("name", ["item_codes", "timestamps", "session_ids", "item_ids"])
def test_any_change_of_a_log_is_seen(name, logs):
    train, _ = logs
    same = dataclasses.replace(train, **{name: getattr(train, name).copy()})
    assert log_facts(same) == log_facts(train)
    values = getattr(train, name).copy()
    values[-1] = "other" if values.dtype == object else values[-1] + 1
    other = dataclasses.replace(train, **{name: values})
    assert log_facts(other)["sha256"] != log_facts(train)["sha256"]


def test_features_are_told_apart():
    catalog = ksr.Catalog(["tea", "cup"])
    table = np.array([[1.0, 0.0], [0.5, 2.0]])
    digests = [
        features_digest(catalog.with_features("f", t).features["f"])
        for t in (table, table.copy(), table + 1)
    ]
    assert digests[0] == digests[1] != digests[2]
    sparse = ksr.ItemFeatures.sparse([0, 1, 2], [0, 1], [1.0, 2.0], 2)
    other = ksr.ItemFeatures.sparse([0, 1, 2], [0, 1], [1.0, 3.0], 2)
    assert features_digest(sparse) != features_digest(other)


def test_words_of_a_recipe_do_not_count():
    recipe = ksr.recipes.get("tan_m2_100")
    words = dataclasses.replace(recipe, notes="better words", expects=())
    assert trained_data(words) == trained_data(recipe)
    assert recipe_data(words) != recipe_data(recipe)
    start = dataclasses.replace(recipe.start, epochs=7)
    assert trained_data(dataclasses.replace(recipe, start=start)) != trained_data(recipe)
