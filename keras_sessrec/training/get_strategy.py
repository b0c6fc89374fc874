"""Strategies by name."""

from __future__ import annotations

from keras_sessrec.training.alternating import Alternating
from keras_sessrec.training.interleaving import Interleaving
from keras_sessrec.training.residual import Residual
from keras_sessrec.training.simultaneous import Simultaneous
from keras_sessrec.training.strategy import Strategy

STRATEGIES = {
    "simultaneous": Simultaneous,
    "alternating": Alternating,
    "residual": Residual,
    "interleaving": Interleaving,
}


def get_strategy(identifier: Strategy | str) -> Strategy:
    """Returns a strategy given as an object or by its name.

    Args:
        identifier: `Strategy`, or one of `"simultaneous"`, `"alternating"`, `"residual"`
            and `"interleaving"`, which stand for the classes with their defaults.

    Returns:
        `Strategy`.

    Raises:
        ValueError: The name is unknown.

    Example:

    >>> get_strategy("residual").epochs_per_subnet
    10
    """
    if isinstance(identifier, Strategy):
        return identifier
    if identifier not in STRATEGIES:
        raise ValueError(
            f"`strategy` must be a `Strategy` or one of {list(STRATEGIES)}. "
            f"Received: strategy={identifier!r}."
        )
    return STRATEGIES[identifier]()
