"""Extra negatives drawn uniformly."""

from __future__ import annotations

from typing import Any

import keras

from keras_sessrec.catalog import Catalog
from keras_sessrec.counter_random import random_integers
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

    >>> sampler = Uniform(num=4)
    >>> sampler.build(ksr.Catalog(["tea", "cup", "pot"]))
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
