"""The first-order Markov chain baseline."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from keras_sessrec.baselines.baseline import Baseline
from keras_sessrec.baselines.ragged import Ragged
from keras_sessrec.data import SessionLog


class MarkovChain(Baseline):
    """Recommends what most often came next after the last item (first-order Markov).

    The score of item `j` after the last item `i` is the number of training events
    `j` that directly follow an `i` in their session, plus a fraction below 1 that
    grows with the popularity of `j`: it breaks ties between equal counts and
    orders the items that never followed `i`. Counts rank as the transition
    probabilities do, since the last item is the same for the whole row.

    A recurrent model that does not beat it has learnt less than transition counts.

    Example:

    >>> import numpy as np
    >>> from keras_sessrec.catalog import Catalog
    >>> from keras_sessrec.data import SessionLog
    >>> log = SessionLog.from_arrays(
    ...     session_codes=np.array([0, 0, 1]), item_codes=np.array([0, 1, 1]),
    ...     timestamps=np.arange(3), session_ids=np.array([7, 8]), item_ids=np.array([50, 60]))
    >>> MarkovChain().fit(log, Catalog([50, 60])).score(np.array([[1, 0]]))
    array([[0. , 1.5]], dtype=float32)
    """

    def _fit(self, sessions: Ragged, log: SessionLog) -> None:
        num_items = len(self.popularity)
        owners = sessions.owners
        follows = np.flatnonzero(owners[1:] == owners[:-1])
        pairs = (sessions.values[follows], sessions.values[follows + 1])
        ones = np.ones(len(follows), np.int64)
        self._counts = sparse.csr_array((ones, pairs), (num_items, num_items))

    def _score(self, prefixes: Ragged) -> np.ndarray:
        scores = np.tile(self._ties, (len(prefixes), 1))
        counts = self._counts[prefixes.last].tocoo()
        scores[counts.row, counts.col] += counts.data
        return scores
