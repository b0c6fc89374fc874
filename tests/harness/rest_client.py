"""A client of the REST routes over one connection."""

from __future__ import annotations

import http.client
import json
from typing import Any


class RestClient:
    """Sends requests to a server over one connection that stays open."""

    def __init__(self, url: str) -> None:
        self._connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=30)

    def ask(self, method: str, path: str, body: bytes | None = None) -> tuple[int, Any, bytes]:
        """Status, headers and body of the answer."""
        self._connection.request(method, path, body)
        response = self._connection.getresponse()
        return response.status, response.headers, response.read()

    def get(self, path: str) -> tuple[int, Any]:
        """Status and JSON."""
        status, _, body = self.ask("GET", path)
        return status, json.loads(body)

    def predict(self, document: Any, path: str = "/v1/models/shop") -> tuple[int, Any]:
        """Status and JSON of the answer to a document, or to bytes as they are."""
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        status, headers, answer = self.ask("POST", f"{path}:predict", body)
        assert headers["Content-Type"] == "application/json"
        return status, json.loads(answer)
