"""Every item as a candidate."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_sessrec.catalog import Catalog
from keras_sessrec.samplers.candidates import Candidates
from keras_sessrec.samplers.sampler import Sampler


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

    def candidates(
        self, targets: Any, live: Any, seed: keras.random.SeedGenerator, sessions: Any = None
    ) -> Candidates:
        y_true = ops.maximum(targets - 1, 0)
        return Candidates(items=None, y_true=y_true, valid=None, log_q=None)

    def get_config(self) -> dict[str, Any]:
        return {}
