"""The other rows' positives as negatives."""

from __future__ import annotations

from typing import Any

import keras

from keras_sessrec.samplers.sampler import Sampler


@keras.saving.register_keras_serializable(package="keras_sessrec")
class InBatch(Sampler):
    """Uses the other rows' positives, and nothing else, as negatives.

    Hidasi et al. (ICLR 2016), section 3.2: sampling that costs nothing and draws items
    in proportion to their popularity. With few lanes the negatives are few; the
    authors' later work shows that extra samples (`Popularity`) matter most.

    Args:
        logq: float, see `Sampler`. Defaults to 0.
        remove_accidental_hits: bool, see `Sampler`. Defaults to `False`.

    Example:

    >>> sampler = InBatch()
    >>> sampler.build(ksr.Catalog(["tea", "cup", "pot"]))
    >>> rows = keras.ops.array([2, 3], dtype="int32")
    >>> live = keras.ops.array([True, True])
    >>> sampler.candidates(rows, live, keras.random.SeedGenerator(0)).items.numpy().tolist()
    [2, 3]
    """

    def __init__(self, logq: float = 0.0, remove_accidental_hits: bool = False) -> None:
        super().__init__(0, logq, remove_accidental_hits)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["num"]
        return config
