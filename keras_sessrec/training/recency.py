"""Training on ever more recent parts of a log."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import keras

from keras_sessrec.catalog.catalog import Catalog
from keras_sessrec.data import SessionLog, recent_fraction


@dataclass(frozen=True)
class RecencyStage:
    """How long, and on which most recent part of a log, to train.

    Args:
        fraction: float in (0, 1], share of the training sequences, the most recent ones
            (`data.recent_fraction`).
        epochs: int, at least 1; the most there are if a callback stops early.
        learning_rate: float, the optimizer's in this stage, or `None` (default) for the
            one that the model was compiled with.

    Raises:
        ValueError: A number is out of range.

    Example:

    >>> RecencyStage(1 / 4, epochs=3)
    RecencyStage(fraction=0.25, epochs=3, learning_rate=None)
    """

    fraction: float
    epochs: int
    learning_rate: float | None = None

    def __post_init__(self) -> None:
        if not 0 < self.fraction <= 1:
            raise ValueError(f"`fraction` must be in (0, 1]. Received: fraction={self.fraction}.")
        if self.epochs < 1:
            raise ValueError(f"`epochs` must be at least 1. Received: epochs={self.epochs}.")
        if self.learning_rate is not None and not self.learning_rate > 0:
            raise ValueError(
                "`learning_rate` must be positive, or None for the compiled one. "
                f"Received: learning_rate={self.learning_rate}."
            )


def fit_by_recency(
    model: keras.Model,
    log: SessionLog,
    batches: Callable[[SessionLog, Catalog], Any],
    stages: Iterable[RecencyStage],
    **fit_arguments: Any,
) -> list[keras.callbacks.History]:
    """Trains on the recent parts of a log, stage after stage (Tan et al. 2016, model M2).

    Section 3.3: a model that is trained on all data and then on the most recent part of
    it only has a good start and yet follows what visitors do now. Every stage begins with
    the weights of the one before and a fresh optimizer, as a new compile would make it: the
    accumulated gradients of old data would slow the new down.

    A catalog that gained items since is not this function's business: give it a new model
    with `Catalog.extended`, started by `warm_start`.

    Args:
        model: Compiled model of `keras_sessrec.models`; it is trained in place.
        log: `SessionLog` to train on.
        batches: Callable (log, catalog) -> what `fit` takes, e.g.
            `lambda log, catalog: ksr.batches.session_parallel(log, catalog, lanes=32)`.
        stages: Iterable of `RecencyStage`, in their order.
        **fit_arguments: As in `keras.Model.fit`: `validation_data`, `callbacks`, `verbose`. A
            `ksr.callbacks.BackupAndRestore` lets stages that have ended be skipped and a broken
            one go on.

    Returns:
        List of `keras.callbacks.History`, one per stage.

    Raises:
        ValueError: The model is not compiled, there is no stage, or `fit_arguments` has
            what the stages say.

    Example:

    >>> log = ksr.data.synthetic_shop(num_items=40, num_sessions=200, seed=1).log
    >>> model = ksr.models.GRU4Rec(ksr.Catalog.from_log(log), units=[8], seed=1)
    >>> model.compile(negatives=ksr.samplers.Uniform(8))
    >>> histories = fit_by_recency(
    ...     model,
    ...     log,
    ...     lambda log, catalog: ksr.batches.session_parallel(log, catalog, lanes=8),
    ...     [RecencyStage(1, epochs=2), RecencyStage(1 / 4, epochs=1, learning_rate=0.02)],
    ...     verbose=0,
    ... )
    >>> [len(history.history["loss"]) for history in histories]
    [2, 1]
    """
    stages = list(stages)
    compiled = model.get_compile_config()
    if compiled is None:
        raise ValueError("`model` must be compiled. Received: a model that is not.")
    if not stages:
        raise ValueError("`stages` must hold at least one `RecencyStage`. Received: none.")
    if taken := {"x", "epochs", "initial_epoch"} & set(fit_arguments):
        raise ValueError(
            "`fit_arguments` must not have what `batches` and `stages` say. "
            f"Received: {sorted(taken)}."
        )
    callbacks = list(fit_arguments.pop("callbacks", None) or ())
    backups = [callback for callback in callbacks if hasattr(callback, "for_part")]
    histories = []
    for number, stage in enumerate(stages):
        model.compile_from_config(compiled)
        if stage.learning_rate is not None:
            model.optimizer.learning_rate = stage.learning_rate
        recent = recent_fraction(log, stage.fraction)
        data = batches(recent, model.catalog)
        own = [c.for_part(f"stage-{number}") if c in backups else c for c in callbacks]
        histories.append(model.fit(data, epochs=stage.epochs, callbacks=own, **fit_arguments))
    for backup in backups:
        backup.end()
    return histories
