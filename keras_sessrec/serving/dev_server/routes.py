"""The routes: TensorFlow Serving's of one model, the what-if page and what the page asks for."""

from __future__ import annotations

import functools
import re
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote

from keras_sessrec.serving.dev_server.answers import Answer, RequestError
from keras_sessrec.serving.dev_server.item_table import ItemTable
from keras_sessrec.serving.dev_server.model_versions import ModelVersions
from keras_sessrec.serving.dev_server.predict_request import predict

_MODEL = re.compile(
    r"/v1/models/(?P<name>[^/:]+)(?:/versions/(?P<version>[0-9]{1,19}))?(?P<rest>[:/][a-z]+)?"
)
_MOST_FOUND = 50


class Routes:
    """Answers requests; knows no network.

    - `POST /v1/models/NAME[/versions/V]:predict`
    - `GET /v1/models/NAME[/versions/V]`: which versions are loaded
    - `GET /v1/models/NAME[/versions/V]/metadata`: the signatures
    - `GET /`: a page on which clicks are picked and the recommendations watched
    - `GET /what_if/model`, `/what_if/items?id=ID`, `/what_if/items?search=WORDS`,
      `/what_if/picture?id=ID`: what the page asks for

    Args:
        versions: `ModelVersions`.
        items: `ItemTable` of titles and pictures, or `None`: the ids of the served version.
    """

    def __init__(self, versions: ModelVersions, items: ItemTable | None = None) -> None:
        self._versions = versions
        self._items = items

    def answer(self, method: str, path: str, query: str = "", body: bytes = b"") -> Answer:
        """Answers one request.

        Args:
            method: str, "GET" or "POST".
            path: str, the URL's path.
            query: str, what follows its question mark.
            body: bytes.

        Raises:
            RequestError: The request gets an error for an answer.
        """
        answer = None
        if match := _MODEL.fullmatch(path):
            parts = match.groupdict()
            version = int(parts["version"]) if parts["version"] else None
            answer = self._of_model(method, unquote(parts["name"]), version, parts["rest"], body)
        elif method == "GET":
            answer = self._of_page(path, parse_qs(query, keep_blank_values=True))
        if answer is None:
            raise RequestError(
                f"There is nothing at {method} {path}. Try POST /v1/models/"
                f"{self._versions.name}:predict, or GET it without `:predict`.",
                404,
            )
        return answer

    def _of_model(
        self, method: str, name: str, version: int | None, rest: str | None, body: bytes
    ) -> Answer | None:
        if name != self._versions.name:
            raise RequestError(f"Model {name!r} is not served; {self._versions.name!r} is.", 404)
        match method, rest:
            case "POST", ":predict":
                return Answer.of_json(predict(self._versions.get(version), body))
            case "GET", None:
                return Answer.of_json(self._versions.status(version))
            case "GET", "/metadata":
                model = self._versions.get(version)
                spec = {"name": name, "signature_name": "", "version": str(model.number)}
                # The map is nested once more, as in TensorFlow Serving's answer.
                metadata = {"signature_def": model.metadata()}
                return Answer.of_json({"model_spec": spec, "metadata": metadata})
        return None

    def _of_page(self, path: str, query: dict[str, list[str]]) -> Answer | None:
        match path:
            case "/":
                page = resources.files(__package__).joinpath("what_if.html").read_bytes()
                return Answer(page, "text/html; charset=utf-8")
            case "/what_if/model":
                return Answer.of_json({"name": self._versions.name})
            case "/what_if/items":
                return Answer.of_json(self._found(query))
            case "/what_if/picture":
                return Answer(*self._table().picture(" ".join(query.get("id", []))))
        return None

    def _found(self, query: dict[str, list[str]]) -> list[dict[str, Any]]:
        if "id" in query:
            return self._table().describe(query["id"])
        return self._table().search(" ".join(query.get("search", [])), _MOST_FOUND)

    def _table(self) -> ItemTable:
        return self._items or vocabulary(self._versions.get().path)


@functools.lru_cache(maxsize=1)
def vocabulary(version: Path) -> ItemTable:
    """Returns the ids that a version knows, one a line in its `assets/items.txt`.

    Args:
        version: Path of the version's folder.
    """
    path = version / "assets" / "items.txt"
    lines = path.read_text("utf-8").split("\n") if path.is_file() else []
    return ItemTable(({"id": line} for line in lines if line), version)
