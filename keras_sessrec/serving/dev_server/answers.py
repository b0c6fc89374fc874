"""What the server sends back: an answer, or an error as TensorFlow Serving would call it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Self

import tensorflow as tf

# HTTP status of each canonical error code that TensorFlow Serving answers with.
_HTTP_STATUS = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "OUT_OF_RANGE": 400,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "RESOURCE_EXHAUSTED": 429,
    "INTERNAL": 500,
    "UNIMPLEMENTED": 501,
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


@dataclass(frozen=True)
class Answer:
    """An HTTP response.

    Args:
        body: bytes.
        content_type: str.
        status: int, the HTTP status.

    Example:

    >>> Answer.of_json({"k": 20}).body
    b'{"k": 20}\\n'
    """

    body: bytes
    content_type: str
    status: int = 200

    @classmethod
    def of_json(cls, value: Any, status: int = 200) -> Self:
        """Returns `value` as JSON. NaN and infinities are the tokens TensorFlow Serving writes."""
        text = json.dumps(value, ensure_ascii=False) + "\n"
        # A lone surrogate, which has no UTF-8 form, comes from a client's own escaped text.
        return cls(text.encode("utf-8", "replace"), "application/json", status)

    @classmethod
    def of_error(cls, error: RequestError) -> Self:
        """Returns the error body of TensorFlow Serving, `{"error": message}`."""
        return cls.of_json({"error": error.message}, error.http_status)
