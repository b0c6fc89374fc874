"""Bodies of predict requests and of their answers."""

import json

import numpy as np
import pytest
import tensorflow as tf

from keras_sessrec.serving.dev_server.answers import RequestError
from keras_sessrec.serving.dev_server.model_version import Signature
from keras_sessrec.serving.dev_server.predict_request import PredictRequest

ONE = Signature("serving_default", {"x": tf.TensorSpec([None], tf.float32)}, {})
TWO = Signature(
    "two", {n: tf.TensorSpec([None, None], tf.string) for n in ("exclude", "session")}, {}
)
TEXT = Signature("text", {"x": tf.TensorSpec([None], tf.string)}, {})
SIGNATURES = {signature.name: signature for signature in (ONE, TWO, TEXT)}
ROW = {"session": ["a"], "exclude": [""]}


def read(document):
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return PredictRequest.from_json(body, SIGNATURES)


@pytest.mark.parametrize(
    "document",
    [
        {"instances": [1, 2.5]},
        {"instances": [{"x": 1}, {"x": 2.5}]},
        {"inputs": [1, 2.5]},
        {"inputs": {"x": [1, 2.5]}},
        {"inputs": {"x": [1, 2.5], "ignored": 3}},
        {"inputs": [1, 2.5], "signature_name": ""},
        {"inputs": [1, 2.5], "signature_name": "serving_default", "unknown": None},
    ],
)
def test_one_input(document):
    request = read(document)
    assert request.signature is ONE
    assert request.by_row == ("instances" in document)
    np.testing.assert_array_equal(request.inputs["x"], np.array([1, 2.5], np.float32))


@pytest.mark.parametrize(
    "document",
    [
        {"instances": [{"session": ["a", "b"], "exclude": []}] * 2},
        {"inputs": {"session": [["a", "b"]] * 2, "exclude": [[], []]}},
    ],
)
def test_two_inputs(document):
    request = read({**document, "signature_name": "two"})
    assert request.signature is TWO
    assert request.inputs["session"].tolist() == [[b"a", b"b"]] * 2
    assert request.inputs["exclude"].shape == (2, 0)


@pytest.mark.parametrize("key", ["instances", "inputs"])
def test_base64_is_a_value_not_an_object_of_inputs(key):
    request = read({"signature_name": "text", key: [{"b64": "YQ=="}, "b"]})
    assert request.inputs["x"].tolist() == [b"a", b"b"]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (b"", "must be JSON"),
        (b"{", "must be JSON"),
        (b'{"instances": [1]} x', "must be JSON"),
        (b'{"instances": [1], "instances": [2]}', "a key twice"),
        (b'{"instances": [' + b"1" * 5000 + b"]}", "must be JSON"),
        (b'{"instances": ["\xff"]}', "must be UTF-8"),
        ("\ufeff{}".encode(), "must be JSON"),
        ('{"instances": [1]}'.encode("utf-16"), "must be UTF-8"),
        (b'{"instances": ' + b"[" * 100_000, "nested too deep"),
        ([1], "must be a JSON object"),
        (None, "must be a JSON object"),
        ({}, "one of the keys"),
        ({"instances": [1], "inputs": [1]}, "one of the keys"),
        ({"instances": [1], "signature_name": 1}, "must be a string"),
        ({"instances": [1], "signature_name": None}, "must be a string"),
        ({"instances": [1], "signature_name": "other"}, r"one of \['serving_default', 'text'"),
        ({"instances": []}, "at least one row"),
        ({"instances": 1}, "must be a list"),
        ({"instances": {"x": [1]}}, "must be a list"),
        ({"instances": [1, {"x": 1}]}, "Row 1 is an object"),
        ({"instances": [{"x": 1}, 1]}, "Row 1 of"),
        ({"instances": [{"x": 1}, {}]}, r"exactly the keys \['x'\]"),
        ({"instances": [{"x": 1, "y": 1}]}, r"Received: the keys \['x', 'y'\]"),
        ({"instances": [[1], [2]]}, r"shape \[\?\]"),
        ({"instances": [None]}, "a number of float32. Received: null"),
        ({"inputs": {"y": [1]}}, r"missing: \['x'\]"),
        ({"inputs": {}}, r"missing: \['x'\]"),
        ({"inputs": 1}, r"shape \[\?\]"),
        ({"inputs": None}, r"shape \[\?\]"),
        ({"instances": ["a"], "signature_name": "two"}, "must be an object"),
        ({"inputs": [["a"]], "signature_name": "two"}, "must be an object"),
        ({"instances": [ROW, {"session": ["a"]}], "signature_name": "two"}, "Row 1 of"),
        (
            {"instances": [ROW, {**ROW, "session": ["a", "b"]}], "signature_name": "two"},
            "1 values in row 0 and 2 in row 1",
        ),
        ({"inputs": {"session": [["a"]]}, "signature_name": "two"}, r"missing: \['exclude'\]"),
    ],
)
def test_what_is_refused(document, message):
    with pytest.raises(RequestError, match=message) as raised:
        read(document)
    assert raised.value.http_status == 400


def answered(by_row, **outputs):
    return PredictRequest(ONE, {}, by_row).answer(
        {name: np.array(values) for name, values in outputs.items()}
    )


def test_one_output_goes_without_its_name():
    assert answered(True, y=[1, 2]) == {"predictions": [1, 2]}
    assert answered(False, y=[1, 2]) == {"outputs": [1, 2]}
    assert answered(False, y=3) == {"outputs": 3}


def test_several_outputs_go_by_name():
    assert answered(True, a=[1, 2], b=[[3], [4]]) == {
        "predictions": [{"a": 1, "b": [3]}, {"a": 2, "b": [4]}]
    }
    assert answered(False, a=[1, 2], b=[[3], [4]]) == {"outputs": {"a": [1, 2], "b": [[3], [4]]}}


def test_answers_by_row_need_rows():
    for outputs in ({"y": 3}, {"a": [1, 2], "b": [1]}, {"a": [1], "b": 1}):
        with pytest.raises(RequestError, match='Send "inputs"'):
            answered(True, **outputs)
