"""The best possible predictor of a synthetic shop, and how good it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from keras_sessrec.data.shop.intent_filter import IntentFilter
from keras_sessrec.data.shop.world import ShopWorld

BATCH_SIZE = 512


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

    Args:
        world: The parameters of the shop.
        days: int `[sessions]`, day of each session.
        items: int `[events]`, item codes of the sessions, one session after the other.
        offsets: int `[sessions + 1]`, places of the sessions in `items`.

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
        for first in range(0, len(sessions), BATCH_SIZE):
            batch = sessions[first : first + BATCH_SIZE]
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
    """Measures the best possible predictor; see `SyntheticShop.ceiling`.

    Args:
        world: The parameters of the shop.
        days: int `[sessions]`.
        items: int `[events]`.
        offsets: int `[sessions + 1]`.
        k: Cut-off.
        candidates: bool `[items]`, the items that may be recommended.
    """
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
    return Ceiling(k, *(sums / num_events).tolist(), num_events)
