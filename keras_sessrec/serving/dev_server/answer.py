"""What the server sends back."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Self

from keras_sessrec.serving.dev_server.request_error import RequestError


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
