"""Small SavedModels for tests of what serves them; no model of the package is inside."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

ITEM_IDS = ["tea", "cup", "pot", "jam", "tin", "Käse", "🍵", "a,b"]
K = 5
DTYPES = {"float32": tf.float32, "int32": tf.int32, "int64": tf.int64, "string": tf.string}


class Recommender(tf.Module):
    """Adds up what the clicks say of every item, the later the more; `reference` says it in NumPy.

    Signatures as an export's: `serving_default` and, without the items of the session,
    `recommend_unseen`, from (session, exclude) `[B, T]`, `[B, M]` to item_ids, scores, known.
    """

    def __init__(self, seed: int = 0, ids: list[str] | list[int] = ITEM_IDS) -> None:
        super().__init__()
        self.table = tf.Variable(table(seed))
        is_text = isinstance(ids[0], str)
        self.dtype = tf.string if is_text else tf.int64
        self.ids = tf.constant(["" if is_text else -1, *ids], self.dtype)
        keys = tf.constant(ids, self.dtype)
        values = tf.range(1, len(ids) + 1, dtype=tf.int64)
        self.index = tf.lookup.StaticHashTable(
            tf.lookup.KeyValueTensorInitializer(keys, values), default_value=0
        )

    def recommend(self, session: tf.Tensor, exclude: tf.Tensor, with_seen: bool) -> dict:
        clicks, excluded = self.index.lookup(session), self.index.lookup(exclude)
        # The place of a click among the known ones, counted from the end.
        known = tf.cast(clicks > 0, tf.float32)
        place = tf.cumsum(known, axis=1, reverse=True)
        weight = known * tf.pow(0.5, place)
        scores = tf.einsum("bt,btn->bn", weight, tf.gather(self.table, clicks))
        if not with_seen:
            excluded = tf.concat([excluded, clicks], axis=1)
        hidden = tf.reduce_max(tf.one_hot(excluded, len(ITEM_IDS) + 1), axis=1)
        scores = tf.where(hidden[:, 1:] > 0, -1e9, scores[:, 1:])
        best, columns = tf.math.top_k(scores, K)
        number = tf.math.count_nonzero(clicks, axis=1, dtype=tf.int32)
        return {"item_ids": tf.gather(self.ids, columns + 1), "scores": best, "known": number}


def table(seed: int) -> np.ndarray:
    """float32 `[items + 1, items + 1]`."""
    size = len(ITEM_IDS) + 1
    return np.random.default_rng(seed).normal(size=(size, size)).astype(np.float32)


def save_recommender(
    folder: Path, seed: int = 0, ids: list[str] | list[int] = ITEM_IDS
) -> Recommender:
    """Saves a `Recommender` with its two signatures; returns it."""
    module = Recommender(seed, ids)
    many = [tf.TensorSpec([None, None], module.dtype, name=n) for n in ("session", "exclude")]
    signatures = {
        name: tf.function(
            lambda session, exclude, seen=with_seen: module.recommend(session, exclude, seen),
            input_signature=many,
        )
        for name, with_seen in (("serving_default", True), ("recommend_unseen", False))
    }
    tf.saved_model.save(module, str(folder), signatures)
    return module


def reference(session: list[str], exclude: list[str], seed: int = 0) -> np.ndarray:
    """float64 `[items]`: what `serving_default` ranks by, -1e9 where excluded."""
    index = {item_id: i for i, item_id in enumerate(ITEM_IDS, start=1)}
    known = [index[i] for i in session if i in index]
    scores = np.zeros(len(ITEM_IDS) + 1)
    for place, item in enumerate(reversed(known), start=1):
        scores += 0.5**place * table(seed)[item]
    scores[[index[i] for i in exclude if i in index]] = -1e9
    return scores[1:]


def save_echo(folder: Path) -> None:
    """Saves signatures that give back what they get, in all dtypes and some awkward forms."""
    signatures = {
        f"echo_{name}": _function(lambda x: {"y": tf.identity(x)}, [None, None], dtype)
        for name, dtype in DTYPES.items()
    }
    signatures |= {
        "serving_default": _function(lambda x: {"y": 2 * x}, [None], tf.float32),
        "vector_of_three": _function(lambda x: {"y": 1 * x}, [None, 3], tf.float32),
        "two_outputs": _function(lambda x: {"a": 1 * x, "b": -x}, [None], tf.float32),
        "first_of": _function(lambda x: {"y": tf.gather([1, 2], x)}, [None], tf.int32),
    }
    tf.saved_model.save(tf.Module(), str(folder), signatures)


def _function(function: Callable, shape: list | None, dtype: tf.DType) -> Any:
    return tf.function(function, input_signature=[tf.TensorSpec(shape, dtype, name="x")])
