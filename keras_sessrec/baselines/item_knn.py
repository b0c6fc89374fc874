"""The Item-KNN baseline."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from keras_sessrec.baselines.baseline import Baseline
from keras_sessrec.baselines.ragged import Ragged, blocks, rank_in_group
from keras_sessrec.data import SessionLog

# Longer sessions are a crawler's; their cost is quadratic, so only their end counts.
MAX_SESSION_LENGTH = 1000
# Pairs counted at a time: about 300 MB of working memory.
PAIRS_PER_BLOCK = 4_000_000


class ItemKNN(Baseline):
    """Recommends the items most similar to the last one (Item-KNN).

    The similarity of items `i` and `j` is the regularised cosine of their session
    vectors,

        sim(i, j) = n_ij / sqrt((n_i + regularization) * (n_j + regularization)),

    with `n_ij` the number of training sessions that hold both and `n_i` the number
    that hold `i`. Hidasi et al., "Session-based Recommendations with Recurrent
    Neural Networks", ICLR 2016, section 4.1. The regularisation keeps two rare items
    that met by chance from being each other's best match; its form and the default
    values are those of the authors' published code (which counts events where the
    paper counts sessions: this class follows the paper).

    Each item keeps its `k` most similar items (ties: the item of more sessions), and
    is not its own neighbour. All items that are no neighbour of the last one follow
    in order of popularity, with scores below 0.

    Of a session of more than 1,000 events the last 1,000 count.

    Args:
        k: Positive int, neighbours kept of each item. Defaults to 100.
        regularization: Non-negative float, in sessions. Defaults to 20.

    Raises:
        ValueError: `k` is not positive or `regularization` is negative.

    Example:

    >>> import numpy as np
    >>> from keras_sessrec.catalog import Catalog
    >>> from keras_sessrec.data import SessionLog
    >>> log = SessionLog.from_arrays(
    ...     session_codes=np.array([0, 0, 1]), item_codes=np.array([0, 1, 1]),
    ...     timestamps=np.arange(3), session_ids=np.array([7, 8]), item_ids=np.array([50, 60]))
    >>> knn = ItemKNN(regularization=2.0).fit(log, Catalog([50, 60]))
    >>> print(knn.score(np.array([[1]]))[0, 1].round(4))  # 1 / sqrt((1 + 2) * (2 + 2))
    0.2887
    """

    def __init__(self, k: int = 100, regularization: float = 20.0) -> None:
        if k < 1:
            raise ValueError(f"`k` must be positive. Received: {k}.")
        if regularization < 0:
            raise ValueError(f"`regularization` must not be negative. Received: {regularization}.")
        self.k = k
        self.regularization = regularization

    def _fit(self, sessions: Ragged, log: SessionLog) -> None:
        num_items = len(self.popularity)
        sets = sessions.sets(num_items, MAX_SESSION_LENGTH)
        sessions_of = sets.T.tocsr()
        num_pairs = sessions_of @ sets.sum(axis=1)
        support = sessions_of.sum(axis=1)
        parts = [
            self._neighbours(sessions_of[start:stop] @ sets, start, support)
            for start, stop in blocks(num_pairs, PAIRS_PER_BLOCK)
        ]
        self._similarities = sparse.vstack(parts, "csr")

    def _neighbours(
        self, together: sparse.csr_array, start: int, support: np.ndarray
    ) -> sparse.csr_array:
        """Similarities of items from `start` on with the k most similar ones, as `together`."""
        together.sort_indices()
        pairs = together.tocoo()
        is_other = pairs.row + start != pairs.col
        rows, others, counts = pairs.row[is_other], pairs.col[is_other], pairs.data[is_other]
        damped = np.sqrt(support + self.regularization)
        similarities = counts / (damped[rows + start] * damped[others])
        order = np.lexsort((-support[others], -similarities, rows))
        order = order[rank_in_group(rows[order]) < self.k]
        kept = (similarities[order].astype(np.float32), (rows[order], others[order]))
        return sparse.csr_array(kept, together.shape)

    def _score(self, prefixes: Ragged) -> np.ndarray:
        scores = np.tile(self._ties - 1, (len(prefixes), 1))
        similar = self._similarities[prefixes.last].tocoo()
        scores[similar.row, similar.col] = similar.data
        return scores
