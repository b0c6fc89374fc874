"""The STAN and VSTAN baselines."""

from __future__ import annotations

import numpy as np

from keras_sessrec.baselines.decays import check_scales, exponential
from keras_sessrec.baselines.neighbours import SessionNeighbours
from keras_sessrec.baselines.session_knn import check_similarity

FIVE_DAYS = 5 * 24 * 60 * 60.0


class STAN(SessionNeighbours):
    """Session kNN with three exponential decays (STAN).

    Garg et al., "Sequence and Time Aware Neighborhood for Session-based Recommendations: STAN",
    SIGIR 2019. Of a session of `n` events the candidates are the `sample_size` most recent
    training sessions (by last event) that share an item with it. A candidate `c` has the
    similarity

        sim(c) = sum over the items in common exp(-(n - p) / position_decay) / sqrt(|c|)
                 * exp(-(T - T_c) / recency_decay),

    where `p` is the place of an item's last event in the session, `|c|` the number of the
    candidate's different items, `T_c` the time of its last event, and `T` that of the session.
    The `k` most similar vote:

        score(i) = sum over the neighbours that hold i
                   sim(c) * exp(-|q_i - q_m| / neighbour_decay),

    where `q_i` is the place of an item's last event in the neighbour, and `m` the session's newest
    item that it holds. `score` knows no times: `T` is that of the row's newest candidate. Any
    other time would multiply all scores of the row by one number, so the ranks are the paper's.

    Ties, items of no neighbour and long sessions are treated as in `SessionKNN`.

    Args:
        k: Positive int, number of neighbours. Defaults to 500.
        sample_size: Positive int, number of candidates. Defaults to 2500.
        position_decay: Positive float, in events, the paper's lambda 1. `None` for no decay.
            Defaults to 1.
        recency_decay: Positive float, in the unit of the log's timestamps, the paper's lambda 2.
            `None` for no decay. Defaults to 432,000: five days in seconds. Where a log's time is a
            mere counter, give a number of its own.
        neighbour_decay: Positive float, in events, the paper's lambda 3. `None` for no decay.
            Defaults to 2.

    Raises:
        ValueError: An argument is out of its range.

    Example:

    >>> log = ksr.data.synthetic_shop(num_items=40, num_sessions=200, seed=1).log
    >>> stan = STAN(k=50, neighbour_decay=None).fit(log, ksr.Catalog.from_log(log))
    >>> stan.score(np.array([[3, 7]])).shape
    (1, 40)
    """

    def __init__(
        self,
        k: int = 500,
        sample_size: int = 2500,
        position_decay: float | None = 1.0,
        recency_decay: float | None = FIVE_DAYS,
        neighbour_decay: float | None = 2.0,
    ) -> None:
        check_scales(position_decay=position_decay)
        super().__init__(k, sample_size, True, recency_decay, neighbour_decay)
        self.position_decay = position_decay

    def _event_weights(self, steps: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        return exponential(steps - 1, self.position_decay)

    def _match_weights(self, steps: np.ndarray) -> np.ndarray:
        return np.ones(len(steps))


class VSTAN(SessionNeighbours):
    """STAN with the score weights of VS-kNN (VSTAN).

    Ludewig et al., "Empirical Analysis of Session-based Recommendation Algorithms", User Modeling
    and User-Adapted Interaction 31, 2021. `STAN`, whose neighbours' votes also count

        exp(-(s - 1) / match_decay) * (1 + idf_weighting * idf(i)),

    where the neighbour's newest item in common with the session is its `s`-th event from the
    end, and `idf(i) = ln(sessions / sessions with i)`.

    Args:
        k: Positive int, number of neighbours. Defaults to 500.
        sample_size: Positive int, number of candidates. Defaults to 2500.
        similarity: `"cosine"` (default), as in `STAN`, or `"dot"`: not divided by `sqrt(|c|)`.
        position_decay: Positive float, in events. `None` for no decay. Defaults to 1.
        recency_decay: Positive float, in the unit of the log's timestamps. `None` for no decay.
            Defaults to 432,000: five days in seconds.
        neighbour_decay: Positive float, in events. `None` for no decay. Defaults to 2.
        match_decay: Positive float, in events. `None` for no decay. Defaults to 1.
        idf_weighting: Non-negative float. Defaults to 1.

    Raises:
        ValueError: An argument is out of its range.

    Example:

    >>> log = ksr.data.synthetic_shop(num_items=40, num_sessions=200, seed=1).log
    >>> vstan = VSTAN(k=50, similarity="dot").fit(log, ksr.Catalog.from_log(log))
    >>> vstan.score(np.array([[3, 7]])).shape
    (1, 40)
    """

    def __init__(
        self,
        k: int = 500,
        sample_size: int = 2500,
        similarity: str = "cosine",
        position_decay: float | None = 1.0,
        recency_decay: float | None = FIVE_DAYS,
        neighbour_decay: float | None = 2.0,
        match_decay: float | None = 1.0,
        idf_weighting: float = 1.0,
    ) -> None:
        check_similarity(similarity)
        check_scales(position_decay=position_decay, match_decay=match_decay)
        super().__init__(
            k, sample_size, similarity == "cosine", recency_decay, neighbour_decay, idf_weighting
        )
        self.similarity = similarity
        self.position_decay = position_decay
        self.match_decay = match_decay

    def _event_weights(self, steps: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        return exponential(steps - 1, self.position_decay)

    def _match_weights(self, steps: np.ndarray) -> np.ndarray:
        return exponential(steps - 1, self.match_decay)
