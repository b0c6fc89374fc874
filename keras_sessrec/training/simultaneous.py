"""All subnets at once."""

from __future__ import annotations

import keras

from keras_sessrec.training.strategy import Strategy
from keras_sessrec.training.update import Update


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
