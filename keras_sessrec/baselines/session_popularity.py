"""The S-POP baseline."""

from __future__ import annotations

import numpy as np

from keras_sessrec.baselines.baseline import Baseline
from keras_sessrec.baselines.ragged import Ragged
from keras_sessrec.data import SessionLog


class SessionPopularity(Baseline):
    """Recommends the most frequent items of the session so far (S-POP).

    The score of an item is how often it occurs in the session, plus a fraction
    below 1 that grows with its popularity in the training log and so breaks ties,
    among the items of the session and among all others. Hidasi et al.,
    "Session-based Recommendations with Recurrent Neural Networks", ICLR 2016,
    section 4.1. Strong where sessions return to the same items.

    Example:

    >>> import numpy as np
    >>> from keras_sessrec.catalog import Catalog
    >>> from keras_sessrec.data import SessionLog
    >>> log = SessionLog.from_arrays(
    ...     session_codes=np.array([0, 0, 1]), item_codes=np.array([0, 1, 1]),
    ...     timestamps=np.arange(3), session_ids=np.array([7, 8]), item_ids=np.array([50, 60]))
    >>> SessionPopularity().fit(log, Catalog([50, 60])).score(np.array([[1, 1]]))
    array([[2. , 0.5]], dtype=float32)
    """

    def _fit(self, sessions: Ragged, log: SessionLog) -> None:
        """The base has counted the items already."""

    def _score(self, prefixes: Ragged) -> np.ndarray:
        scores = np.tile(self._ties, (len(prefixes), 1))
        np.add.at(scores, (prefixes.owners, prefixes.values), 1)
        return scores
