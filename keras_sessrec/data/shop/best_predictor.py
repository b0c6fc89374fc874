"""The best possible predictor of a synthetic shop as a scorer."""

from __future__ import annotations

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
