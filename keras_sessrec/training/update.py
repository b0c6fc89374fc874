"""One gradient step of a network of several subnets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


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
