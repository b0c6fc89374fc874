"""The best possible predictor of a synthetic shop: as a scorer, and how good it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from keras_sessrec.data.shop.intent_filter import IntentFilter
from keras_sessrec.data.shop.world import ShopWorld

_BATCH_SIZE = 512


class BestPredictor:
    """Scores items by their exact probability to be clicked next.

    It knows the generating process, but of a session only the clicks so far: no model can be
    expected to rank better. Made by `SyntheticShop.predictor`; a row for tables, beside the
    models.

    Args:
        world: The parameters of the shop.
        day: int. Day on which all scored sessions take place.
        codes: int `[N]`, the shop's item codes of items 1..N.
    """

    def __init__(self, world: ShopWorld, day: int, codes: np.ndarray) -> None:
        self._world = world
        self._today = world.day(day)
        self._codes = codes

    def score(self, items: np.ndarray) -> np.ndarray:
        """Scores every item as the next event.

        Clicks of items that are not in the shop on the predictor's day are taken to tell
        nothing about the session's intent.

        Args:
            items: int32 `[rows, T]`, items 1..N, right-padded with 0. A row may be empty.

        Returns:
            float32 `[rows, N]`, probabilities; column j is item j + 1.
        """
        items = np.asarray(items)
        scores = np.empty((len(items), len(self._codes)), np.float32)
        lengths = (items > 0).sum(axis=1)
        # Longest first: the sessions still going are always the first ones of a batch.
        order = np.argsort(-lengths, kind="stable")
        for first in range(0, len(order), _BATCH_SIZE):
            rows = order[first : first + _BATCH_SIZE]
            scores[rows] = self._score_batch(items[rows], lengths[rows])
        return scores

    def _score_batch(self, items: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        scores = np.empty((len(items), len(self._codes)), np.float32)
        going = int((lengths > 0).sum())
        prior = self._today.intent.T[:, self._world.category]
        scores[going:] = (prior * self._today.choice).sum(axis=0)[self._codes]
        belief = IntentFilter(self._world, self._today)
        for position in range(int(lengths.max(initial=0))):
            clicked = self._codes[items[:going, position] - 1]
            belief.update(clicked) if position else belief.start(clicked)
            still = int((lengths > position + 1).sum())
            ended = slice(still, going)
            scores[ended] = belief.probabilities(ended)[:, self._codes]
            going = still
        return scores


@dataclass(frozen=True)
class Ceiling:
    """What the best possible predictor reaches on a log.

    Attributes:
        k: int. Cut-off.
        recall: Recall@k of the best predictor on these very events: the row to compare with.
        mrr: MRR@k of the best predictor on these very events.
        expected_recall: Mean over the events of the probability that the target is among the
            k most probable items: `recall` without the luck of the draw of the targets.
        expected_mrr: The same for MRR@k.
        num_events: int. Number of predicted events (each but the first of every session).
    """

    k: int
    recall: float
    mrr: float
    expected_recall: float
    expected_mrr: float
    num_events: int


def predictions(
    world: ShopWorld, days: np.ndarray, items: np.ndarray, offsets: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Walks through sessions and predicts each click but the first from those before it.

    `days` are those of the sessions, whose item codes are `items` from `offsets` to the next.

    Yields:
        Places in `items` of the predicted clicks, int `[rows]`, and the probability of every
        item, float64 `[rows, items]`.
    """
    lengths = np.diff(offsets)
    # Longest first: the sessions still going are always the first ones of a batch.
    order = np.lexsort((-lengths, days))
    for day in np.unique(days):
        today = world.day(day)
        sessions = order[days[order] == day]
        for first in range(0, len(sessions), _BATCH_SIZE):
            batch = sessions[first : first + _BATCH_SIZE]
            begins = offsets[batch]
            belief = IntentFilter(world, today)
            belief.start(items[begins])
            for position in range(1, int(lengths[batch].max())):
                targets = begins[lengths[batch] > position] + position
                yield targets, belief.probabilities(slice(len(targets)))
                belief.update(items[targets])


def best_possible(
    world: ShopWorld,
    days: np.ndarray,
    items: np.ndarray,
    offsets: np.ndarray,
    k: int,
    candidates: np.ndarray,
) -> Ceiling:
    """Measures `predictions` among some items, bool `[items]`; see `SyntheticShop.ceiling`."""
    k = min(k, int(candidates.sum()))
    column = np.cumsum(candidates) - 1
    sums = np.zeros(4)
    num_events = 0
    for targets, probabilities in predictions(world, days, items, offsets):
        probabilities = probabilities[:, candidates]
        probabilities /= probabilities.sum(axis=1, keepdims=True)
        own = np.take_along_axis(probabilities, column[items[targets]][:, None], axis=1)
        ranks = 1 + (probabilities > own).sum(axis=1)
        top = -np.sort(np.partition(-probabilities, k - 1, axis=1)[:, :k], axis=1)
        sums += (
            (ranks <= k).sum(),
            (1 / ranks[ranks <= k]).sum(),
            top.sum(),
            (top / np.arange(1, k + 1)).sum(),
        )
        num_events += len(targets)
    recall, mrr, expected_recall, expected_mrr = (sums / num_events).tolist()
    return Ceiling(k, recall, mrr, expected_recall, expected_mrr, num_events)
