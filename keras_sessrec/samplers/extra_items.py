"""Samplers of extra negatives: uniform and by popularity."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from keras_sessrec.catalog import Catalog
from keras_sessrec.ops.counter_random import random_integers, random_uniform
from keras_sessrec.samplers.alias_table import alias_table
from keras_sessrec.samplers.sampler import Sampler


@keras.saving.register_keras_serializable(package="keras_sessrec")
class Uniform(Sampler):
    """Adds items drawn uniformly from the catalog, one vector per step for all rows.

    The same as `Popularity(num, alpha=0)`, without its tables.

    Args:
        num: int, extra items per step. Defaults to 2048.
        logq: float, see `Sampler`. Defaults to 0.
        remove_accidental_hits: bool, see `Sampler`. Defaults to `False`.

    Example:

    >>> sampler = Uniform(num=4).built_for(ksr.Catalog(["tea", "cup", "pot"]))
    >>> sampler.draw(keras.random.SeedGenerator(0)).shape
    TensorShape([4])
    """

    def __init__(
        self, num: int = 2048, logq: float = 0.0, remove_accidental_hits: bool = False
    ) -> None:
        super().__init__(num, logq, remove_accidental_hits)

    def build(self, catalog: Catalog) -> None:
        super().build(catalog)
        self._num_items = catalog.num_items

    def draw(self, seed: keras.random.SeedGenerator) -> Any:
        return random_integers((self.num,), self._num_items, seed) + 1


@keras.saving.register_keras_serializable(package="keras_sessrec")
class Popularity(Sampler):
    """Adds items drawn with probability proportional to count^alpha.

    Hidasi & Karatzoglou (CIKM 2018), section 3.1: one vector of extra samples per
    step, shared by all rows and drawn with replacement, beside the in-batch negatives.
    `alpha` between 0 (uniform) and 1 (by popularity) trades easy negatives for hard
    ones. Drawn on the device by Walker's alias method: two random numbers and two
    lookups per sample whatever the catalog's size, and no item is too rare for the
    precision of a cumulative sum.

    Args:
        num: int, extra items per step. Defaults to 2048; use fewer on catalogs below
            10,000 items.
        alpha: float in [0, 1]. Defaults to 0.75.
        logq: float, see `Sampler`. Defaults to 0; 1 is the authors' choice with
            cross-entropy.
        remove_accidental_hits: bool, see `Sampler`. Defaults to `False`.

    Raises:
        ValueError: `num`, `alpha` or `logq` is out of range.

    Example:

    >>> catalog = ksr.Catalog(["tea", "cup", "pot"], counts=[5, 3, 1])
    >>> sampler = Popularity(num=4, alpha=0.5).built_for(catalog)
    >>> sampler.draw(keras.random.SeedGenerator(0)).shape
    TensorShape([4])
    """

    def __init__(
        self,
        num: int = 2048,
        alpha: float = 0.75,
        logq: float = 0.0,
        remove_accidental_hits: bool = False,
    ) -> None:
        super().__init__(num, logq, remove_accidental_hits)
        if not 0 <= alpha <= 1:
            raise ValueError(f"`alpha` must be in [0, 1]. Received: alpha={alpha}.")
        self.alpha = float(alpha)

    def build(self, catalog: Catalog) -> None:
        super().build(catalog)
        weights = self._weights(np.maximum(catalog.counts, 1).astype(np.float64))
        # Tensors, not arrays: a traced function takes them as inputs instead of constants.
        self._keep, self._alias = map(ops.convert_to_tensor, alias_table(weights))

    def _weights(self, counts: np.ndarray) -> np.ndarray:
        return counts**self.alpha

    def draw(self, seed: keras.random.SeedGenerator) -> Any:
        place = random_integers((self.num,), self._keep.shape[0], seed)
        keep = random_uniform((self.num,), seed) < ops.take(self._keep, place)
        return ops.where(keep, place, ops.take(self._alias, place)) + 1

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "alpha": self.alpha}
