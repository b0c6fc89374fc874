"""One subnet per epoch, in turns."""

from __future__ import annotations

import keras

from keras_sessrec.training.strategy import Strategy
from keras_sessrec.training.update import Update


@keras.saving.register_keras_serializable(package="keras_sessrec")
class Alternating(Strategy):
    """All subnets score, one is trained; the next epoch it is the next one's turn.

    Hidasi et al. (RecSys 2016), section 3.2. The first subnet is trained in the first
    epoch, while the scores of the others are still those of their initial weights.

    Example:

    >>> [Alternating().updates(2, epoch)[0].trains for epoch in range(3)]
    [(0,), (1,), (0,)]
    """

    def updates(self, num_subnets: int, epoch: int) -> tuple[Update, ...]:
        return (Update([epoch % num_subnets], range(num_subnets)),)
