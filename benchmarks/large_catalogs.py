"""Trained models of more items than any public log has, made of smaller ones."""

from __future__ import annotations

import numpy as np

import keras_sessrec as ksr


def grown(
    model: ksr.models.GRU4Rec, log: ksr.data.SessionLog, num_items: int, noise: float = 0.5
) -> tuple[ksr.models.GRU4Rec, ksr.data.SessionLog]:
    """Makes a model of many items, each a noisy copy of one that was trained.

    All items stay, and the rest are copies of items drawn evenly. To the input and output vectors
    of a copy normal noise is added, `noise` times as long as the vector on average; biases are
    those of the original. So the catalog has the coarse order of a trained one and, among
    the copies of an item, a fine one that nobody trained. All else of the model is as it was.

    Args:
        model: `GRU4Rec`, trained.
        log: `SessionLog` of the model's items.
        num_items: int, at least those of the model.
        noise: float. Defaults to 0.5.

    Returns:
        Tuple of a `GRU4Rec` of string ids and a `SessionLog`, the given one with a copy, drawn at
        random, in place of each known item.
    """
    rng = np.random.default_rng(0)
    before = model.catalog.num_items
    origin = np.concatenate([np.arange(before), rng.integers(before, size=num_items - before)])
    ids = [f"item-{i}" for i in range(num_items)]
    copies = np.bincount(origin)
    catalog = ksr.Catalog(ids, np.maximum(1, model.catalog.counts[origin] // copies[origin]))
    config = {key: value for key, value in model.get_config().items() if key != "catalog"}
    larger = ksr.models.GRU4Rec(catalog, **config)
    larger.is_trained = True
    rows = np.concatenate([[0], origin + 1])  # row 0 is padding
    for new, old in zip(larger.network.weights, model.network.weights, strict=True):
        values = np.asarray(old)
        if new.shape != old.shape:
            values = values[rows]
            if values.ndim == 2:
                size = noise * np.linalg.norm(values, axis=1, keepdims=True)
                size[: before + 1] = 0
                added = rng.standard_normal(values.shape, "float32")
                values = values + added * (size / np.sqrt(values.shape[1]))
        new.assign(values)
    by_origin = np.argsort(origin, kind="stable")
    first = np.cumsum(copies) - copies
    codes = model.catalog.encode(log.item_ids)[log.item_codes] - 1
    known = codes >= 0
    drawn = (rng.random(len(codes)) * copies[codes]).astype(int)
    codes = np.where(known, by_origin[first[codes] + drawn], num_items)
    sessions = log.session_of_event
    return larger, ksr.data.SessionLog.from_arrays(
        sessions, codes, log.timestamps, log.session_ids, np.array([*ids, "unknown"], object)
    )
