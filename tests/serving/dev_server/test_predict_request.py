"""Bodies of predict requests and of their answers."""

import json
import math

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from harness.saved_models import DTYPES
from keras_sessrec.serving.dev_server.answers import RequestError
from keras_sessrec.serving.dev_server.predict_request import (
    json_from_tensor,
    predict,
    tensor_from_json,
)

ROW = {"session": ["tea", ""], "exclude": [""]}
ROWS = [{"session": ["tea", "Käse"], "exclude": ["cup"]}, {"session": ["", "🍵"], "exclude": [""]}]


def body_of(document):
    return document if isinstance(document, bytes) else json.dumps(document).encode()


# === Whole requests ===


def test_the_answer_is_the_signatures_in_the_form_of_the_question(shop, shop_model):
    direct = tf.saved_model.load(shop / "1").signatures["serving_default"]
    columns = {name: [row[name] for row in ROWS] for name in ROW}
    want = {
        n: v.numpy() for n, v in direct(**{n: tf.constant(v) for n, v in columns.items()}).items()
    }
    ids = [[i.decode() for i in row] for row in want["item_ids"]]
    by_column = predict(shop_model, body_of({"inputs": columns}))["outputs"]
    by_row = predict(shop_model, body_of({"instances": ROWS, "ignored": 3}))["predictions"]
    assert by_column.keys() == by_row[0].keys() == {"item_ids", "known", "scores"}
    assert by_column["item_ids"] == [row["item_ids"] for row in by_row] == ids
    assert by_column["known"] == [row["known"] for row in by_row] == [2, 1]
    for scores in (by_column["scores"], [row["scores"] for row in by_row]):
        np.testing.assert_array_equal(np.array(scores, np.float32), want["scores"])


def test_another_signature(shop_model):
    request = {"signature_name": "recommend_unseen", "instances": [ROW]}
    (answer,) = predict(shop_model, body_of(request))["predictions"]
    assert "tea" not in answer["item_ids"]


@pytest.mark.parametrize(
    "document",
    [
        {"instances": [1, 2.5]},
        {"instances": [{"x": 1}, {"x": 2.5}]},
        {"inputs": [1, 2.5]},
        {"inputs": {"x": [1, 2.5]}},
    ],
)
def test_the_only_input_and_output_go_without_a_name(echo_model, document):
    key = "predictions" if "instances" in document else "outputs"
    assert predict(echo_model, body_of(document)) == {key: [2.0, 5.0]}


@pytest.mark.parametrize("name", DTYPES)
def test_dtypes_come_back(echo_model, name):
    dtype = DTYPES[name]
    values = [[dtype.min, dtype.max]] if dtype.is_integer else [[0.1, -1e30]]
    values = [["é", ""]] if dtype == tf.string else values
    for key, answer in (("inputs", "outputs"), ("instances", "predictions")):
        request = {"signature_name": f"echo_{name}", key: values}
        assert predict(echo_model, body_of(request)) == {answer: values}


def test_numbers_that_are_none(echo_model):
    answer = predict(echo_model, body_of({"inputs": [math.nan, math.inf]}))["outputs"]
    assert str(answer) == "[nan, inf]"


SHOP_ERRORS = [
    (b"", "must be JSON"),
    (b"{", "must be JSON"),
    (b'{"instances": [1]} x', "must be JSON"),
    (b'{"instances": [' + b"1" * 5000 + b"]}", "must be JSON"),
    (b'{"instances": ["\xff"]}', "must be JSON in UTF-8"),
    (b'{"instances": ' + b"[" * 100_000, "must be JSON"),
    ([1], "must be a JSON object"),
    (None, "must be a JSON object"),
    ({}, "one of the keys"),
    ({"instances": [ROW], "inputs": ROW}, "one of the keys"),
    ({"instances": [ROW], "signature_name": 1}, "one of .*serving_default.*Received: 1"),
    ({"instances": [ROW], "signature_name": "other"}, 'one of .*Received: "other"'),
    ({"instances": []}, "at least one row"),
    ({"instances": ROW}, "must be a list"),
    ({"instances": ["a"]}, 'Row 0 of "instances" must be an object with the keys'),
    ({"instances": [ROW, {"session": ["a"]}]}, 'Row 1 of "instances"'),
    ({"instances": [ROW, {**ROW, "session": ["a"]}]}, "`session` must be lists of one length"),
    ({"inputs": [["a"]]}, '"inputs" must be an object with the keys'),
    ({"inputs": {"session": [["a"]]}}, '"inputs" must be an object with the keys'),
    ({"inputs": {"session": ["a"], "exclude": [[""]]}}, r"`session` must be of shape \[\?, \?\]"),
    ({"instances": [{**ROW, "session": ["a", 1]}]}, "`session` must hold strings. Received: 1"),
    ({"inputs": {"session": [["a"]] * 2, "exclude": [[""]] * 3}}, "The model refuses the inputs"),
]


@pytest.mark.parametrize(("document", "message"), SHOP_ERRORS)
def test_what_is_refused(shop_model, document, message):
    with pytest.raises(RequestError, match=message) as raised:
        predict(shop_model, body_of(document))
    assert raised.value.status == 400
    assert len(raised.value.message) < 600


def test_the_graphs_own_errors_are_the_clients(echo_model):
    with pytest.raises(RequestError, match="not in") as raised:
        predict(echo_model, body_of({"signature_name": "first_of", "inputs": [7]}))
    assert raised.value.status == 400


# === Tensors ===


def read(value, dtype=tf.string, shape=None):
    return tensor_from_json(value, tf.TensorSpec(shape, dtype), "x")


@pytest.mark.parametrize(
    "value", [1.0, True, "1", None, math.nan, {}, 2**63, -(2**63) - 1, 10**400]
)
def test_integers_are_nothing_else_and_in_range(value):
    with pytest.raises(RequestError, match=r"`x` must hold whole numbers of int64"):
        read([0, value], tf.int64)
    assert read([-(2**63), 2**63 - 1], tf.int64).tolist() == [-(2**63), 2**63 - 1]


@pytest.mark.parametrize("value", [True, "1", None, 10**400])
def test_floats_are_nothing_else(value):
    with pytest.raises(RequestError, match=r"`x` must hold numbers of float32"):
        read([value], tf.float32)
    found = read([1, -2.5, math.inf, math.nan], tf.float32)
    np.testing.assert_array_equal(found, np.array([1, -2.5, np.inf, np.nan], np.float32))


@pytest.mark.parametrize("value", [1, 1.5, True, None, {}, {"b64": "YQ=="}])
def test_strings_are_nothing_else(value):
    with pytest.raises(RequestError, match="`x` must hold strings"):
        read([value])
    assert read(["Käse", "", "a\0b", "\ud800"]).tolist() == ["Käse".encode(), b"", b"a\0b", b"?"]


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        ("a", ()),
        ([], (0,)),
        ([["a", "b"], ["c", "d"]], (2, 2)),
        ([[], []], (2, 0)),
        ([[["a"]], [["b"]]], (2, 1, 1)),
    ],
)
def test_shapes(value, shape):
    found = read(value)
    assert (found.shape, found.dtype) == (shape, object)


@pytest.mark.parametrize(
    "value",
    [[["a", "b"], ["c"]], [["a"], []], [["a"], "b"], ["a", ["b"]], [[["a"]], [["b", "c"]]]],
)
def test_ragged_lists_are_refused(value):
    with pytest.raises(RequestError, match="`x` must be lists of one length: pad"):
        read(value)


@pytest.mark.parametrize("value", ["a", ["a"], [["a", "b"]], [[["a"]]]])
def test_the_shape_must_fit_the_signature(value):
    with pytest.raises(RequestError, match=r"`x` must be of shape \[\?, 3\]"):
        read(value, shape=[None, 3])


def test_long_and_deep_values_are_cut_in_messages():
    deep = "a"
    for _ in range(100):
        deep = [deep]
    for value, dtype in ((["y" * 10_000], tf.int64), (deep, tf.string)):
        with pytest.raises(RequestError) as raised:
            read(value, dtype)
        assert len(raised.value.message) < 300


def test_float32_is_written_short_and_exact():
    values = np.array([0.1, 0.2, 1 / 3, 1e-9, 16777217, np.nan, np.inf, -np.inf], np.float32)
    written = json_from_tensor(values)
    assert written[:2] == [0.1, 0.2]
    np.testing.assert_array_equal(np.array(written, np.float32), values)


def test_strings_are_written_as_text():
    assert json_from_tensor(np.array([b"tea", "Käse".encode()], object)) == ["tea", "Käse"]
    assert json_from_tensor(np.empty((2, 0), object)) == [[], []]


@given(
    npst.arrays(
        st.sampled_from([np.float32, np.int32, np.int64]),
        npst.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
    )
)
def test_what_is_written_is_read_the_same(array):
    text = json.dumps(json_from_tensor(array))
    found = read(json.loads(text), tf.as_dtype(array.dtype))
    # Lists do not tell what is inside an empty one.
    shape = array.shape[: array.shape.index(0) + 1] if 0 in array.shape else array.shape
    np.testing.assert_array_equal(found, array.reshape(shape))
    assert found.dtype == array.dtype


# === Anything ===

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["tea", "cup", "", "\x00", "🍵"])
)
ANY_JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["session", "exclude", "x"]), inner, max_size=3)
    ),
    max_leaves=12,
)
STRINGS = st.lists(st.sampled_from(["tea", "cup", "?", "", "Käse"]) | SCALARS, max_size=4)
NEARLY_RIGHT = st.fixed_dictionaries(
    {},
    optional={
        "signature_name": st.sampled_from(["serving_default", "recommend_unseen", ""]) | SCALARS,
        "instances": st.lists(
            st.fixed_dictionaries({}, optional={"session": STRINGS, "exclude": STRINGS}) | ANY_JSON,
            max_size=3,
        ),
        "inputs": st.fixed_dictionaries(
            {}, optional={"session": st.lists(STRINGS, max_size=3), "exclude": ANY_JSON}
        ),
    },
)
ECHO = st.fixed_dictionaries(
    {
        "signature_name": st.sampled_from(
            [f"echo_{name}" for name in DTYPES] + ["vector_of_three", "two_outputs", "first_of"]
        )
    },
    optional={"instances": ANY_JSON, "inputs": ANY_JSON},
)
BYTES = st.binary(max_size=40) | st.text(max_size=40).map(
    lambda text: text.encode("utf-8", "replace")
)
ANY_CASE = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def check_clean(model, body):
    """An answer that is JSON, or a refusal that blames the client."""
    try:
        answer = predict(model, body)
    except RequestError as error:
        assert error.status == 400
        assert error.message
    else:
        assert json.loads(json.dumps(answer)).keys() <= {"predictions", "outputs"}


@ANY_CASE
@given(document=NEARLY_RIGHT | ANY_JSON | BYTES)
def test_anything_gets_an_answer_or_a_clean_error(shop_model, document):
    check_clean(shop_model, body_of(document))


@ANY_CASE
@given(document=ECHO)
def test_anything_for_any_dtype_gets_an_answer_or_a_clean_error(echo_model, document):
    check_clean(echo_model, body_of(document))
