"""A bar that only those see who wait."""

import sys

import pytest

import keras_sessrec as ksr
from keras_sessrec.ops import progress
from keras_sessrec.ops.progress import progress_bar


def printed(capsys, monkeypatch, verbose, seconds=(), in_terminal=True, total=30):
    """What is written by work of so many steps of ten units, which take the given seconds each."""
    now = [1000.0]
    monkeypatch.setattr("tqdm.std.time", lambda: now[0])
    monkeypatch.setattr(sys.stderr, "isatty", lambda: in_terminal, raising=False)
    with progress_bar("Counting", total, "sheep", verbose) as bar:
        for taken in seconds:
            now[0] += taken
            bar.update(10)
    out, err = capsys.readouterr()
    assert out == ""
    return err


def test_what_is_done_in_two_seconds_shows_nothing(capsys, monkeypatch):
    assert printed(capsys, monkeypatch, "auto", [0.6, 0.6, 0.6]) == ""


@pytest.mark.parametrize("verbose", ["auto", 1])
def test_what_takes_longer_says_what_it_is_and_how_far(capsys, monkeypatch, verbose):
    text = printed(capsys, monkeypatch, verbose, [1.5, 1.5, 1.5])
    assert "Counting:  67%" in text and "20.0/30.0" in text
    assert "Counting: 100%" in text and "sheep/s" in text


def test_without_a_total_it_counts(capsys, monkeypatch):
    text = printed(capsys, monkeypatch, "auto", [1.5, 1.5, 1.5], total=None)
    assert "Counting: 30.0 sheep [00:04" in text and "%" not in text


def test_zero_is_silence(capsys, monkeypatch):
    assert printed(capsys, monkeypatch, 0, [10, 10, 10]) == ""


@pytest.mark.parametrize("seconds", [[0.1, 0.1, 0.1], [50, 50, 50]])
def test_two_is_one_line_at_the_end(capsys, monkeypatch, seconds):
    text = printed(capsys, monkeypatch, 2, seconds)
    assert text.count("\n") == 1 and "100%" in text.split("\r")[-1]
    assert text.count("Counting") == 2  # the line's beginning, which its end overwrites


def test_in_a_file_lines_are_rare(capsys, monkeypatch):
    steps = [1.0] * 300
    often = printed(capsys, monkeypatch, 1, steps, total=3000)
    rare = printed(capsys, monkeypatch, 1, steps, in_terminal=False, total=3000)
    assert often.count("Counting") > 200
    assert rare.count("Counting") <= 1 + 300 / progress.IN_FILES


def test_other_numbers_are_refused():
    with pytest.raises(ValueError, match="`verbose` must be 'auto'"):
        progress_bar("Counting", verbose=3)


@pytest.fixture(scope="module")
def world():
    log = ksr.data.synthetic_shop(num_items=30, num_sessions=100, seed=1).log
    catalog = ksr.Catalog.from_log(log)
    return log, catalog, ksr.baselines.Popularity().fit(log, catalog)


def read(world, folder, verbose):
    (folder / "clicks.csv").write_text("session_id,item_id,timestamp\n1,tea,0\n1,cup,9\n")
    ksr.data.read_clicks(folder / "clicks.csv", verbose=verbose)
    return "Reading clicks: 2.00 click"


def clean(world, folder, verbose):
    ksr.data.clean(world[0], verbose=verbose)
    return "Cleaning: 3.00 rule"


def evaluate(world, folder, verbose):
    cases = ksr.evaluate(world[2], world[0], verbose=verbose).num_cases
    return f"Evaluating Popularity: 100%|██████████| {cases}/{cases}"


def fit_bpr_mf(world, folder, verbose):
    log, catalog, _ = world
    ksr.baselines.BPRMF(4, epochs=2, verbose=verbose).fit(log, catalog)
    events = 2 * log.num_events
    return f"Fitting BPRMF: 100%|██████████| {events}/{events}"


def write_labels(world, folder, verbose):
    log, catalog, scorer = world
    ksr.SoftLabels.write(folder / "labels", scorer, log, catalog, 5, verbose=verbose)
    pairs = log.num_events - log.num_sessions
    return f"Writing soft labels: 100%|██████████| {pairs}/{pairs}"


def export(world, folder, verbose):
    model = ksr.models.GRU4Rec(world[1], units=[4], seed=1)
    with pytest.warns(UserWarning, match="was never trained"):
        ksr.serving.export(model, folder / "shop", verbose=verbose)
    return "shop: 100%|██████████| 3.00/3.00"


@pytest.mark.parametrize("work", [read, clean, evaluate, fit_bpr_mf, write_labels, export])
def test_long_work_has_a_bar_that_reaches_its_end(world, tmp_path, capsys, work):
    end = work(world, tmp_path, verbose=2)
    assert end in capsys.readouterr().err


@pytest.mark.parametrize("work", [read, evaluate])
def test_or_none(world, tmp_path, capsys, work):
    work(world, tmp_path, verbose=0)
    assert capsys.readouterr().err == ""
