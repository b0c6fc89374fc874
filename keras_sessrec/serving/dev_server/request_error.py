"""What went wrong with a request, as TensorFlow Serving would call it."""

from __future__ import annotations

from typing import Self

import tensorflow as tf

# HTTP status of each canonical error code that TensorFlow Serving answers with.
_HTTP_STATUS = {
    "CANCELLED": 499,
    "INVALID_ARGUMENT": 400,
    "DEADLINE_EXCEEDED": 504,
    "NOT_FOUND": 404,
    "ALREADY_EXISTS": 409,
    "PERMISSION_DENIED": 403,
    "RESOURCE_EXHAUSTED": 429,
    "FAILED_PRECONDITION": 400,
    "ABORTED": 409,
    "OUT_OF_RANGE": 400,
    "UNIMPLEMENTED": 501,
    "INTERNAL": 500,
    "UNAVAILABLE": 503,
    "DATA_LOSS": 500,
    "UNAUTHENTICATED": 401,
    "UNKNOWN": 500,
}
_NAME_OF_NUMBER = {
    getattr(tf.errors, name): name for name in _HTTP_STATUS if hasattr(tf.errors, name)
}


class RequestError(Exception):
    """A request that gets an error for an answer.

    Args:
        message: str, for the client.
        code: str, a canonical error code such as "NOT_FOUND".

    Attributes:
        message: str.
        code: str.
        http_status: int.

    Example:

    >>> RequestError("no such model", "NOT_FOUND").http_status
    404
    """

    def __init__(self, message: str, code: str = "INVALID_ARGUMENT") -> None:
        super().__init__(message)
        self.message, self.code = message, code
        self.http_status = _HTTP_STATUS[code]

    @classmethod
    def from_tensorflow(cls, error: tf.errors.OpError) -> Self:
        """Returns the error that TensorFlow raised while it ran a graph."""
        return cls(error.message, _NAME_OF_NUMBER.get(error.error_code, "UNKNOWN"))
