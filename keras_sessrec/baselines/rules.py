"""The AR and SR baselines: rules from the last item to the next one."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from keras_sessrec.baselines.baseline import Baseline
from keras_sessrec.baselines.decays import STEP_DECAYS, check_decay
from keras_sessrec.baselines.ragged import Ragged, rank_in_group
from keras_sessrec.data import SessionLog

# Longer sessions are a crawler's; their pairs are quadratic in number, so only their end counts.
MAX_SESSION_LENGTH = 1000


class _Rules(Baseline):
    """A weight from every item to every other: the last item's row is the score."""

    def __init__(self, pruning: int | None) -> None:
        if pruning is not None and pruning < 1:
            raise ValueError(
                f"`pruning` must be positive, or `None` to keep all. Received: {pruning}."
            )
        self.pruning = pruning

    def _keep(self, rules: sparse.csr_array) -> None:
        """Keeps each item's `pruning` heaviest rules; of equal ones those of popular items."""
        rules.eliminate_zeros()
        rules = rules.tocoo()
        rows, others, weights = rules.row, rules.col, rules.data
        if self.pruning is not None:
            order = np.lexsort((others, -self.popularity[others], -weights, rows))
            order = order[rank_in_group(rows[order]) < self.pruning]
            rows, others, weights = rows[order], others[order], weights[order]
        self._rules = sparse.csr_array((weights, (rows, others)), rules.shape)

    def _score(self, prefixes: Ragged) -> np.ndarray:
        rules = self._rules[prefixes.last].tocoo()
        return self._by_evidence(rules.row, rules.col, rules.data, len(prefixes))


class AssociationRules(_Rules):
    """Recommends what most often shared a session with the last item (AR).

    Ludewig & Jannach, "Evaluation of Session-based Recommendation Algorithms", User Modeling and
    User-Adapted Interaction 28, 2018. The score of item `j` after the last item `i` is the number
    of pairs of different events of one training session, in either order, of which one is an `i`
    and the other a `j`. The paper divides by their sum over all `j`, which is the same for the
    whole row and changes no rank.

    Equal scores are ordered by popularity, which adds a thousandth of a score at most. Items
    without a rule follow in order of popularity, with scores below 0. Of a training session of
    more than 1,000 events the last 1,000 count.

    Args:
        pruning: Positive int, how many rules of each item are kept, the heaviest (ties: the more
            popular item). Defaults to `None`, all.

    Raises:
        ValueError: `pruning` is not positive.

    Example:

    >>> log = ksr.data.synthetic_shop(num_items=40, num_sessions=200, seed=1).log
    >>> rules = AssociationRules(pruning=5).fit(log, ksr.Catalog.from_log(log))
    >>> int((rules.score(np.array([[3]])) > 0).sum())
    5
    """

    def __init__(self, pruning: int | None = None) -> None:
        super().__init__(pruning)

    def _fit(self, sessions: Ragged, log: SessionLog) -> None:
        num_items = len(self.popularity)
        recent = np.maximum(sessions.offsets[1:] - MAX_SESSION_LENGTH, sessions.offsets[:-1])
        owners = sessions.owners
        kept = np.arange(len(owners)) >= recent[owners]
        cells = (owners[kept], sessions.values[kept])
        counts = sparse.csr_array((np.ones(len(cells[0])), cells), (len(sessions), num_items))
        # An event makes no pair with itself.
        self._keep(counts.T.tocsr() @ counts - sparse.diags_array(counts.sum(axis=0)).tocsr())


class SequentialRules(_Rules):
    """Recommends what followed the last item within some steps (SR).

    Kamehkhosh, Jannach & Ludewig, "A Comparison of Frequent Pattern Techniques and a Deep
    Learning Method for Session-Based Recommendation", RecTemp 2017; Ludewig & Jannach,
    "Evaluation of Session-based Recommendation Algorithms", User Modeling and User-Adapted
    Interaction 28, 2018. The score of item `j` after the last item `i` is the sum, over all events
    of `j` that come `x <= steps` events after an event of `i` in a training session, of the
    weight of `x`. The paper divides by the sum over all `j`, which is the same for the whole row
    and changes no rank. With `steps=1` these are the transition counts of `MarkovChain`.

    Ties and items without a rule are treated as in `AssociationRules`.

    Args:
        steps: Positive int, the furthest event that makes a rule. Defaults to 10.
        weighting: str, weight of `x` steps: `"div"` (default, the paper's) is `1 / x`, `"same"` 1,
            `"linear"` `max(0, 1 - (x - 1) / 10)`, `"quadratic"` `1 / x^2`, `"log"`
            `1 / log2(x + 1)`.
        pruning: Positive int, how many rules of each item are kept, the heaviest (ties: the more
            popular item). Defaults to `None`, all.

    Raises:
        ValueError: An argument is out of its range.

    Example:

    >>> log = ksr.data.synthetic_shop(num_items=40, num_sessions=200, seed=1).log
    >>> rules = SequentialRules(steps=3).fit(log, ksr.Catalog.from_log(log))
    >>> rules.score(np.array([[3]])).shape
    (1, 40)
    """

    def __init__(self, steps: int = 10, weighting: str = "div", pruning: int | None = None) -> None:
        if steps < 1:
            raise ValueError(f"`steps` must be positive. Received: {steps}.")
        check_decay("weighting", weighting)
        super().__init__(pruning)
        self.steps = steps
        self.weighting = weighting

    def _fit(self, sessions: Ragged, log: SessionLog) -> None:
        shape = (len(self.popularity), len(self.popularity))
        weights = STEP_DECAYS[self.weighting](np.arange(1, self.steps + 1))
        owners, values = sessions.owners, sessions.values
        rules = sparse.csr_array(shape)
        for step, weight in enumerate(weights.tolist(), start=1):
            ahead = np.flatnonzero(owners[step:] == owners[:-step])
            cells = (values[ahead], values[ahead + step])
            rules = rules + sparse.csr_array((np.full(len(ahead), weight), cells), shape)
        self._keep(rules)
