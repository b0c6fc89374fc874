"""What tells whether two runs are of the same data and the same recipe."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from typing import Any

import numpy as np

from keras_sessrec.catalog.item_features import ItemFeatures
from keras_sessrec.data import SessionLog
from keras_sessrec.recipes import Recipe

# What a recipe says about itself; no training depends on it.
_WORDS = ("reference", "notes", "expects")


def log_facts(log: SessionLog) -> dict[str, Any]:
    """Sizes of a log, and a digest of all that is in it.

    Args:
        log: `SessionLog`.

    Returns:
        dict of `"sessions"`, `"events"`, `"items"` (that occur), `"pairs"` (events that have
        a predecessor) and `"sha256"`.

    Example:

    >>> log = ksr.data.synthetic_shop(num_items=40, num_sessions=200, seed=1).log
    >>> facts = log_facts(log)
    >>> facts["sessions"], facts["events"] - facts["pairs"]
    (200, 200)
    """
    return {
        "sessions": log.num_sessions,
        "events": log.num_events,
        "items": len(np.unique(log.item_codes)),
        "pairs": log.num_events - log.num_sessions,
        "sha256": _digest(
            log.item_codes, log.timestamps, log.offsets, log.session_ids, log.item_ids
        ),
    }


def features_digest(features: ItemFeatures) -> str:
    """A digest of a feature table.

    Args:
        features: `ItemFeatures`.

    Returns:
        str, hexadecimal.
    """
    if features.is_sparse:
        return _digest(features.offsets, features.columns, features.values)
    return _digest(features.matrix)


def recipe_data(recipe: Recipe) -> dict[str, Any]:
    """A recipe as JSON holds it.

    Args:
        recipe: `Recipe`.

    Returns:
        dict.

    Example:

    >>> recipe_data(ksr.recipes.get("tan_m1_100"))["optimizer"]
    ['Adam', {}]
    """
    return json.loads(json.dumps(dataclasses.asdict(recipe)))


def trained_data(recipe: Recipe) -> dict[str, Any]:
    """The part of `recipe_data` that training depends on.

    Args:
        recipe: `Recipe`.

    Returns:
        dict, without source, notes and published figures.
    """
    return _without_words(recipe_data(recipe))


def _without_words(data: dict[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in data.items() if key not in _WORDS}
    if kept["start"] is not None:
        kept["start"] = _without_words(kept["start"])
    return kept


def _digest(*arrays: np.ndarray) -> str:
    digest = hashlib.sha256()
    for array in arrays:
        is_text = array.dtype == object
        data = "\0".join(array.tolist()).encode() if is_text else np.ascontiguousarray(array)
        digest.update(f"{array.dtype} {array.shape} ".encode())
        digest.update(data)
    return digest.hexdigest()
