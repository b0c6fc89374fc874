"""The VS-kNN baseline."""

from __future__ import annotations

import numpy as np

from keras_sessrec.baselines.decays import STEP_DECAYS, check_decay, position_weights
from keras_sessrec.baselines.neighbours import SessionNeighbours


class SessionKNN(SessionNeighbours):
    """Recommends the items of the most similar recent sessions (VS-kNN).

    Ludewig & Jannach, "Evaluation of Session-based Recommendation Algorithms",
    User Modeling and User-Adapted Interaction 28, 2018 (V-SKNN), with the options of
    Ludewig et al., "Empirical Analysis of Session-based Recommendation Algorithms", the same
    journal 31, 2021. For a session of `n` events:

    1. The candidates are the `sample_size` most recent training sessions (by last
       event) that share an item with it.
    2. A candidate's similarity is the dot product of its 0/1 item vector with the
       session's vector, in which an item whose last event is the `p`-th has the weight of
       `weighting`.
    3. The neighbours are the `k` most similar candidates (ties: the more recent).
    4. An item's score is the sum, over the neighbours that hold it, of the similarity
       times the weight of `weighting_score`, where the neighbour's newest item in common with
       the session is its `s`-th event from the end; times `1 + idf_weighting * idf`, with
       `idf = ln(sessions / sessions with the item)`.

    | name | `weighting`, `p`-th of `n` events | `weighting_score`, `s`-th from the end |
    |---|---|---|
    | `"same"` | 1 | 1 |
    | `"div"` | `p / n` | `1 / s` |
    | `"linear"` | `max(0, 1 - (n - p) / 10)` | `max(0, 1 - (s - 1) / 10)` |
    | `"quadratic"` | `(p / n)^2` | `1 / s^2` |
    | `"log"` | `1 / log2(n - p + 2)` | `1 / log2(s + 1)` |

    Items of the session itself are scored as all others. Equal scores are ordered by popularity,
    which adds a thousandth of a score at most. Items of no neighbour follow in order of
    popularity, with scores below 0.

    Of a training session of more than 1,000 events the last 1,000 count.

    Args:
        k: Positive int, number of neighbours. Defaults to 100.
        sample_size: Positive int, number of candidates. Defaults to 1000.
        sampling: `"recent"` (default), or `"random"`: the candidates are the first in a random
            order of all training sessions, drawn in `fit`.
        similarity: `"dot"` (default), or `"cosine"`: divided by the root of the candidate's number
            of different items. (The session's own norm is the same for all.)
        weighting: str, decay of the session's events, see the table. Defaults to `"div"`.
        weighting_score: str, decay of a neighbour's votes, see the table. Defaults to `"div"`.
        idf_weighting: Non-negative float. Defaults to 0, no weighting.
        seed: Int, of `sampling="random"`. Defaults to 0.

    Raises:
        ValueError: An argument is out of its range.

    Example:

    >>> import numpy as np
    >>> from keras_sessrec.catalog import Catalog
    >>> from keras_sessrec.data import SessionLog
    >>> log = SessionLog.from_arrays(
    ...     session_codes=np.array([0, 0, 1]), item_codes=np.array([0, 1, 1]),
    ...     timestamps=np.arange(3), session_ids=np.array([7, 8]), item_ids=np.array([50, 60]))
    >>> SessionKNN(k=2).fit(log, Catalog([50, 60])).score(np.array([[2]])).round(2)
    array([[1., 2.]], dtype=float32)
    """

    def __init__(
        self,
        k: int = 100,
        sample_size: int = 1000,
        sampling: str = "recent",
        similarity: str = "dot",
        weighting: str = "div",
        weighting_score: str = "div",
        idf_weighting: float = 0.0,
        seed: int = 0,
    ) -> None:
        if sampling not in ("recent", "random"):
            raise ValueError(f"`sampling` must be 'recent' or 'random'. Received: {sampling!r}.")
        check_similarity(similarity)
        check_decay("weighting", weighting)
        check_decay("weighting_score", weighting_score)
        super().__init__(
            k,
            sample_size,
            cosine=similarity == "cosine",
            idf_weighting=idf_weighting,
            random_order=seed if sampling == "random" else None,
        )
        self.sampling = sampling
        self.similarity = similarity
        self.weighting = weighting
        self.weighting_score = weighting_score
        self.seed = seed

    def _event_weights(self, steps: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        return position_weights(self.weighting, steps, lengths)

    def _match_weights(self, steps: np.ndarray) -> np.ndarray:
        return STEP_DECAYS[self.weighting_score](steps)


def check_similarity(similarity: str) -> None:
    """Raises a `ValueError` unless it is the name of a similarity."""
    if similarity not in ("dot", "cosine"):
        raise ValueError(f"`similarity` must be 'dot' or 'cosine'. Received: {similarity!r}.")
