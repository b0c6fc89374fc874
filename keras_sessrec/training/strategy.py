"""The interface of training strategies."""

from __future__ import annotations

from typing import Any

from keras_sessrec.training.update import Update


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
