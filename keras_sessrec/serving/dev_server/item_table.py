"""Titles and pictures of items for the what-if page."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any, Self

from keras_sessrec.ops.identifiers import shown
from keras_sessrec.serving.dev_server.answers import RequestError

_PICTURES = {
    ".gif": "image/gif",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
}


class ItemTable:
    """What is known of items by raw id: a title, a picture.

    Args:
        rows: Iterable of dicts with the key "id" and, where known, "title" and "image", the path
            of a picture (GIF, JPEG, PNG, WebP) below `folder`.
        folder: Path that the pictures' paths are relative to.

    Attributes:
        ids: view of the raw ids, as str.

    Raises:
        ValueError: A row has no id, or a picture is outside the folder or of another type.

    Example:

    >>> table = ItemTable([{"id": 7, "title": "Green tea"}, {"id": 8, "title": "Tea pot"}], ".")
    >>> table.search("tea POT", limit=5)
    [{'id': '8', 'title': 'Tea pot', 'has_image': False}]
    """

    def __init__(self, rows: Iterable[dict[str, Any]], folder: str | Path) -> None:
        self._folder = Path(folder).resolve()
        self._titles: dict[str, str] = {}
        self._images: dict[str, Path] = {}
        for number, row in enumerate(rows):
            if not isinstance(row, dict) or row.get("id") in (None, ""):
                raise ValueError(f'Items must have an "id". Received: item {number}: {shown(row)}.')
            item_id = str(row["id"])
            self._titles[item_id] = str(row.get("title") or "")
            if image := row.get("image"):
                self._images[item_id] = self._checked(str(image))
        self.ids = self._titles.keys()
        self._texts = {i: f"{i} {title}".casefold() for i, title in self._titles.items()}

    @classmethod
    def from_file(cls, path: str | Path) -> Self:
        """Reads a table from a CSV file with a header or a JSON list of objects.

        Args:
            path: str or path, ending in .csv or .json; columns or keys id, title, image.

        Raises:
            ValueError: The file cannot be read, or is in another format.
        """
        path = Path(path)
        try:
            if path.suffix.lower() == ".json":
                rows = json.loads(path.read_text("utf-8"))
            elif path.suffix.lower() == ".csv":
                with open(path, encoding="utf-8-sig", newline="") as file:
                    rows = list(csv.DictReader(file))
            else:
                raise ValueError("a name ending in .csv or .json was expected.")
            if not isinstance(rows, list):
                raise ValueError("a JSON list of objects was expected.")
            return cls(rows, path.parent)
        except (OSError, ValueError, csv.Error) as error:
            raise ValueError(f"`items`: {str(path)!r} cannot be read: {error}") from error

    def search(self, text: str, limit: int) -> list[dict[str, Any]]:
        """Returns the first items whose id and title have all the words, an equal id first.

        Args:
            text: str; "" finds every item.
            limit: int, how many at most.
        """
        words = text.casefold().split()
        hits = (i for i, found in self._texts.items() if all(w in found for w in words))
        exact = [text] if text in self.ids else []
        return self.describe(islice([*exact, *(i for i in hits if i != text)], limit))

    def describe(self, item_ids: Iterable[str]) -> list[dict[str, Any]]:
        """Returns id, title ("" if unknown) and whether there is a picture, for each id."""
        return [
            {"id": i, "title": self._titles.get(i, ""), "has_image": i in self._images}
            for i in item_ids
        ]

    def picture(self, item_id: str) -> tuple[bytes, str]:
        """Returns a picture's bytes and media type.

        Raises:
            RequestError: There is none.
        """
        try:
            path = self._images[item_id]
            return path.read_bytes(), _PICTURES[path.suffix.lower()]
        except (KeyError, OSError):
            raise RequestError(f"There is no picture of item {item_id!r}.", 404) from None

    def _checked(self, image: str) -> Path:
        path = (self._folder / image).resolve()
        # A table may be somebody else's: it must not show other files of this machine.
        if not path.is_relative_to(self._folder) or path.suffix.lower() not in _PICTURES:
            raise ValueError(
                f"A picture must be a file below {str(self._folder)!r} whose name ends in one of "
                f"{sorted(_PICTURES)}. Received: {image!r}."
            )
        return path
