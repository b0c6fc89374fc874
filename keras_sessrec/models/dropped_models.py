"""The memory of models that nobody holds any more."""

from __future__ import annotations

import gc
import math
import weakref

import keras

LIMIT = 64 * 2**20  # bytes of weights; a collection takes a fraction of a second

_networks: weakref.WeakSet[keras.layers.Layer] = weakref.WeakSet()
_kept = 0  # bytes of the networks that the last collection has left


def make_room(network: keras.layers.Layer) -> None:
    """Frees dropped models, if they may be large, before a network makes its weights.

    Every Keras layer refers to itself, so a model that was dropped stays until Python's garbage
    collector comes. That counts objects, not bytes, and comes after dozens of models, whatever
    they weigh. Here it is called once the networks made since the last time have more than 64
    MiB of weights.

    Args:
        network: Layer that has no weights yet; counted from the next call on.

    Example:

    >>> make_room(keras.layers.Dense(2))
    """
    global _kept
    if _weight() - _kept > LIMIT:
        gc.collect()
        _kept = _weight()
    _networks.add(network)


def _weight() -> int:
    """Bytes of the float32 weights of all networks that are in memory."""
    return sum(4 * math.prod(v.shape) for network in list(_networks) for v in network.variables)
