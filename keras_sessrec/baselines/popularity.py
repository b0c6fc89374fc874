"""The POP baseline."""

from __future__ import annotations

import numpy as np

from keras_sessrec.baselines.baseline import Baseline
from keras_sessrec.baselines.ragged import Ragged
from keras_sessrec.data import SessionLog


class Popularity(Baseline):
    """Recommends the most popular items of the training log to everybody (POP).

    The score of an item is its number of training events, whatever the session.
    Hidasi et al., "Session-based Recommendations with Recurrent Neural Networks",
    ICLR 2016, section 4.1.

    Example:

    >>> import numpy as np
    >>> from keras_sessrec.catalog import Catalog
    >>> from keras_sessrec.data import SessionLog
    >>> log = SessionLog.from_arrays(
    ...     session_codes=np.array([0, 0, 1]), item_codes=np.array([0, 1, 1]),
    ...     timestamps=np.arange(3), session_ids=np.array([7, 8]), item_ids=np.array([50, 60]))
    >>> Popularity().fit(log, Catalog([50, 60])).score(np.array([[1, 0]]))
    array([[1., 2.]], dtype=float32)
    """

    def _fit(self, sessions: Ragged, log: SessionLog) -> None:
        """The base has counted the items already."""

    def _score(self, prefixes: Ragged) -> np.ndarray:
        return np.tile(self.popularity.astype(np.float32), (len(prefixes), 1))
