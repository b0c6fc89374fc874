"""The strategies of parallel RNNs (Hidasi et al., RecSys 2016), and one's own."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate
from typing import Any

import keras

from keras_sessrec.ops.identifiers import resolve
from keras_sessrec.training.strategy import Simultaneous, Strategy, Update


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


@keras.saving.register_keras_serializable(package="keras_sessrec")
class Interleaving(Strategy):
    """Residual training per mini-batch: as many gradient steps as subnets, in turn.

    Hidasi et al. (RecSys 2016), section 3.2: step k trains subnet k on the residual error of
    the subnets before it and sees the weights that step k - 1 has just left. The paper
    can also be read as "all score, one trains".

    The next mini-batch begins with the states of the last step's pass. Only the subnet that a step
    trains has dropout, so the last subnet's state is carried dropped, as in simultaneous training,
    and those of the others undropped, as in evaluation. To go on dropping these, in what is carried
    alone or in what later steps score with too, lowers MRR@20 under both readings. Means of three
    seeds with two subnets, in points (`benchmarks/interleaved_dropout.py`): -0.22 to -0.28 on the
    synthetic shop with dropout 0.5 (from 29.3 and 29.5; p < 0.05 in 11 of 12 runs), -0.07 to -0.18
    with 0.25 (3 of 12), -0.05 to -0.10 on online_retail with 0.5 (1 of 12). Recall@20 falls by 0.1
    to 0.4 in the first case and is within 0.2 in the others.

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


@keras.saving.register_keras_serializable(package="keras_sessrec")
class Separate(Strategy):
    """Every subnet is trained as if it were alone; together they score in evaluation only.

    Not of the paper: how the members of an ensemble are trained, in one `fit`.

    Example:

    >>> Separate().updates(2, epoch=0)
    (Update(trains=(0,), scores=(0,)), Update(trains=(1,), scores=(1,)))
    """

    def updates(self, num_subnets: int, epoch: int) -> tuple[Update, ...]:
        return tuple(Update([k], [k]) for k in range(num_subnets))


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


STRATEGIES = {
    "simultaneous": Simultaneous,
    "alternating": Alternating,
    "residual": Residual,
    "interleaving": Interleaving,
    "separate": Separate,
}


def get(identifier: Strategy | str) -> Strategy:
    """Returns a strategy given as an object or by its name.

    Args:
        identifier: `Strategy`, or one of `"simultaneous"`, `"alternating"`, `"residual"`,
            `"interleaving"` and `"separate"`, which stand for the classes with their defaults.

    Returns:
        `Strategy`.

    Raises:
        ValueError: The name is unknown.

    Example:

    >>> get("residual").epochs_per_subnet
    10
    """
    return resolve("strategy", identifier, Strategy, STRATEGIES, "Residual(epochs_per_subnet=10)")
