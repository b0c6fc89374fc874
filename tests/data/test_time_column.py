import datetime as dt

import numpy as np
import pyarrow as pa
import pytest

from keras_sessrec.data.bad_value import BadValue
from keras_sessrec.data.time_column import TimeColumn

# 2014-04-07T10:51:09Z, by the calendar: 16167 days after 1970 and 10:51:09.
SECONDS = 16_167 * 86_400 + 10 * 3_600 + 51 * 60 + 9


def seconds(*pieces, unit="s"):
    column = TimeColumn(unit)
    for piece in pieces:
        column.append(piece)
    return column.finish()


def test_integer_seconds_stay_integers():
    times = seconds(pa.array([3, 2]), pa.array([2**33 + 1]))
    assert times.dtype == np.int64
    assert times.tolist() == [3, 2, 2**33 + 1]


def test_numbers_in_strings():
    assert seconds(pa.array(["3", "2"])).dtype == np.int64
    mixed = seconds(pa.array(["3"]), pa.array(["1.5", "1e3", "2"]))
    assert mixed.dtype == np.float64
    assert mixed.tolist() == [3.0, 1.5, 1000.0, 2.0]


@pytest.mark.parametrize(("unit", "factor"), [("ms", 10**3), ("us", 10**6), ("ns", 10**9)])
def test_other_units_become_seconds(unit, factor):
    times = seconds(pa.array([SECONDS * factor, SECONDS * factor + factor // 2]), unit=unit)
    assert times.tolist() == [SECONDS, SECONDS + 0.5]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2014-04-07T10:51:09Z", SECONDS),
        ("2014-04-07T10:51:09.277Z", SECONDS + 0.277),
        ("2014-04-07T12:51:09+02:00", SECONDS),
        ("2014-04-07T05:21:09-0530", SECONDS),
        ("2014-04-07T10:51:09", SECONDS),
        ("2014-04-07 10:51:09.5", SECONDS + 0.5),
        ("2014-04-07T10:51", SECONDS - 9),
        ("2014-04-07", 16_167 * 86_400),
        ("20140407T105109Z", SECONDS),
    ],
)
def test_iso_8601(text, expected):
    times = seconds(pa.array([text]))
    assert times.dtype == np.float64
    assert times.tolist() == [expected]


def test_iso_strings_with_and_without_zone_in_one_column():
    texts = ["2014-04-07T10:51:09", "2014-04-07T12:51:09+02:00", "2014-04-07T10:51:09.000001Z"]
    assert seconds(pa.array(texts)).tolist() == [SECONDS, SECONDS, SECONDS + 1e-6]


def test_timestamps_and_dates_ignore_the_unit():
    zone = dt.timezone(dt.timedelta(hours=2))
    aware = pa.array([dt.datetime(2014, 4, 7, 12, 51, 9, tzinfo=zone)], pa.timestamp("ns", "UTC"))
    naive = pa.array([dt.datetime(2014, 4, 7, 10, 51, 9)], pa.timestamp("ms"))
    day = pa.array([dt.date(2014, 4, 7)])
    times = seconds(aware, naive, day, unit="ms")
    assert times.tolist() == [SECONDS, SECONDS, 16_167 * 86_400]


@pytest.mark.parametrize("missing", [pa.array([1, None]), pa.array(["2014-04-07", None])])
def test_a_missing_time_is_an_error_with_its_row(missing):
    with pytest.raises(BadValue, match="Received: nothing") as error:
        seconds(missing)
    assert error.value.row == 1


@pytest.mark.parametrize(
    ("values", "row"),
    [
        (["1", "2", "soon"], 2),
        (["1", "2014-04-07"], 1),
        (["2014-04-07T10:51:09Z", "2014-04-31T10:51:09Z"], 1),
        (["2014-04-07", "2014"], 1),
        (["2014-04-07", "20140407"], 1),
        (["2014-04-07", "now"], 1),
        (["soon", "2014-04-07"], 0),
        (["7/4/2014"], 0),
        ([1.0, float("nan")], 1),
        (["1", "inf"], 1),
        ([True], 0),
    ],
)
def test_an_unreadable_time_is_an_error_with_its_row(values, row):
    with pytest.raises(BadValue, match=r"a time .* was expected") as error:
        seconds(pa.array(values))
    assert error.value.row == row


def test_numbers_and_date_times_do_not_mix_between_pieces():
    with pytest.raises(BadValue, match="all times must be numbers, or all date-times"):
        seconds(pa.array([1]), pa.array([dt.date(2014, 4, 7)]))
    with pytest.raises(BadValue) as error:
        seconds(pa.array(["2014-04-07"]), pa.array(["2014-04-08", "1396867869"]))
    assert error.value.row == 1


def test_unknown_unit():
    with pytest.raises(ValueError, match=r"`time_unit` must be one of .* Received: 'h'"):
        TimeColumn("h")
