"""One subnet after the other, each on what the earlier ones left."""

from __future__ import annotations

from typing import Any

import keras

from keras_sessrec.training.strategy import Strategy
from keras_sessrec.training.update import Update


@keras.saving.register_keras_serializable(package="keras_sessrec")
class Residual(Strategy):
    """Trains subnet k for some epochs on the residual error of the subnets before it.

    Hidasi et al. (RecSys 2016), section 3.2, as in boosting: subnets 0..k score, subnet k
    is trained, later ones do not score yet; then the next subnet, with no return to
    earlier ones. Epochs beyond the last stage go on training the last subnet; a `fit` that ends
    earlier leaves later subnets untrained.

    Args:
        epochs_per_subnet: int, length of a stage. Defaults to 10, the paper's.

    Raises:
        ValueError: `epochs_per_subnet` is not positive.

    Example:

    >>> strategy = Residual(epochs_per_subnet=2)
    >>> strategy.updates(2, epoch=1), strategy.updates(2, epoch=2)
    ((Update(trains=(0,), scores=(0,)),), (Update(trains=(1,), scores=(0, 1)),))
    """

    def __init__(self, epochs_per_subnet: int = 10) -> None:
        if epochs_per_subnet < 1:
            raise ValueError(
                "`epochs_per_subnet` must be at least 1. "
                f"Received: epochs_per_subnet={epochs_per_subnet}."
            )
        self.epochs_per_subnet = int(epochs_per_subnet)

    def updates(self, num_subnets: int, epoch: int) -> tuple[Update, ...]:
        k = min(epoch // self.epochs_per_subnet, num_subnets - 1)
        return (Update([k], range(k + 1)),)

    def get_config(self) -> dict[str, Any]:
        return {"epochs_per_subnet": self.epochs_per_subnet}
