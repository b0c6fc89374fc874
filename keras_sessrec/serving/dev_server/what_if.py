"""The what-if page and what it asks for beside the model's own routes."""

from __future__ import annotations

import threading
from importlib import resources
from pathlib import Path
from urllib.parse import parse_qs

from keras_sessrec.serving.dev_server.answers import Answer, RequestError
from keras_sessrec.serving.dev_server.item_table import ItemTable
from keras_sessrec.serving.dev_server.model_versions import ModelVersions

_MOST_FOUND = 50


class WhatIf:
    """Serves a page on which clicks are picked and the recommendations watched.

    Titles and pictures come from a given table; else from the newest version's
    `assets.extra/items.json`; else the ids in its `assets/items.txt` can at least be searched.

    Args:
        versions: `ModelVersions`.
        items: `ItemTable`, or `None`.
    """

    def __init__(self, versions: ModelVersions, items: ItemTable | None = None) -> None:
        self._versions = versions
        self._given = items
        self._lock = threading.Lock()
        self._own: tuple[Path | None, ItemTable] = (None, ItemTable([], "."))

    def answer(self, path: str, query: str) -> Answer | None:
        """Answers a GET request.

        Args:
            path: str, the URL's path.
            query: str, what follows its question mark.

        Returns:
            `Answer`, or `None` if the path is none of the page's.

        Raises:
            RequestError: The query is not understood, or there is no such picture.
        """
        arguments = parse_qs(query, keep_blank_values=True)
        if path == "/":
            page = resources.files(__package__).joinpath("what_if.html").read_bytes()
            return Answer(page, "text/html; charset=utf-8")
        if path == "/what_if/model":
            return Answer.of_json({"name": self._versions.name, "num_items": len(self._items())})
        if path == "/what_if/items":
            if "id" in arguments:
                return Answer.of_json(list(self._items().describe(arguments["id"])))
            text = " ".join(arguments.get("search", []))
            return Answer.of_json(self._items().search(text, _MOST_FOUND))
        if path == "/what_if/picture":
            found = self._items().picture(" ".join(arguments.get("id", [])))
            if found is None:
                raise RequestError("There is no picture of that item.", "NOT_FOUND")
            return Answer(*found)
        return None

    def _items(self) -> ItemTable:
        if self._given is not None:
            return self._given
        try:
            with self._versions.borrow() as (_, model):
                folder = model.path
        except RequestError:  # nothing is served yet
            return ItemTable([], ".")
        with self._lock:
            if self._own[0] != folder:
                self._own = (folder, _table_of(folder))
            return self._own[1]


def _table_of(version: Path) -> ItemTable:
    described = version / "assets.extra" / "items.json"
    vocabulary = version / "assets" / "items.txt"
    if described.is_file():
        return ItemTable.from_file(described)
    if vocabulary.is_file():
        with open(vocabulary, encoding="utf-8", newline="\n") as file:
            return ItemTable(({"id": line.rstrip("\n")} for line in file), version)
    return ItemTable([], version)
