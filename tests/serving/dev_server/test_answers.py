"""What the server sends back."""

import json
import math

import pytest
import tensorflow as tf

from keras_sessrec.serving.dev_server.answers import Answer, RequestError


def test_json_is_utf8_text():
    answer = Answer.of_json({"title": "Käse 🍵"})
    assert (answer.status, answer.content_type) == (200, "application/json")
    assert "Käse 🍵".encode() in answer.body
    assert json.loads(answer.body) == {"title": "Käse 🍵"}


def test_nan_and_infinities_are_the_tokens_of_tensorflow_serving():
    body = Answer.of_json([math.nan, math.inf, -math.inf]).body
    assert body.split() == [b"[NaN,", b"Infinity,", b"-Infinity]"]


def test_an_error_has_its_status_and_message():
    answer = Answer.of_error(RequestError("no such model", "NOT_FOUND"))
    assert answer.status == 404
    assert json.loads(answer.body) == {"error": "no such model"}


def test_half_a_surrogate_pair_is_still_utf8():
    assert json.loads(Answer.of_json("a\ud800b").body) == "a?b"


@pytest.mark.parametrize(
    ("error", "code", "status"),
    [
        (tf.errors.InvalidArgumentError, "INVALID_ARGUMENT", 400),
        (tf.errors.NotFoundError, "NOT_FOUND", 404),
        (tf.errors.FailedPreconditionError, "FAILED_PRECONDITION", 400),
        (tf.errors.OutOfRangeError, "OUT_OF_RANGE", 400),
        (tf.errors.ResourceExhaustedError, "RESOURCE_EXHAUSTED", 429),
        (tf.errors.UnimplementedError, "UNIMPLEMENTED", 501),
        (tf.errors.InternalError, "INTERNAL", 500),
    ],
)
def test_tensorflow_errors_keep_their_code(error, code, status):
    found = RequestError.from_tensorflow(error(None, None, "why"))
    assert (found.message, found.code, found.http_status) == ("why", code, status)


def test_an_unknown_number_is_an_unknown_error():
    found = RequestError.from_tensorflow(tf.errors.OpError(None, None, "why", 77))
    assert (found.code, found.http_status) == ("UNKNOWN", 500)


def test_a_mistake_of_the_client_is_the_default():
    assert RequestError("why").http_status == 400
