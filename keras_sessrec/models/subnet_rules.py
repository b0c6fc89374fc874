"""Learning rates and momenta of single subnets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import keras

from keras_sessrec.optimizers import SparseAdagrad


def check_rules(
    optimizer: keras.optimizers.Optimizer, subnets: Sequence[str], **of_subnets: Mapping[str, float]
) -> None:
    """Checks what `compile` is told of single subnets.

    Args:
        optimizer: Keras optimizer.
        subnets: Names of the network's subnets.
        **of_subnets: dict from names of subnets to float, by the argument's name.

    Raises:
        ValueError: A name is no subnet's, or the optimizer has one rule for all weights.
    """
    for argument, values in of_subnets.items():
        if unknown := set(values) - set(subnets):
            raise ValueError(
                f"`{argument}` must name subnets, {list(subnets)}. Received: {sorted(unknown)}."
            )
        if values and not isinstance(_within(optimizer), SparseAdagrad):
            raise ValueError(
                f"`{argument}` needs `optimizer=SparseAdagrad(...)`. "
                f"Received: {type(optimizer).__name__}."
            )


def set_rules(
    optimizer: keras.optimizers.Optimizer,
    weights: Mapping[str, Sequence[keras.Variable]],
    learning_rate_factors: Mapping[str, float],
    momentums: Mapping[str, float],
) -> None:
    """Gives the weights of each subnet its own learning rate and momentum.

    What the updates of several subnets train, such as one output matrix for all, belongs to none of
    them and follows the optimizer's.

    Args:
        optimizer: Keras optimizer, built; one that is no `SparseAdagrad` is left alone.
        weights: dict from names of all subnets to the weights that their updates train.
        learning_rate_factors: dict from names to float; 1 where a name is missing.
        momentums: dict from names to float in [0, 1); the optimizer's where a name is missing.

    Raises:
        ValueError: A number is out of range, or the optimizer has no momentum.
    """
    rule = _within(optimizer)
    if not isinstance(rule, SparseAdagrad):
        return
    trained_by = Counter(id(v) for of_subnet in weights.values() for v in of_subnet)
    for name, of_subnet in weights.items():
        own = [v for v in of_subnet if trained_by[id(v)] == 1]
        rule.scale_learning_rate(own, learning_rate_factors.get(name, 1.0))
        rule.set_momentum(own, momentums.get(name, rule.momentum))


def _within(optimizer: keras.optimizers.Optimizer) -> keras.optimizers.Optimizer:
    """The optimizer that Keras' loss scaling wraps, or itself."""
    return getattr(optimizer, "inner_optimizer", optimizer)
