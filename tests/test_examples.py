"""Every example runs from end to end in its tiny form."""

import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[1]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))


@pytest.mark.parametrize("script", EXAMPLES, ids=lambda path: path.stem)
def test_example_runs_tiny(script, tmp_path):
    done = subprocess.run(
        [sys.executable, script, "--tiny"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "best possible" in done.stdout
    assert "TensorBoard: tensorboard --logdir" in done.stdout
    assert list(tmp_path.glob("logs/*/*/**/train/events*"))


def test_there_are_examples():
    assert EXAMPLES
