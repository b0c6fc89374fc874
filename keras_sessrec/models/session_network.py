"""What a network for sessions defines."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from keras_sessrec.catalog.catalog import Catalog
from keras_sessrec.training import Update


class SessionNetwork(keras.Model):
    """Base of all models: events in, hidden vectors and states, and scores out.

    Children override `initial_states`, `encode` and `score_hidden`; those of several
    subnets `encode_for`, `score_for` and `variables_for` too, which say what one `Update`
    runs and trains.

    Args:
        catalog: `Catalog` of the items that can be read and recommended.
        seed: int or `None`, of everything random: initial weights, dropout, sampling.
        **kwargs: As in `keras.Model`.
    """

    def __init__(self, catalog: Catalog, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(catalog, Catalog):
            raise TypeError(
                "`catalog` must be a `keras_sessrec.Catalog`, e.g. `Catalog.from_log(train)`. "
                f"Received: {catalog!r}."
            )
        self.catalog = catalog
        self.seed = seed
        self.subnet_names = [self.name]
        self._rng = np.random.default_rng(seed)

    def _draw_seed(self) -> int:
        """A seed for one part of the model, so that no two share a random stream."""
        return int(self._rng.integers(2**31 - 1))

    def initial_states(self, rows: int) -> list[Any]:
        """Returns the states of `rows` sessions without events."""
        raise NotImplementedError(f"`{type(self).__name__}` must override `initial_states`.")

    def encode(self, items: Any, states: Any = None, training: bool = False) -> tuple[Any, Any]:
        """Reads events.

        Args:
            items: int `[rows, steps]`.
            states: list of carried states, or `None` for sessions that begin here.
            training: bool.

        Returns:
            Tuple of float `[rows, steps, dim]`, the hidden vector after every event, and
            the list of states after the last one.
        """
        raise NotImplementedError(f"`{type(self).__name__}` must override `encode`.")

    def score_hidden(self, hidden: Any, candidates: Any = None) -> Any:
        """Scores items.

        Args:
            hidden: float `[rows, dim]`.
            candidates: int `[C]`, or `None` for the whole catalog.

        Returns:
            float32 `[rows, C]` or `[rows, N]`, raw scores.
        """
        raise NotImplementedError(f"`{type(self).__name__}` must override `score_hidden`.")

    def score_table(self) -> tuple[Any, Any] | None:
        """Returns the vectors and biases of all items, if a score is one product of them.

        Then `score_hidden(hidden)` equals `score_query(hidden) . vectors^T + biases`, and
        whoever scores often can keep them in the layout that is fastest.

        Returns:
            Tuple of float32 arrays `[N, dim]` and `[N]`, or `None` (default) where scores are
            computed in another way.
        """
        return None

    def score_query(self, hidden: Any) -> Any:
        """Maps hidden vectors `[rows, dim]` to those that `score_table` is multiplied by."""
        return hidden

    def encode_for(self, update: Update, items: Any, states: Any) -> tuple[Any, Any]:
        """Reads events while training, as `encode`; what is not trained has no dropout."""
        return self.encode(items, states, training=True)

    def score_for(self, update: Update, hidden: Any, candidates: Any, live: Any) -> Any:
        """Scores items while training, as `score_hidden`, by the update's subnets only.

        Args:
            update: `Update`.
            hidden: As `encode_for` returned it, but `[rows, dim]`.
            candidates: int `[C]`, or `None` for the whole catalog.
            live: bool `[rows]`, false for rows without a target, whose scores do not count.
        """
        return self.score_hidden(hidden, candidates)

    def variables_for(self, update: Update) -> list[keras.Variable]:
        """Returns the weights that an update trains."""
        return self.trainable_variables
