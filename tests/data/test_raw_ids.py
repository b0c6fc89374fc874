"""Raw ids as arrays: one rule for everything."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import tensorflow as tf

import keras_sessrec as ksr
from keras_sessrec.data.raw_ids import as_id_array, as_integer, read_ids


def test_integers_and_strings():
    np.testing.assert_array_equal(as_id_array(np.array([3, 1], np.int32)), [3, 1])
    assert as_id_array(iter([2**62])).dtype == np.int64
    assert as_id_array(np.array(["a", "b"])).tolist() == ["a", "b"]


@pytest.mark.parametrize(
    ("ids", "read"),
    [
        ([6.0, np.float32(7)], [6, 7]),
        ([np.int32(6), 7], [6, 7]),
        (np.array([6.0, 7.0]), [6, 7]),
        (pd.Series([6, np.nan]), [6, None]),
        (pd.Series([6, None], dtype="Int64"), [6, None]),
        (pa.array([6, 7]), [6, 7]),
        (tf.constant([6, 7]), [6, 7]),
        ([tf.constant(6)], [6]),
        (tf.constant(["tea"]), ["tea"]),
        (np.array([b"tea"]), ["tea"]),
        ([b"tea", " cup ", np.str_("pot")], ["tea", " cup ", "pot"]),
        ([2**70], [2**70]),
        ((i for i in "ab"), ["a", "b"]),
        ([], []),
    ],
)
def test_what_is_taken(ids, read):
    assert read_ids(ids).tolist() == read


@pytest.mark.parametrize("value", [True, 2.5, [1], (1, 2), {}, object(), float("inf")])
def test_the_rest_is_an_error(value):
    with pytest.raises(
        ValueError, match=r"`exclude` must hold integers or strings. Received: .*type"
    ):
        read_ids([value], "exclude")


@pytest.mark.parametrize("value", ["tea", b"tea", 5, None, {"tea": 1}, np.eye(2), tf.constant(5)])
def test_no_sequence_of_ids(value):
    with pytest.raises(TypeError, match=r"`exclude` must be a .*sequence of ids. Received"):
        read_ids(value, "exclude")


@pytest.mark.parametrize("gaps", [[None], ["a", float("nan")], [5, ""]])
def test_gaps_are_errors(gaps):
    with pytest.raises(ValueError, match=f"`item_ids` must all be there.*place {len(gaps) - 1}"):
        as_id_array(gaps)


def test_mixed_ids_are_strings_as_in_files():
    frame = pd.DataFrame(
        {"session_id": [1, 1, 1], "item_id": [5, "a", b"cup"], "timestamp": [1, 2, 3]}
    )
    for ids in (as_id_array([5, "a", b"cup"]), ksr.data.from_frame(frame).item_ids):
        assert ids.tolist() == ["5", "a", "cup"]


def test_too_large_integers_are_errors():
    with pytest.raises(ValueError, match="64 bits"):
        as_id_array([2**63])


@pytest.mark.parametrize(
    ("given", "read"),
    [(5, 5), ("5", 5), ("-5", -5), ("05", None), ("5.0", 5), ("5.5", None), (None, None)],
)
def test_decimal_strings_are_integers(given, read):
    assert as_integer(given) == read


def test_half_of_a_surrogate_pair_is_no_id():
    with pytest.raises(ValueError, match=r"`item_ids` must hold strings that UTF-8.*'a\\udc80'"):
        read_ids(["tea", None, "a\udc80", 3])
