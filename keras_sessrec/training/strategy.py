"""One gradient step of a network of subnets, and what decides which steps are taken."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import keras


@dataclass(frozen=True)
class Update:
    """Which subnets are trained by one gradient step, and which take part in the scores.

    Scores of subnets add up, so "train subnet k on the residual error of the ensemble" is:
    score with subnets 0..k, train k. What is not trained is left out of the gradient
    computation altogether.

    Args:
        trains: Iterable of int, indices of the subnets whose weights move.
        scores: Iterable of int, indices of the subnets whose scores are summed; must hold
            all of `trains`.

    Raises:
        ValueError: Nothing is trained, or a trained subnet does not score.

    Example:

    >>> Update(trains=[1], scores=[0, 1])
    Update(trains=(1,), scores=(0, 1))
    """

    trains: tuple[int, ...]
    scores: tuple[int, ...]

    def __init__(self, trains: Iterable[int], scores: Iterable[int]) -> None:
        object.__setattr__(self, "trains", tuple(sorted({int(k) for k in trains})))
        object.__setattr__(self, "scores", tuple(sorted({int(k) for k in scores})))
        if not self.trains or not set(self.trains) <= set(self.scores):
            raise ValueError(
                "`trains` must name at least one subnet, and `scores` all of `trains`: a subnet "
                "that does not score has no gradient. "
                f"Received: trains={self.trains}, scores={self.scores}."
            )


class Strategy:
    """Base of the training strategies of networks of several subnets.

    A strategy is data: it answers which gradient steps a mini-batch of an epoch takes, and
    one loop in the model runs them. Children override `updates`.
    """

    def updates(self, num_subnets: int, epoch: int) -> tuple[Update, ...]:
        """Returns the gradient steps that every mini-batch of an epoch takes, in order.

        Args:
            num_subnets: int.
            epoch: int, from 0.

        Returns:
            Tuple of `Update`.
        """
        raise NotImplementedError(f"`{type(self).__name__}` must override `updates`.")

    def stage(self, num_subnets: int, epoch: int) -> int:
        """Returns the number, from 0, of an epoch's updates among those seen until then."""
        seen = dict.fromkeys(self.updates(num_subnets, e) for e in range(epoch + 1))
        return list(seen).index(self.updates(num_subnets, epoch))

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Strategy:
        """Makes a strategy from what `get_config` returned."""
        return cls(**config)


@keras.saving.register_keras_serializable(package="keras_sessrec")
class Simultaneous(Strategy):
    """Trains every subnet in every mini-batch by the gradient of the summed scores.

    Hidasi et al. (RecSys 2016), section 3.2: plain backpropagation, the baseline of the
    strategies. The subnets see the same error and tend to learn the same thing.

    Example:

    >>> Simultaneous().updates(num_subnets=2, epoch=0)
    (Update(trains=(0, 1), scores=(0, 1)),)
    """

    def updates(self, num_subnets: int, epoch: int) -> tuple[Update, ...]:
        everything = range(num_subnets)
        return (Update(everything, everything),)
