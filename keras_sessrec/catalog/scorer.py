"""What can be evaluated, asked for recommendations, or teach."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

import numpy as np

from keras_sessrec.catalog.catalog import Catalog


@runtime_checkable
class Scorer(Protocol):
    """Anything that scores a catalog for sessions: a model, a baseline, a class of one's own.

    Attributes:
        catalog: `Catalog` whose items are scored.
    """

    catalog: Catalog

    def score(self, items: np.ndarray) -> Any:
        """Scores every item as the next event.

        Args:
            items: int32 `[rows, T]`, the session so far: items 1..N, right-padded
                with 0. A row may be empty (all 0); it is answered by popularity.

        Returns:
            float `[rows, N]`, array or tensor; column j is item j + 1.
        """
