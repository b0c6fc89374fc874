"""Whatever cannot be written is an error that names it, and costs no earlier file."""

import json
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

PROGRAM = pathlib.Path(__file__).parent / "harness" / "full_disk.py"


def answers(tmp_path, *ways, prefix=()):
    """What the writers of the package do; the program ends well, so none ended it by a signal."""
    child = subprocess.run(
        [*prefix, sys.executable, PROGRAM, tmp_path, *ways],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    return json.loads(child.stdout.splitlines()[-1])


def check(found):
    assert [a for a in found if a["lost"]] == []
    assert [a for a in found if a["left"]] == []
    assert [a for a in found if not a["names it"]] == []


@pytest.mark.parametrize("ways", [["100"], pytest.param(["0", "5000"], marks=pytest.mark.slow)])
def test_a_full_disk(tmp_path, ways):
    found = answers(tmp_path, *ways)
    assert len(found) == 10 * len(ways)
    # The files of a search are smaller than the largest limit.
    written = [a["what"] for a in found if a["kind"] == "NoneType"]
    assert written == ["tuning, 5000"] * ("5000" in ways)
    found = [a for a in found if a["what"] not in written]
    check(found)
    others = {a["what"].split(",")[0] for a in found if a["kind"] != "OSError"}
    assert others == {"bare export"}  # Keras' own, which raises TensorFlow's error


@pytest.mark.slow
def test_a_closed_folder(tmp_path):
    prefix = []
    if os.geteuid() == 0:  # who may write anywhere, unless the program gives that right up
        if not shutil.which("setpriv"):
            pytest.skip("needs setpriv to be run by root")
        prefix = ["setpriv", "--bounding-set=-dac_override"]
    found = answers(tmp_path, "closed", prefix=prefix)
    assert len(found) == 10
    check(found)
    assert {a["kind"] for a in found} <= {"PermissionError", "OSError", "PermissionDeniedError"}


@pytest.mark.slow
def test_a_program_that_could_not_save_ends_as_failed(tmp_path):
    """Nothing is swallowed on the way out: a job that could not write has not succeeded."""
    code = (
        "import pathlib, sys\n"
        "from harness.full_disk import model, without_room\n"
        "path = pathlib.Path(sys.argv[1])\n"
        "with without_room('100', path.parent):\n"
        "    model(1).save(path)\n"
    )
    child = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "a.keras"],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.returncode == 1
    assert "a.keras was not written" in child.stderr.splitlines()[-1]
    assert os.listdir(tmp_path) == []
