"""Weights of a trained model as the start of another one."""

from __future__ import annotations

import logging
from itertools import zip_longest

import keras
import numpy as np

from keras_sessrec.layers import FeatureTable
from keras_sessrec.models.session_network import SessionNetwork

_logger = logging.getLogger(__name__)


def warm_start(model: SessionNetwork, trained: SessionNetwork) -> None:
    """Copies the weights; see `SessionRecommender.warm_start`."""
    if trained is model:
        raise ValueError("`trained` must be another model. Received: the model itself.")
    olds = trained.catalog.encode(model.catalog.item_ids)
    if not olds.any():
        raise ValueError(
            "`trained` must have items of this model's catalog, such as "
            f"{model.catalog.item_ids.tolist()[0]!r}. Received: none that is shared, e.g. "
            f"{trained.catalog.item_ids.tolist()[0]!r}."
        )
    tables, their_tables = _item_tables(model), _item_tables(trained)
    pairs = list(zip_longest(_copied(model), _copied(trained)))
    for own, other in pairs:  # all of them first: a model is copied whole or not at all
        if _kind(own, tables) != _kind(other, their_tables):
            raise ValueError(
                "`trained` must be of the same architecture. Received: a model with "
                f"{_described(other)} where this one has {_described(own)}."
            )
    for own, other in pairs:
        own.assign(_matched(own, other, olds) if id(own) in tables else other)
    _logger.info("warm start: %d items matched, %d new", (olds > 0).sum(), (olds == 0).sum())


def _matched(own: keras.Variable, other: keras.Variable, olds: np.ndarray) -> np.ndarray:
    """A table with the rows of the items that the other one has, and row 0."""
    value, source = np.array(own), np.asarray(other)
    rows = np.append(0, np.flatnonzero(olds) + 1)
    value[rows] = source[np.append(0, olds[olds > 0])]
    return value


def _kind(weight: keras.Variable | None, tables: set[int]) -> tuple | None:
    """What two weights must have in common; the number of items need not be."""
    if weight is None:
        return None
    is_table = id(weight) in tables
    return weight.name, is_table, tuple(weight.shape[1:] if is_table else weight.shape)


def _described(weight: keras.Variable | None) -> str:
    return "no weight" if weight is None else f"{weight.path!r} of shape {tuple(weight.shape)}"


def _item_tables(model: SessionNetwork) -> set[int]:
    """Ids of the weights with one row per item after row 0."""
    named = (
        getattr(layer, name, None)
        for layer in model._flatten_layers()
        for name in getattr(layer, "item_tables", ())
    )
    return {id(weight) for weight in named if weight is not None}


def _copied(model: SessionNetwork) -> list[keras.Variable]:
    """All weights but the catalog's features: those of the new catalog are right."""
    features = {
        id(weight)
        for layer in model._flatten_layers()
        if isinstance(layer, FeatureTable)
        for weight in layer.non_trainable_weights
    }
    return [weight for weight in model.weights if id(weight) not in features]
