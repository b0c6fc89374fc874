"""The samplers that draw nothing: the batch's own positives, and the whole catalog."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_sessrec.catalog import Catalog
from keras_sessrec.samplers.sampler import Candidates, Sampler


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

    >>> sampler = InBatch().built_for(ksr.Catalog(["tea", "cup", "pot"]))
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


@keras.saving.register_keras_serializable(package="keras_sessrec")
class FullCatalog(Sampler):
    """Scores the whole catalog in every step: no sampling, cost in proportion to N.

    Example:

    >>> sampler = FullCatalog()
    >>> rows = keras.ops.array([2, 3], dtype="int32")
    >>> live = keras.ops.array([True, True])
    >>> sampler.candidates(rows, live, keras.random.SeedGenerator(0)).y_true.numpy().tolist()
    [1, 2]
    """

    def __init__(self) -> None:
        super().__init__()

    def build(self, catalog: Catalog) -> None:
        """Needs no table."""

    def warn_if_none(self, rows: int) -> None:
        """Every other item is a negative."""

    def candidates(
        self, targets: Any, live: Any, seed: keras.random.SeedGenerator, sessions: Any = None
    ) -> Candidates:
        y_true = ops.maximum(targets - 1, 0)
        return Candidates(items=None, y_true=y_true, valid=None, log_q=None)

    def get_config(self) -> dict[str, Any]:
        return {}
