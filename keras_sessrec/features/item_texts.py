"""One text per item from titles and descriptions."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from keras_sessrec.catalog.catalog import Catalog


def aligned(catalog: Catalog, name: str, values: Mapping[Any, Any]) -> list[Any]:
    """Brings what is given per raw id, in a dict or Series, into the order of a catalog.

    An item without a value gets `None`; unknown ids are left out. `name` is for error messages.

    Raises:
        TypeError: It is no mapping: a list may be in another order than the catalog.
        ValueError: It has none of the items.

    Example:

    >>> aligned(ksr.Catalog([30, 10, 20]), "titles", {"10": "cup", 30: "tea", 99: "pot"})
    ['tea', 'cup', None]
    """
    if not hasattr(values, "keys"):
        raise TypeError(
            f"`{name}` must be a dict from raw id to entry, or a Series with the ids as its index: "
            f"a list may be in another order than the catalog. Received: {type(values).__name__}. "
            "Use `dict(zip(item_ids, entries))`."
        )
    ids = list(values.keys())
    items = catalog.encode(ids)
    if not items.any():
        raise ValueError(
            f"`{name}` must have ids of the catalog, such as {catalog.item_ids.tolist()[0]!r}. "
            f"Received: {len(ids)} ids, none of them known."
        )
    result = [None] * catalog.num_items
    if missing := catalog.num_items - len(np.unique(items[items > 0])):
        warnings.warn(
            f"`{name}` has no entry for {missing} of {catalog.num_items} items: they read as 0.",
            stacklevel=3,
        )
    for place in np.flatnonzero(items):
        result[items[place] - 1] = values[ids[place]]
    return result


def joined(titles: Sequence[Any], descriptions: Sequence[Any], name_of: Callable) -> list[str]:
    """Joins each title and description.

    A title with which the description begins (whatever the case of the letters, whole words
    only) is not repeated, so that its words count once. `None` and NaN are no text; `name_of`
    names an item by its place in error messages.

    Raises:
        ValueError: The lengths differ or an entry is no text.

    Example:

    >>> joined(["Tea", "Tea", None], ["tea, green", "Teapot", "Cup"], name_of=str)
    ['tea, green', 'Tea Teapot', 'Cup']
    """
    if len(titles) != len(descriptions):
        raise ValueError(
            "`descriptions` must be as many as `titles`. "
            f"Received: {len(descriptions)} and {len(titles)}."
        )
    return [
        _join(_text(title, place, name_of), _text(description, place, name_of))
        for place, (title, description) in enumerate(zip(titles, descriptions, strict=True))
    ]


def _text(value: Any, place: int, name_of: Callable) -> str:
    if isinstance(value, str):
        return value.strip()
    if pd.api.types.is_scalar(value) and pd.isna(value):
        return ""
    raise ValueError(
        "Titles and descriptions must be strings (None or NaN where there is none). "
        f"Received: {value!r} for {name_of(place)}."
    )


def _join(title: str, description: str) -> str:
    rest = description[len(title) :]
    if description[: len(title)].lower() == title.lower() and not rest[:1].isalnum():
        return description
    return f"{title} {description}".strip()
