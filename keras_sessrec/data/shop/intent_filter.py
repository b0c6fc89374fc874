"""What the clicks so far tell about a session of the synthetic shop."""

from __future__ import annotations

import numpy as np

from keras_sessrec.data.shop.world import ShopDay, ShopWorld


class IntentFilter:
    """Exact belief about the intents of a batch of sessions, as their clicks come in.

    The forward algorithm of a hidden Markov model whose state is (category, style):

        belief_1(c, s)  ~  intent(c, s) e(x_1 | c, s)
        belief_t(c, s)  ~  sum_c' belief_(t-1)(c', s) T(c' -> c) *
                           [l e(x_t | c, s)  +  g(x_t | x_(t-1))]

    where e is the choice within a category, g the successor list of the previous item times
    its link probability, and l = 1 - the link probability.
    """

    def __init__(self, world: ShopWorld, today: ShopDay) -> None:
        self._world = world
        self._today = today
        self._belief = np.empty((0, *today.intent.shape))
        self._items = np.empty(0, np.int64)

    def start(self, items: np.ndarray) -> None:
        """Reads the first clicks: int `[rows]`, item codes."""
        prior = np.broadcast_to(self._today.intent, (len(items), *self._today.intent.shape))
        self._read(items, prior, from_list=np.zeros(len(items)), from_intent=np.ones(len(items)))

    def update(self, items: np.ndarray) -> None:
        """Reads the next clicks of the first `len(items)` sessions; the others have ended."""
        previous = self._items[: len(items)]
        hit = self._world.successors[previous] == items[:, None]
        listed = (hit * self._today.successor_weights[previous]).sum(axis=1)
        link = self._today.link[previous]
        self._read(items, self._moved(slice(len(items))), listed * link, 1 - link)

    def probabilities(self, rows: slice) -> np.ndarray:
        """Returns each item's probability to be the next click, float64 `[rows, items]`.

        `rows` are places of the sessions in what was last read.
        """
        world, today, last = self._world, self._today, self._items[rows]
        moved = self._moved(rows)
        result = np.empty((len(last), world.num_items))
        for category, start in enumerate(world.category_starts[:-1]):
            items = slice(start, world.category_starts[category + 1])
            result[:, items] = moved[:, category] @ today.choice[:, items]
        link = today.link[last][:, None]
        result *= 1 - link
        columns = world.successors[last]  # Distinct in a row: += adds each once.
        result[np.arange(len(last))[:, None], columns] += link * today.successor_weights[last]
        return result

    def _moved(self, rows: slice) -> np.ndarray:
        """Belief about the intents of the next click, before it is seen."""
        return np.einsum("bcs,cd->bds", self._belief[rows], self._world.transition)

    def _read(
        self, items: np.ndarray, prior: np.ndarray, from_list: np.ndarray, from_intent: np.ndarray
    ) -> None:
        """Bayes' rule: prior times likelihood, normalised."""
        rows, category = np.arange(len(items)), self._world.category[items]
        belief = prior * from_list[:, None, None]
        chosen = self._today.choice[:, items].T * from_intent[:, None]
        belief[rows, category] += prior[rows, category] * chosen
        total = belief.sum(axis=(1, 2), keepdims=True)
        # What is not in the shop today cannot be clicked: such a click tells nothing.
        self._belief = np.where(total > 0, belief, prior) / np.where(total > 0, total, 1)
        self._items = items
