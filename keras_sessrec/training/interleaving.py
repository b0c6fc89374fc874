"""Every subnet in every mini-batch, one after the other."""

from __future__ import annotations

from typing import Any

import keras

from keras_sessrec.training.strategy import Strategy
from keras_sessrec.training.update import Update


@keras.saving.register_keras_serializable(package="keras_sessrec")
class Interleaving(Strategy):
    """Residual training per mini-batch: as many gradient steps as subnets, in turn.

    Hidasi et al. (RecSys 2016), section 3.2: step k trains subnet k on the residual error of
    the subnets before it and sees the weights that step k - 1 has just left. The paper
    can also be read as "all score, one trains".

    Args:
        scores: `"previous"` (default): step k scores with subnets 0..k. `"all"`: with all.

    Raises:
        ValueError: `scores` is neither.

    Example:

    >>> Interleaving().updates(2, epoch=0)
    (Update(trains=(0,), scores=(0,)), Update(trains=(1,), scores=(0, 1)))
    """

    def __init__(self, scores: str = "previous") -> None:
        if scores not in ("previous", "all"):
            raise ValueError(f"`scores` must be 'previous' or 'all'. Received: scores={scores!r}.")
        self.scores = scores

    def updates(self, num_subnets: int, epoch: int) -> tuple[Update, ...]:
        scoring = num_subnets if self.scores == "all" else 0
        return tuple(Update([k], range(max(k + 1, scoring))) for k in range(num_subnets))

    def get_config(self) -> dict[str, Any]:
        return {"scores": self.scores}
