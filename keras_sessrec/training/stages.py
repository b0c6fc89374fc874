"""A strategy of one's own, as data."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate
from typing import Any

import keras

from keras_sessrec.training.strategy import Strategy
from keras_sessrec.training.update import Update


@keras.saving.register_keras_serializable(package="keras_sessrec")
class Stages(Strategy):
    """Stages of given length, each with its own updates.

    Args:
        stages: Iterable of pairs (epochs, updates): for how many epochs, and the `Update`s
            of every mini-batch. The last stage goes on for as long as `fit` does.

    Raises:
        ValueError: There is no stage, or one is empty or not at least an epoch long.

    Example:

    Both subnets for two epochs, then only the second one:

    >>> both, second = Update([0, 1], [0, 1]), Update([1], [0, 1])
    >>> strategy = Stages([(2, [both]), (1, [second])])
    >>> [strategy.updates(2, epoch)[0].trains for epoch in range(4)]
    [(0, 1), (0, 1), (1,), (1,)]
    """

    def __init__(self, stages: Iterable[tuple[int, Iterable[Update | dict]]]) -> None:
        self.stages = tuple(
            (
                int(epochs),
                tuple(u if isinstance(u, Update) else Update(**u) for u in updates),
            )
            for epochs, updates in stages
        )
        if not self.stages or any(epochs < 1 or not updates for epochs, updates in self.stages):
            raise ValueError(
                "`stages` must be pairs (epochs, updates) with at least one epoch and one update "
                f"each. Received: stages={self.stages}."
            )

    def updates(self, num_subnets: int, epoch: int) -> tuple[Update, ...]:
        ends = list(accumulate(epochs for epochs, _ in self.stages))
        _, updates = self.stages[min(bisect_right(ends, epoch), len(ends) - 1)]
        named = {k for update in updates for k in update.scores}
        if max(named) >= num_subnets:
            raise ValueError(
                f"`stages` must name subnets 0..{num_subnets - 1} only. Received: {max(named)}."
            )
        return updates

    def get_config(self) -> dict[str, Any]:
        stages = [
            [epochs, [{"trains": list(u.trains), "scores": list(u.scores)} for u in updates]]
            for epochs, updates in self.stages
        ]
        return {"stages": stages}
