"""Titles and pictures of items for the what-if page."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Self

_PICTURES = {
    ".gif": "image/gif",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
}


@dataclass(frozen=True)
class _Item:
    title: str
    image: str


class ItemTable:
    """What is known of items by raw id: a title, a picture.

    Args:
        rows: Iterable of dicts with the key "id" and, where known, "title" and "image", the path
            of a picture (GIF, JPEG, PNG, WebP) below `folder`.
        folder: str or path that the pictures' paths are relative to.

    Raises:
        ValueError: A row has no id, or a picture is outside the folder or of another type.

    Example:

    >>> table = ItemTable([{"id": 7, "title": "Green tea"}, {"id": 8, "title": "Tea pot"}], ".")
    >>> table.search("tea POT", limit=5)
    [{'id': '8', 'title': 'Tea pot', 'has_image': False}]
    """

    def __init__(self, rows: Iterable[dict[str, Any]], folder: str | Path) -> None:
        self._folder = Path(folder).resolve()
        self._items: dict[str, _Item] = {}
        for number, row in enumerate(rows):
            item_id = row.get("id") if isinstance(row, dict) else None
            if item_id is None or item_id == "":
                raise ValueError(f'Items must have an "id". Received: item {number}: {row!r}.')
            image = str(row.get("image") or "")
            if image:
                self._check(image)
            self._items[str(item_id)] = _Item(str(row.get("title") or ""), image)
        self._texts = {i: f"{i} {item.title}".casefold() for i, item in self._items.items()}

    @classmethod
    def from_file(cls, path: str | Path) -> Self:
        """Reads a table from a CSV file with a header or a JSON list of objects.

        Args:
            path: str or path, ending in .csv or .json; columns or keys id, title, image.

        Raises:
            OSError: The file cannot be read.
            ValueError: It is in another format.
        """
        path = Path(path)
        try:
            if path.suffix.lower() == ".csv":
                with open(path, encoding="utf-8-sig", newline="") as file:
                    return cls(csv.DictReader(file), path.parent)
            if path.suffix.lower() == ".json":
                rows = json.loads(path.read_text("utf-8"))
                if isinstance(rows, list):
                    return cls(rows, path.parent)
                raise ValueError("a JSON list of objects was expected.")
            raise ValueError("a name ending in .csv or .json was expected.")
        except (ValueError, csv.Error) as error:
            raise ValueError(f"`items`: {str(path)!r} cannot be read: {error}") from error

    def __len__(self) -> int:
        return len(self._items)

    def search(self, text: str, limit: int) -> list[dict[str, Any]]:
        """Returns the first items whose id and title have all the words, an equal id first.

        Args:
            text: str; "" finds every item.
            limit: int, how many at most.
        """
        words = text.casefold().split()
        hits = (i for i, found in self._texts.items() if all(w in found for w in words))
        exact = [text] if text in self._items else []
        others = (i for i in hits if i != text)
        return list(self.describe([*exact, *islice(others, max(0, limit - len(exact)))]))

    def describe(self, item_ids: Iterable[str]) -> Iterator[dict[str, Any]]:
        """Yields id, title ("" if unknown) and whether there is a picture, for each id."""
        for item_id in item_ids:
            item = self._items.get(item_id, _Item("", ""))
            yield {"id": item_id, "title": item.title, "has_image": bool(item.image)}

    def picture(self, item_id: str) -> tuple[bytes, str] | None:
        """Returns a picture's bytes and media type; `None` if there is none."""
        item = self._items.get(item_id)
        if item is None or not item.image:
            return None
        try:
            return (self._folder / item.image).read_bytes(), _PICTURES[_suffix(item.image)]
        except OSError:
            return None

    def _check(self, image: str) -> None:
        path = (self._folder / image).resolve()
        # A table may come with somebody else's model: it must not show other files of this machine.
        if not path.is_relative_to(self._folder) or _suffix(image) not in _PICTURES:
            raise ValueError(
                f"A picture must be a file below {str(self._folder)!r} whose name ends in one of "
                f"{sorted(_PICTURES)}. Received: {image!r}."
            )


def _suffix(image: str) -> str:
    return Path(image).suffix.lower()
