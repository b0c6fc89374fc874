import numpy as np
import pandas as pd
import pytest

from keras_sessrec.data.frames import from_frame
from keras_sessrec.data.session_gaps import sessionize


def log_of(rows):
    return from_frame(pd.DataFrame(rows, columns=["session_id", "item_id", "timestamp"]))


def test_a_pause_longer_than_the_gap_begins_a_session():
    log = log_of([("u", 1, 0), ("u", 2, 60), ("u", 3, 121), ("v", 4, 61), ("v", 5, 500)])
    cut = sessionize(log, gap=60)
    assert cut.session_ids.tolist() == ["u@0", "v@61", "u@121", "v@500"]
    assert cut.item_ids[cut.item_codes].tolist() == [1, 2, 4, 3, 5]
    assert cut.lengths.tolist() == [2, 1, 1, 1]


def test_integer_visitors_and_fractional_times():
    cut = sessionize(log_of([(7, 1, 0.5), (7, 1, 10.25)]), gap=9.5)
    assert cut.session_ids.tolist() == ["7@0.5", "7@10.25"]
    assert cut.session_ids.dtype == object


def test_no_pause_keeps_the_sessions():
    log = log_of([(1, 1, 0), (1, 2, 5), (2, 1, 3)])
    cut = sessionize(log, gap=5)
    assert cut.offsets.tolist() == log.offsets.tolist()
    assert cut.session_ids.tolist() == ["1@0", "2@3"]


def test_against_pandas():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "session_id": rng.integers(0, 20, 500),
            "item_id": rng.integers(0, 9, 500),
            "timestamp": rng.permutation(5_000)[:500],
        }
    )
    cut = sessionize(from_frame(frame), gap=100)
    ordered = frame.sort_values(["session_id", "timestamp"])
    pause = ordered.groupby("session_id")["timestamp"].diff()
    number = (pause.isna() | (pause > 100)).cumsum()
    groups = ordered.groupby(number.to_numpy())
    expected = sorted((g["timestamp"].iloc[0], g["item_id"].tolist()) for _, g in groups)
    items = cut.item_ids[cut.item_codes]
    found = [
        (cut.timestamps[a], items[a:b].tolist())
        for a, b in zip(cut.offsets[:-1], cut.offsets[1:], strict=True)
    ]
    assert found == expected


@pytest.mark.parametrize("gap", [0, -1, float("nan")])
def test_gap_must_be_positive(gap):
    with pytest.raises(ValueError, match="`gap` must be a positive number of seconds"):
        sessionize(log_of([(1, 1, 0)]), gap)


@pytest.mark.parametrize("gap", ["1800", None])
def test_a_gap_that_is_no_number_is_refused(gap):
    with pytest.raises(ValueError, match=f"positive number of seconds. Received: {gap!r}"):
        sessionize(log_of([(1, 1, 0)]), gap)
