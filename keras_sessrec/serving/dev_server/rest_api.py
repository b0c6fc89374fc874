"""TensorFlow Serving's REST routes of one model."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

from keras_sessrec.serving.dev_server.answers import Answer, RequestError
from keras_sessrec.serving.dev_server.model_versions import ModelVersions
from keras_sessrec.serving.dev_server.predict_request import PredictRequest

_MODEL = r"/v1/models/(?P<name>[^/:]+)(?:/versions/(?P<version>[0-9]{1,19}))?"
_POST = re.compile(_MODEL + r":(?P<verb>classify|predict|regress)", re.IGNORECASE)
_GET = re.compile(_MODEL + r"(?P<metadata>/metadata)?", re.IGNORECASE)


class RestApi:
    """Answers requests on a model; knows no network.

    - `POST /v1/models/NAME[/versions/V]:predict`
    - `GET /v1/models/NAME[/versions/V]`: which versions are loaded
    - `GET /v1/models/NAME[/versions/V]/metadata`: the signatures

    Args:
        versions: `ModelVersions`.
    """

    def __init__(self, versions: ModelVersions) -> None:
        self._versions = versions

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
            return self._post(parts["verb"].lower(), version, body)
        if "metadata" in parts:
            return self._metadata(version)
        return Answer.of_json(self._versions.status(version))

    def _post(self, verb: str, version: int | None, body: bytes) -> Answer:
        if verb != "predict":
            raise RequestError(f'This model has no signature for ":{verb}". Use ":predict".')
        with self._versions.borrow(version) as (_, model):
            request = PredictRequest.from_json(body, model.signatures)
            outputs = model.predict(request.signature, request.inputs)
        return Answer.of_json(request.answer(outputs))

    def _metadata(self, version: int | None) -> Answer:
        with self._versions.borrow(version) as (number, model):
            spec: dict[str, Any] = {
                "name": self._versions.name,
                "signature_name": "",
                "version": str(number),
            }
            # The map is nested once more, as in TensorFlow Serving's answer.
            return Answer.of_json(
                {"model_spec": spec, "metadata": {"signature_def": model.metadata()}}
            )
