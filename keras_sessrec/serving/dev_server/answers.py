"""What the server sends back: an answer, or an error."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Self


class RequestError(Exception):
    """A request that gets an error for an answer.

    Args:
        message: str, a sentence for the client.
        status: int, the HTTP status. Defaults to 400.

    Example:

    >>> RequestError("no such model", 404).status
    404
    """

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.message, self.status = message, status


@dataclass(frozen=True)
class Answer:
    r"""An HTTP response.

    Args:
        body: bytes.
        content_type: str.
        status: int, the HTTP status.

    Example:

    >>> Answer.of_json({"k": 20}).body
    b'{"k": 20}\n'
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
        return cls.of_json({"error": error.message}, error.status)
