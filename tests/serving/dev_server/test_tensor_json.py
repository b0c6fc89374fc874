"""Tensors from JSON values and back."""

import json
import math

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from keras_sessrec.serving.dev_server.answers import RequestError
from keras_sessrec.serving.dev_server.tensor_json import json_from_tensor, tensor_from_json

INTEGERS = [tf.int8, tf.int16, tf.int32, tf.int64, tf.uint8, tf.uint16, tf.uint32, tf.uint64]


def read(value, dtype=tf.string, shape=None):
    return tensor_from_json(value, tf.TensorSpec(shape, dtype), "x")


@pytest.mark.parametrize("dtype", INTEGERS, ids=lambda d: d.name)
def test_integers_of_the_whole_range(dtype):
    values = [dtype.min, 0, 1, dtype.max]
    found = read(values, dtype)
    assert found.dtype == dtype.as_numpy_dtype
    assert found.tolist() == values


@pytest.mark.parametrize("dtype", INTEGERS, ids=lambda d: d.name)
@pytest.mark.parametrize("value", [1.0, 1.5, True, "1", None, {"b64": "MQ=="}, math.nan, {}])
def test_integers_are_nothing_else(dtype, value):
    with pytest.raises(RequestError, match=r"`x` must hold a whole number"):
        read([0, value], dtype)


@pytest.mark.parametrize("dtype", INTEGERS, ids=lambda d: d.name)
def test_integers_out_of_range_are_refused(dtype):
    for value in (dtype.min - 1, dtype.max + 1, 10**400):
        with pytest.raises(RequestError, match=r"whole number"):
            read([value], dtype)


@pytest.mark.parametrize("dtype", [tf.float32, tf.float64], ids=lambda d: d.name)
def test_floats_take_all_numbers(dtype):
    found = read([1, -2.5, 1e-3, math.inf, -math.inf, math.nan], dtype)
    assert found.dtype == dtype.as_numpy_dtype
    np.testing.assert_array_equal(
        found, np.array([1, -2.5, 1e-3, np.inf, -np.inf, np.nan], found.dtype)
    )


@pytest.mark.parametrize("value", [True, "1", None, {"b64": "MQ=="}, 10**400, 1e39, -1e39])
def test_floats_are_nothing_else_and_never_become_infinite(value):
    with pytest.raises(RequestError, match=r"`x` must hold a number of float32"):
        read([value], tf.float32)


def test_booleans():
    assert read([[True], [False]], tf.bool).tolist() == [[True], [False]]
    for value in (0, 1, "true", None):
        with pytest.raises(RequestError, match="true or false"):
            read([value], tf.bool)


def test_strings_are_text_or_base64():
    found = read(["Käse", {"b64": "AP8="}, "", "a\0b"])
    assert found.tolist() == ["Käse".encode(), b"\x00\xff", b"", b"a\0b"]


@pytest.mark.parametrize("value", [1, 1.5, True, None, {}, {"b64": 1}, {"b64": "", "c": 1}])
def test_strings_are_nothing_else(value):
    with pytest.raises(RequestError, match="a string or"):
        read([value])


@pytest.mark.parametrize("text", ["A", "A===", "!!!!", "QQ=", "ä"])
def test_base64_must_be_whole(text):
    with pytest.raises(RequestError, match="not base64"):
        read([{"b64": text}])


def test_half_a_surrogate_pair_is_refused():
    with pytest.raises(RequestError, match="surrogate"):
        read([json.loads(r'"\ud800"')])


def test_dtypes_without_json():
    for dtype in (tf.float16, tf.bfloat16, tf.complex64, tf.qint8, tf.variant):
        with pytest.raises(RequestError, match="no form in JSON") as raised:
            read([1], dtype)
        assert raised.value.http_status == 501


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        ("a", ()),
        ([], (0,)),
        (["a"], (1,)),
        ([["a", "b"], ["c", "d"]], (2, 2)),
        ([[], []], (2, 0)),
        ([[["a"]], [["b"]]], (2, 1, 1)),
    ],
)
def test_shapes(value, shape):
    found = read(value)
    assert found.shape == shape
    assert found.dtype == object


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([["a", "b"], ["c"]], "2 values in row 0 and 1 in row 1"),
        ([["a"], []], "1 values in row 0 and 0 in row 1"),
        ([[], ["a"]], "0 values in row 0 and 1 in row 1"),
        ([["a"], "b"], "1 values in row 0 and 'b' in row 1"),
        (["a", ["b"]], "nested evenly"),
        ([["a", ["b"]]], "nested evenly"),
        ([[["a"]], [["b", "c"]]], "1 values in row 0 and 2 in row 1"),
    ],
)
def test_ragged_lists_are_refused(value, message):
    with pytest.raises(RequestError, match=message):
        read(value)


def test_deep_lists_are_refused():
    value = "a"
    for _ in range(40):
        value = [value]
    with pytest.raises(RequestError, match="deeper than 32"):
        read(value)


@pytest.mark.parametrize("value", ["a", ["a"], [["a", "b"]], [[["a"]]]])
def test_the_shape_must_fit_the_signature(value):
    with pytest.raises(RequestError, match=r"`x` must be of shape \[\?, 3\]"):
        read(value, shape=[None, 3])


def test_a_long_value_is_cut_in_messages():
    with pytest.raises(RequestError) as raised:
        read(["y" * 10_000], tf.int64)
    assert len(raised.value.message) < 300


def test_float32_is_written_short_and_exact():
    values = np.array([0.1, 0.2, 1 / 3, 1e-9, 16777217, np.nan, np.inf, -np.inf], np.float32)
    written = json_from_tensor(values, "y")
    assert written[:2] == [0.1, 0.2]
    np.testing.assert_array_equal(np.array(written, np.float32), values)


def test_strings_out():
    values = np.array([b"tea", "Käse".encode()], object)
    assert json_from_tensor(values, "y") == ["tea", "Käse"]
    assert json_from_tensor(values[:1], "y_bytes") == [{"b64": "dGVh"}]
    assert json_from_tensor(np.array([b"\xff"], object), "y") == ["\ufffd"]
    assert json_from_tensor(np.empty((2, 0), object), "y") == [[], []]


def test_output_dtypes_without_json():
    for dtype in (np.float16, np.complex64):
        with pytest.raises(RequestError, match="no form in JSON"):
            json_from_tensor(np.zeros(2, dtype), "y")


@given(
    npst.arrays(
        st.sampled_from([np.float32, np.float64, np.int8, np.int64, np.uint64, np.bool_]),
        npst.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
    )
)
def test_what_is_written_is_read_the_same(array):
    text = json.dumps(json_from_tensor(array, "y"))
    found = read(json.loads(text), tf.as_dtype(array.dtype))
    # Lists do not tell what is inside an empty one.
    shape = array.shape[: array.shape.index(0) + 1] if 0 in array.shape else array.shape
    np.testing.assert_array_equal(found, array.reshape(shape))
    assert found.dtype == array.dtype


@given(st.lists(st.binary(max_size=6), max_size=5))
def test_bytes_that_are_written_are_read_the_same(values):
    array = np.empty(len(values), object)
    array[:] = values
    assert read(json_from_tensor(array, "y_bytes")).tolist() == values
