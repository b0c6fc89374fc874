"""Cleaning by Apache Beam is cleaning in memory."""

import importlib.util

import numpy as np
import pytest

import keras_sessrec as ksr
from harness.dataset import sessions_of
from keras_sessrec.datasets import clean_with_beam, session_records, to_log

HAS_BEAM = importlib.util.find_spec("apache_beam") is not None
needs_beam = pytest.mark.skipif(
    not HAS_BEAM, reason='needs Apache Beam: pip install ".[test,beam]", an environment of its own'
)


def write(folder, rows, num_files):
    """Rows (session, item, time) scattered over files in turns."""
    files = []
    for number in range(num_files):
        files.append(folder / f"clicks-{number}.csv")
        lines = [",".join(map(str, row)) for row in rows[number::num_files]]
        files[-1].write_text("\n".join(["session_id,item_id,timestamp", *lines]) + "\n")
    return files


def random_rows(seed, num_rows=3000):
    """Rare items, repeats, duplicates, equal times, sessions in several files, long ones."""
    rng = np.random.default_rng(seed)
    sessions = rng.zipf(1.3, num_rows) % 500
    items = rng.zipf(1.4, num_rows) % 200
    times = 1_790_000_000 + rng.integers(0, 40, num_rows)
    return list(zip(sessions.tolist(), items.tolist(), times.tolist(), strict=True))


def in_memory_pieces():
    """Runs in this process: the default may fetch a program from the network."""
    from apache_beam.options.pipeline_options import PipelineOptions

    runner = "apache_beam.runners.portability.fn_api_runner.FnApiRunner"
    return PipelineOptions([f"--runner={runner}"])


def check(files, folder, **rules):
    expected, _ = ksr.data.clean(ksr.data.read_clicks(files), **rules)
    prefix = str(folder / "cleaned")
    clean_with_beam(files, prefix, options=in_memory_pieces(), **rules)
    found = to_log(session_records(prefix))
    assert sessions_of(found) == sessions_of(expected)
    assert found.session_ids.tolist() == expected.session_ids.tolist()
    assert found.session_ids.dtype == expected.session_ids.dtype
    assert found.item_ids.dtype == expected.item_ids.dtype
    return found


@needs_beam
@pytest.mark.parametrize(
    "rules",
    [
        {},
        {"min_session_length": 3, "min_item_support": 20, "max_session_length": 60},
        {"drop_duplicates": True, "drop_immediate_repeats": True},
    ],
    ids=["as published", "other limits", "duplicates and repeats"],
)
def test_it_equals_cleaning_in_memory(tmp_path, rules):
    found = check(write(tmp_path, random_rows(seed=1), num_files=3), tmp_path, **rules)
    assert found.num_sessions > 20


@needs_beam
def test_ids_are_strings_if_one_of_one_file_is(tmp_path):
    rows = [(s, f"{i}" if s < 40 else f"0{i}", t) for s, i, t in random_rows(seed=2, num_rows=800)]
    rows = sorted(rows)  # integers in the first file, strings in the second
    half = len(rows) // 2
    files = []
    for name, part in (("a", rows[:half]), ("b", rows[half:])):
        (tmp_path / name).mkdir()
        files += write(tmp_path / name, part, num_files=1)
    found = check(files, tmp_path)
    assert found.item_ids.dtype == object


@needs_beam
def test_nothing_left_is_an_error_of_the_reader(tmp_path):
    files = write(tmp_path, [(1, 1, 1), (2, 2, 2)], num_files=1)
    clean_with_beam(files, str(tmp_path / "none"), options=in_memory_pieces())
    with pytest.raises(ValueError, match="`prefix` must be that of files with sessions"):
        session_records(str(tmp_path / "none"))


@needs_beam
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"paths": "clicks.csv"}, "`paths` must be a list"),
        ({"paths": []}, "`paths` must be a list"),
        ({"min_session_length": 0}, "`min_session_length` must be at least 1"),
        ({"min_item_support": 0}, "`min_item_support` must be at least 1"),
        ({"max_session_length": 0}, "`max_session_length` must be at least 1"),
    ],
)
def test_mistakes_are_named_before_the_pipeline_runs(changes, message):
    with pytest.raises(ValueError, match=message):
        clean_with_beam(**{"paths": ["clicks.csv"], "output": "x", **changes})


@pytest.mark.skipif(HAS_BEAM, reason="Apache Beam is installed")
def test_a_missing_beam_is_named():
    with pytest.raises(ImportError, match=r"keras_sessrec\[beam\]"):
        clean_with_beam(["clicks.csv"], "cleaned")
