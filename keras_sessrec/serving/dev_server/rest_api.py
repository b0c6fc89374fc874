"""TensorFlow Serving's REST routes of one model."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from keras_sessrec.serving.dev_server.answer import Answer
from keras_sessrec.serving.dev_server.model_versions import ModelVersions
from keras_sessrec.serving.dev_server.predict_request import PredictRequest
from keras_sessrec.serving.dev_server.request_error import RequestError
from keras_sessrec.serving.dev_server.request_metrics import RequestMetrics

_MODEL = (
    r"/v1/models/(?P<name>[^/:]+)(?:/versions/(?P<version>[0-9]{1,19})|/labels/(?P<label>[^/:]+))?"
)
_POST = re.compile(_MODEL + r":(?P<verb>classify|predict|regress)", re.IGNORECASE)
_GET = re.compile(_MODEL + r"(?P<metadata>/metadata)?", re.IGNORECASE)


class RestApi:
    """Answers requests on a model; knows no network.

    - `POST /v1/models/NAME[/versions/V|/labels/L]:predict`
    - `GET /v1/models/NAME[/versions/V|/labels/L]`: which versions are loaded
    - `GET /v1/models/NAME[/versions/V|/labels/L]/metadata`: the signatures
    - `GET /monitoring/prometheus/metrics`

    Args:
        versions: `ModelVersions`.
    """

    def __init__(self, versions: ModelVersions) -> None:
        self._versions = versions
        self._metrics = RequestMetrics(versions.name)

    def answer(self, method: str, path: str, body: bytes) -> Answer | None:
        """Answers one request.

        Args:
            method: str, "GET" or "POST".
            path: str, the URL's path, without a query.
            body: bytes.

        Returns:
            `Answer`, or `None` if the path is none of these routes.

        Raises:
            RequestError: The request gets an error for an answer.
        """
        if path == "/monitoring/prometheus/metrics" and method == "GET":
            return Answer(self._metrics.text().encode(), "text/plain; charset=utf-8")
        if not path.lower().startswith("/v1/"):
            return None
        pattern = {"GET": _GET, "POST": _POST}.get(method)
        match = pattern.fullmatch(path) if pattern else None
        if match is None:
            raise RequestError(f"Malformed request: {method} {path}")
        parts = {key: unquote(part) for key, part in match.groupdict().items() if part}
        version = int(parts["version"]) if "version" in parts else None
        if parts["name"] != self._versions.name:
            raise RequestError(
                f"Model {parts['name']!r} is not served; {self._versions.name!r} is.", "NOT_FOUND"
            )
        if method == "POST":
            verb = parts["verb"].lower()
            return self._timed(verb, lambda: self._post(verb, version, parts.get("label"), body))
        if "metadata" in parts:
            return self._timed("", lambda: self._metadata(version, parts.get("label")))
        return self._timed("", lambda: Answer.of_json(self._versions.status(version)))

    def _timed(self, api: str, work: Callable[[], Answer]) -> Answer:
        start = time.perf_counter()
        status = "INTERNAL"
        try:
            answer = work()
            status = "OK"
            return answer
        except RequestError as error:
            status = error.code
            raise
        finally:
            self._metrics.record(status, api, 1e6 * (time.perf_counter() - start))

    def _post(self, verb: str, version: int | None, label: str | None, body: bytes) -> Answer:
        if verb != "predict":
            raise RequestError(f'This model has no signature for ":{verb}". Use ":predict".')
        with self._versions.borrow(version, label) as (_, model):
            request = PredictRequest.from_json(body, model.signatures)
            outputs = model.predict(request.signature, request.inputs)
        return Answer.of_json(request.answer(outputs))

    def _metadata(self, version: int | None, label: str | None) -> Answer:
        with self._versions.borrow(version, label) as (number, model):
            spec: dict[str, Any] = {
                "name": self._versions.name,
                "signature_name": "",
                "version": str(number),
            }
            # The map is nested once more, as in TensorFlow Serving's answer.
            return Answer.of_json(
                {"model_spec": spec, "metadata": {"signature_def": model.metadata()}}
            )
