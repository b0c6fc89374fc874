"""Random seeds: what `seed=` takes, and what is drawn from it."""

from __future__ import annotations

import random
from numbers import Integral

import numpy as np

from keras_sessrec.ops.identifiers import shown


def new_rng(seed: int | None = None) -> np.random.Generator:
    """Makes what the seeds of the parts of a model or layer are drawn from.

    `None` takes what `keras.utils.set_random_seed` has seeded, as Keras' own layers do.

    Raises:
        ValueError: `seed` is neither `None` nor an integer >= 0.

    Example:

    >>> keras.utils.set_random_seed(3)
    >>> first = new_rng().random()
    >>> keras.utils.set_random_seed(3)
    >>> new_rng().random() == first
    True
    """
    return np.random.default_rng(as_seed(seed))


def as_seed(seed: int | None) -> int:
    """Returns a seed as it is, and for `None` a number that Keras' global seed decides.

    Raises:
        ValueError: `seed` is something else.
    """
    if seed is None:
        return random.getrandbits(31)
    if isinstance(seed, bool) or not isinstance(seed, Integral) or seed < 0:
        raise ValueError(
            f"`seed` must be an integer, at least 0, or `None`. Received: {shown(seed)}."
        )
    return int(seed)


def draw_seed(rng: np.random.Generator) -> int:
    """Draws the seed of one weight or layer, so that no two share a random stream."""
    return int(rng.integers(2**31 - 1))
