"""Rows for items that nobody has clicked yet, predicted from what is known of them."""

from __future__ import annotations

import logging
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from scipy import sparse

from keras_sessrec.catalog import Catalog, ItemFeatures
from keras_sessrec.data import SessionLog
from keras_sessrec.models.last_hidden import last_hidden
from keras_sessrec.ops.padding import SCORES_AT_ONCE, padded_rows
from keras_sessrec.ops.ridge import Ridge

PLACES = 20  # of an answer, of which new items get their share
MOST = 0.1  # of these places, unless more is asked for
# Clicks by which a row is half trusted; from 20 to 50 the errors on three logs hardly differ.
_HALF_TRUSTED = 20
_SESSIONS = 1000  # that the share is measured in
_CLICKS = 20  # of each that are read, the last ones

_logger = logging.getLogger(__name__)


def fill_new_rows(
    model: keras.Model,
    trained: keras.Model,
    from_features: str,
    log: SessionLog | None,
    share: float | None,
) -> None:
    """Predicts the rows of new items; see `SessionRecommender.extended`.

    Args:
        model: `SessionRecommender` of the extended catalog, with the weights of `trained`.
        trained: `SessionRecommender`.
        from_features: str, name of features of the extended catalog.
        log: `SessionLog` or `None`.
        share: float or `None`.
    """
    catalog, olds = model.catalog, trained.catalog.encode(model.catalog.item_ids)
    is_new = olds == 0
    counts = np.zeros(catalog.num_items)
    counts[~is_new] = trained.catalog.counts[olds[~is_new] - 1]
    if not counts.any():
        raise ValueError(
            "`catalog` must have items that the model was trained on, with their counts of "
            f"clicks. Received: {catalog!r} for a model of {trained.catalog!r}."
        )
    if not is_new.any():
        return
    features = _matrix(catalog.features[from_features])
    known = np.flatnonzero(counts)
    ridge = Ridge(features[known], counts[known] / (counts[known] + _HALF_TRUSTED))
    new, places = features[np.flatnonzero(is_new)], np.flatnonzero(is_new) + 1

    def predicted(rows: np.ndarray) -> np.ndarray:
        """A table `[N + 1, ...]` with other rows where the items are new."""
        shape = rows.shape
        rows = rows.reshape(len(rows), -1)
        coefficients, intercept = ridge.fit(rows[known + 1])
        rows[places] = new @ coefficients + intercept
        return rows.reshape(shape)

    for layer in model._flatten_layers():
        if hasattr(layer, "set_vectors"):  # its tables hold vectors in a form of its own
            layer.set_vectors(predicted(np.array(layer.lookup(range(catalog.num_items + 1))))[1:])
            continue
        for name in getattr(layer, "item_tables", ()):
            if (table := getattr(layer, name, None)) is not None:
                table.assign(predicted(np.array(table)))
    offset = _offset(model, is_new, _clicks(catalog, counts, log), share)
    for output in model.head().outputs:
        if getattr(output.scorer, "use_bias", False):
            bias = np.array(output.scorer.bias)
            bias[places] += offset / output.weight
            output.scorer.bias.assign(bias)
            break
    _logger.info("%d new items, their biases moved by %.2f", len(places), offset)


def check_extension(catalog: Any, from_features: Any, share: Any) -> None:
    """Raises unless `extended` can go by its arguments.

    Raises:
        TypeError: `catalog` is none.
        ValueError: It has no features of that name, or `share` is no share.
    """
    if not isinstance(catalog, Catalog):
        raise TypeError(
            "`catalog` must be a `Catalog`, such as `model.catalog.with_items(new_ids)` with "
            f"features. Received: {type(catalog).__name__}."
        )
    if from_features not in catalog.features:
        raise ValueError(
            f"`from_features` must name features of `catalog`, {list(catalog.features)}. "
            f"Received: {from_features!r}. Add them with `catalog.with_features`."
        )
    if share is not None and not 0 < share < 1:
        raise ValueError(f"`share` must be above 0 and below 1. Received: share={share}.")


def _matrix(features: ItemFeatures) -> Any:
    """float32 `[N, F]`, sparse where the features are."""
    if not features.is_sparse:
        return features.matrix
    shape = (features.num_items, features.width)
    return sparse.csr_array((features.values, features.columns, features.offsets), shape)


def _clicks(catalog: Catalog, counts: np.ndarray, log: SessionLog | None) -> np.ndarray:
    """Sessions as visitors have them, int32 `[sessions, steps]`, with a known item each."""
    if log is None:
        # Of one click each: items as often as they were clicked.
        total = np.cumsum(counts)
        drawn = (np.arange(_SESSIONS) + 0.5) / _SESSIONS * total[-1]
        return np.searchsorted(total, drawn, side="right").astype(np.int32)[:, None] + 1
    items = catalog.encode(log.item_ids)
    sessions = [
        items[log.item_codes[begin:end]]
        for begin, end in zip(log.offsets[:-1], log.offsets[1:], strict=True)
    ]
    sessions = [session[session > 0][-_CLICKS:] for session in sessions[-_SESSIONS:]]
    sessions = [session for session in sessions if len(session)]
    if not sessions:
        raise ValueError(
            f"`log` must have clicks on items of `catalog`. Received: {log!r}, none of whose last "
            f"{_SESSIONS:,} sessions does."
        )
    return padded_rows(sessions)


def _offset(
    model: keras.Model, is_new: np.ndarray, clicks: np.ndarray, share: float | None
) -> float:
    """What to add to the scores of new items for them to get their share of the first places.

    A new item is in m-th place among the new ones, and enters the first K places if it beats the
    (K + 1 - m)-th of the others; by how much it falls short is what it would take. The wanted
    offset is a quantile of these over all sessions.
    """
    if share is None:
        share = min(MOST, float(is_new.mean()))
    network, head = model.network, model.head()
    length = (clicks > 0).sum(axis=1).astype(np.int32)
    parts = last_hidden(
        network.encode,
        network.initial_states(len(clicks)),
        tf.constant(clicks),
        tf.constant(length),
    )
    query = np.asarray(head.query(parts), np.float32)
    vectors, biases = head.table()
    places = min(PLACES, int((~is_new).sum()))
    shortfalls = []
    at_once = max(1, SCORES_AT_ONCE // len(is_new))
    for begin in range(0, len(query), at_once):
        scores = query[begin : begin + at_once] @ vectors.T + biases
        olds, news = _best(scores[:, ~is_new], places), _best(scores[:, is_new], places)
        shortfalls.append(olds[:, ::-1][:, : news.shape[1]] - news)
    ordered = np.sort(np.concatenate(shortfalls), axis=None)
    wanted = int(share * len(query) * places)
    return float(ordered[min(wanted, len(ordered) - 1)])


def _best(scores: np.ndarray, k: int) -> np.ndarray:
    """The largest scores of every row, at most `k`, best first."""
    k = min(k, scores.shape[1])
    return -np.sort(np.partition(-scores, k - 1, axis=1)[:, :k], axis=1)
