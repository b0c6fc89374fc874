import sys

import numpy as np
import pandas as pd
import pytest

from keras_sessrec.data.frames import from_frame


def frame_of(items, times=None, sessions=None):
    count = len(items)
    return pd.DataFrame(
        {
            "session_id": [1] * count if sessions is None else sessions,
            "item_id": items,
            "timestamp": range(count) if times is None else times,
        }
    )


def items_of(log):
    return log.item_ids[log.item_codes].tolist()


def test_rows_in_any_order_and_the_frame_stays_as_it_is():
    frame = frame_of(["b", "a", "c"], times=[5, 1, 3], sessions=[2, 2, 1])
    before = frame.copy()
    log = from_frame(frame)
    assert items_of(log) == ["a", "b", "c"]
    assert log.session_ids.tolist() == [2, 1]
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        (np.array([3, 4], np.uint8), [3, 4]),
        (pd.Categorical(["x", "y"]), ["x", "y"]),
        (pd.array([3, 4], dtype="Int64"), [3, 4]),
        (np.array(["x", "y"], dtype=object), ["x", "y"]),
        (np.array([3.0, 4.0]), [3, 4]),
        (np.array(["3", "4"], dtype=object), [3, 4]),
        (np.array([3, "y"], dtype=object), ["3", "y"]),
    ],
)
def test_item_ids_of_any_pandas_type(items, expected):
    assert items_of(from_frame(frame_of(items))) == expected


@pytest.mark.parametrize(
    "times",
    [
        pd.to_datetime(["2014-04-07T10:51:09", "2014-04-07T10:51:10"]),
        pd.to_datetime(["2014-04-07T12:51:09+02:00", "2014-04-07T12:51:10+02:00"]),
        ["2014-04-07T10:51:09Z", "2014-04-07T10:51:10Z"],
    ],
)
def test_date_times(times):
    first = 16_167 * 86_400 + 39_069
    assert from_frame(frame_of(["a", "b"], times)).timestamps.tolist() == [first, first + 1]


def test_pieces_are_one_log(monkeypatch):
    monkeypatch.setattr(sys.modules["keras_sessrec.data.frames"], "_PIECE_ROWS", 3)
    frame = frame_of([*"abcdefgh"], times=range(8, 0, -1))
    assert items_of(from_frame(frame)) == [*"hgfedcba"]
    frame.loc[7, "item_id"] = None
    with pytest.raises(ValueError, match=r"`frame`, row 7 \(from 0\), column `item_id`"):
        from_frame(frame)


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (frame_of(["a", None]), r"row 1 \(from 0\), column `item_id`: an id was expected"),
        (frame_of([1.0, np.nan]), r"row 1 \(from 0\), column `item_id`: an id was expected"),
        (frame_of([1.0, 1.5]), r"row 1 \(from 0\), column `item_id`: ids must be"),
        (frame_of([1, None, "a"]), r"row 1 \(from 0\), column `item_id`: an id was expected"),
        (frame_of([(1,), "a"]), r"column `item_id`: values of one type"),
        (frame_of([1, b"\x80"]), r"`frame`, column `item_id`: values of one type.*can't decode"),
        (frame_of(["a", "b"], [1.0, np.nan]), r"row 1 \(from 0\), column `timestamp`: a time"),
        (frame_of(["a", "b"], pd.to_datetime(["2014", None])), r"row 1 .*`timestamp`: a time"),
        (frame_of(["a", "b"], ["1", "x"]), r"row 1 .*`timestamp`: a time .* Received: 'x'"),
        (frame_of([2**70]), "`frame`, column `item_id`: values of one type.*too large"),
        (frame_of([]), "`frame`: at least one event was expected"),
        (frame_of(["a"]).drop(columns="item_id"), "`frame`: column `item_id` is not there"),
    ],
)
def test_bad_frames(frame, message):
    with pytest.raises(ValueError, match=message):
        from_frame(frame)


def test_something_else_than_a_frame():
    with pytest.raises(TypeError, match=r"must be a pandas\.DataFrame. Received: dict"):
        from_frame({"session_id": [1]})
    with pytest.raises(TypeError, match=r"Received: str. Read a file by `ksr.data.read_clicks"):
        from_frame("clicks.csv")


def test_columns_without_names():
    frame = pd.DataFrame([[1, 10, 5], [1, 11, 6]])
    log = from_frame(frame, session_column=0, item_column=1, time_column=2)
    assert items_of(log) == [10, 11]
    with pytest.raises(ValueError, match=r"column `7` is not there. Received columns: \['0', '1'"):
        from_frame(frame, session_column=7, item_column=1, time_column=2)
