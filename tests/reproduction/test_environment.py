"""What a run was made with."""

import json
import platform
import shutil
import subprocess

import numpy as np
import pytest

from keras_sessrec.reproduction import environment as module
from keras_sessrec.reproduction.environment import environment


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
    assert module._commit(file) is None
    git(tmp_path, "init")
    assert module._commit(file) is None, "not tracked"
    git(tmp_path, "add", "a.py")
    git(tmp_path, "commit", "-m", "first")
    commit = module._commit(file)
    assert len(commit) == 40
    file.write_text("2")
    assert module._commit(file) == f"{commit} and changes"


def test_without_git_there_is_no_commit(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "git commit" not in environment()
