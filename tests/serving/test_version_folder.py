"""Version folders that appear complete or not at all."""

import datetime
import os
import subprocess
import sys
import threading

import numpy as np
import pytest

from keras_sessrec.serving.version_folder import choose_version, new_version_folder


def test_the_default_is_the_time_in_utc(tmp_path):
    before = datetime.datetime.now(datetime.UTC)
    version = choose_version(tmp_path / "missing")
    after = datetime.datetime.now(datetime.UTC)
    assert int(f"{before:%Y%m%d%H%M}") <= version <= int(f"{after:%Y%m%d%H%M}")


def test_the_default_is_above_what_is_there(tmp_path):
    for name in ("3", "999912312359", "notes", ".exporting-x", "12b", "²"):
        (tmp_path / name).mkdir()
    assert choose_version(tmp_path) == 999912312360


def test_a_version_of_ones_own(tmp_path):
    assert choose_version(tmp_path, 4) == 4
    assert type(choose_version(tmp_path, np.int64(4))) is int
    (tmp_path / "4").mkdir()
    with pytest.raises(FileExistsError, match=r"`version` 4 exists.*never changed"):
        choose_version(tmp_path, 4)


@pytest.mark.parametrize("version", [0, -1, 2**63, "7", 1.0, True])
def test_a_version_is_a_positive_integer(version, tmp_path):
    with pytest.raises(ValueError, match=r"`version` must be an integer from 1.*Received"):
        choose_version(tmp_path, version)


def test_a_file_in_its_place(tmp_path):
    (tmp_path / "model").write_text("")
    for path in (tmp_path / "model", tmp_path / "model" / "shop"):
        with pytest.raises(NotADirectoryError, match=r"`path` must be a folder.*model is a file"):
            choose_version(path)


def test_nothing_is_seen_before_the_end(tmp_path):
    path = tmp_path / "models" / "shop"
    with new_version_folder(path, 5) as folder:
        (folder / "saved_model.pb").write_text("graph")
        assert [name for name in os.listdir(path) if name.isdigit()] == []
    assert os.listdir(path) == ["5"]
    assert (path / "5" / "saved_model.pb").read_text() == "graph"


def test_others_may_read_it(tmp_path):
    os.umask(mask := os.umask(0))
    with new_version_folder(tmp_path, 1):
        pass
    assert (tmp_path / "1").stat().st_mode & 0o777 == 0o777 & ~mask


def test_an_error_leaves_nothing(tmp_path):
    with pytest.raises(KeyError), new_version_folder(tmp_path, 1) as folder:
        (folder / "half").write_text("")
        raise KeyError
    assert os.listdir(tmp_path) == []


def test_of_two_at_a_time_one_wins(tmp_path):
    together = threading.Barrier(2)
    errors = []

    def make(text):
        try:
            with new_version_folder(tmp_path, 1) as folder:
                (folder / "a").write_text(text)
                together.wait()
        except FileExistsError as error:
            errors.append(error)

    threads = [threading.Thread(target=make, args=[text]) for text in "xy"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(errors) == 1 and "`version` 1" in str(errors[0])
    assert os.listdir(tmp_path) == ["1"] and (tmp_path / "1" / "a").read_text() in "xy"


def test_what_a_killed_export_left_is_removed_by_the_next_one(tmp_path):
    code = (
        "import os, signal, sys\n"
        "from keras_sessrec.serving.version_folder import new_version_folder\n"
        "with new_version_folder(sys.argv[1], 1) as folder:\n"
        "    (folder / 'half').write_text('x')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", code, tmp_path], env=environment)
    (left,) = tmp_path.iterdir()
    assert left.name.startswith(".exporting-")
    with new_version_folder(tmp_path, 2) as folder:
        assert not left.exists()
        with new_version_folder(tmp_path, 3):
            assert folder.exists(), "of a process that runs"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["2", "3"]
