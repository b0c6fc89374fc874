"""Errors and their HTTP status."""

import pytest
import tensorflow as tf

from keras_sessrec.serving.dev_server.request_error import RequestError


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
        (tf.errors.UnavailableError, "UNAVAILABLE", 503),
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
