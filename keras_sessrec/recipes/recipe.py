"""A published configuration as data."""

from __future__ import annotations

import dataclasses
import tempfile
from dataclasses import dataclass, field
from typing import Any

import keras

from keras_sessrec.batches import whole_sessions
from keras_sessrec.catalog.catalog import Catalog
from keras_sessrec.data import SessionLog, keep_known_items, recent_fraction, split_random_sessions
from keras_sessrec.data.session_log import check_log
from keras_sessrec.models import SessionRecommender
from keras_sessrec.models.distillation.soft_labels import SoftLabels
from keras_sessrec.recipes.expectation import Expectation
from keras_sessrec.recipes.parts import PARTS, Part, made, seeded
from keras_sessrec.training.recency import RecencyStage, fit_by_recency

HELD_OUT = 0.1  # share of the sessions that early stopping watches

# What `tiny` makes of sizes, wherever in a recipe they stand.
TINY = {
    "units": [8],
    "embedding_dim": 6,
    "num": 16,
    "lanes": 8,
    "batch_size": 32,
    "max_length": 4,
    "epochs_per_subnet": 1,
}


@dataclass(frozen=True)
class Recipe:
    """One configuration of a paper, in numbers and names, with the figure to reach.

    Parts are `(name, arguments)` with the arguments of the class or function of that name
    (`recipes.parts`), so a mistyped one is an error.

    Args:
        name: str.
        reference: str, where the configuration is published.
        model: Part, without `catalog` and `seed`.
        optimizer: Part.
        loss: Part.
        negatives: Part.
        batches: Part: the function that makes batches, without `log` and `catalog`.
        epochs: int; the most there are if training stops early.
        early_stopping: int or `None`: with a number, a tenth of the sessions is kept apart at
            random, training ends after so many epochs in which their loss was not less, and the
            best epoch's weights are kept.
        strategy: Part of a p-RNN, or `None`.
        features: tuple of str, what the catalog must carry (`Catalog.with_features`).
        start: `Recipe` whose trained model this one starts from, or `None`: its weights if
            there are `stages` (M2), its item embeddings otherwise (M4).
        stages: tuple of `RecencyStage`, instead of `epochs`.
        soft_labels: int or `None`: with a number, a teacher of reversed futures is trained
            first and so many of its labels are kept per pair (M3).
        compile: dict, more arguments of `compile`.
        notes: str, what the source leaves open and how it is filled.
        expects: tuple of `Expectation`.

    Example:

    >>> log = ksr.data.synthetic_shop(num_items=40, num_sessions=200, seed=1).log
    >>> recipe = ksr.recipes.get("gru4rec_rsc15_xe_shared_100").tiny()
    >>> model = recipe.train(log, verbose=0)
    >>> type(model).__name__
    'GRU4Rec'
    """

    name: str
    reference: str
    model: Part
    optimizer: Part
    loss: Part
    negatives: Part
    batches: Part
    epochs: int = 10
    early_stopping: int | None = None
    strategy: Part | None = None
    features: tuple[str, ...] = ()
    start: Recipe | None = None
    stages: tuple[RecencyStage, ...] = ()
    soft_labels: int | None = None
    compile: dict[str, Any] = field(default_factory=dict)
    notes: str = ""
    expects: tuple[Expectation, ...] = ()

    def train(
        self,
        log: SessionLog,
        catalog: Catalog | None = None,
        seed: int | None = None,
        start: SessionRecommender | None = None,
        **fit_arguments: Any,
    ) -> SessionRecommender:
        """Trains as published.

        Args:
            log: `SessionLog` to train on.
            catalog: `Catalog`, with the `features` that the recipe names. Defaults to
                `Catalog.from_log(log)`.
            seed: int or `None`, of the model, and of the sessions that are kept apart.
            start: A trained model of the recipe `self.start`. Defaults to one that is trained
                first, alike.
            **fit_arguments: As in `keras.Model.fit`: `callbacks` (of the recipe's own training,
                not of its start's or teacher's), `validation_data` (which early stopping then
                watches, with no session kept apart), `verbose`; `epochs` for another number than
                the published one, in every stage and in what it starts from.

        Returns:
            Trained model.

        Raises:
            TypeError: `log` is none.
            ValueError: The catalog lacks features, or `start` is of another class.
        """
        check_log(log)
        catalog = catalog or Catalog.from_log(log)
        if self.start is not None and start is None:
            own = {k: v for k, v in fit_arguments.items() if k != "callbacks"}
            start = self.start.train(log, catalog, seed, **own)
        model = self.build(catalog, seed, start)
        stages = self.stages
        if "epochs" in fit_arguments:
            epochs = fit_arguments["epochs"]
            stages = [dataclasses.replace(stage, epochs=epochs) for stage in stages]
        fit_arguments.setdefault("epochs", self.epochs)
        valid = None
        if self.early_stopping is not None and "validation_data" not in fit_arguments:
            log, valid = self.kept_apart(log, seed)
            fit_arguments["validation_data"] = whole_sessions(valid, catalog)
        if self.stages:
            model.warm_start(start)
            del fit_arguments["epochs"]
            self._stop_early(fit_arguments)
            fit_by_recency(model, log, self.batches_of, stages, **fit_arguments)
        elif self.soft_labels:
            self._distil(model, log, valid, seed, fit_arguments)
        else:
            self._stop_early(fit_arguments)
            model.fit(self.batches_of(log, catalog), **fit_arguments)
        return model

    def kept_apart(
        self, log: SessionLog, seed: int | None = None, share: float = HELD_OUT
    ) -> tuple[SessionLog, SessionLog]:
        """Splits off what early stopping watches, as `train` does.

        Args:
            log: `SessionLog`.
            seed: int or `None`. A recipe and its `start` keep the same sessions apart.
            share: float between 0 and 1, of the sessions. Defaults to a tenth.

        Returns:
            Pair of `SessionLog`: to train on, and the sessions kept apart, without items that
            do not occur in the first; only their most recent fraction if there are `stages`,
            the last one's.
        """
        train, valid = split_random_sessions(log, share, seed=seed or 0, known_items_only=False)
        valid, _ = keep_known_items(valid, train)
        if self.stages:
            valid = recent_fraction(valid, self.stages[-1].fraction)
        return train, valid

    def build(
        self,
        catalog: Catalog,
        seed: int | None = None,
        start: SessionRecommender | None = None,
    ) -> SessionRecommender:
        """Makes and compiles the model.

        Args:
            catalog: `Catalog`.
            seed: int or `None`.
            start: The trained model of `self.start`, if the recipe has one.

        Returns:
            Compiled model.

        Raises:
            ValueError: The catalog lacks features, or `start` is missing.
        """
        if missing := [name for name in self.features if name not in catalog.features]:
            raise ValueError(
                f"`catalog` must carry the features {list(self.features)}: add them by "
                f"`catalog.with_features(name, ...)`. Received: a catalog without {missing}."
            )
        if start is not None and (
            self.start is None or type(start).__name__ != self.start.model[0]
        ):
            wanted = None if self.start is None else self.start.model[0]
            raise ValueError(
                f"`start` of the recipe {self.name!r} must be: {wanted}. "
                f"Received: {type(start).__name__}."
            )
        name, arguments = self.model
        arguments = made(arguments if seed is None else seeded(arguments, seed))
        if self.start is not None and not self.stages:
            if start is None:
                raise ValueError(
                    f"`start` must be a model trained by the recipe {self.start.name!r}, whose "
                    "item embeddings this one takes. Received: start=None."
                )
            arguments["embeddings"] = start
        model = PARTS[name](catalog, seed=seed, **arguments)
        options = dict(self.compile)
        if self.strategy is not None:
            options["strategy"] = made(self.strategy)
        model.compile(made(self.optimizer), made(self.loss), made(self.negatives), **options)
        return model

    def batches_of(self, log: SessionLog, catalog: Catalog, **arguments: Any) -> Any:
        """Makes the batches that `fit` takes.

        Args:
            log: `SessionLog`.
            catalog: `Catalog`.
            **arguments: Further arguments of the recipe's function.

        Returns:
            `tf.data.Dataset`.
        """
        name, own = self.batches
        return PARTS[name](log, catalog, **{**own, **arguments})

    def tiny(self) -> Recipe:
        """Returns the same recipe for a laptop and a test: one epoch, a few units."""
        changes: dict[str, Any] = {
            part: _shrunk(getattr(self, part))
            for part in ("model", "negatives", "batches", "strategy")
        }
        return dataclasses.replace(
            self,
            **changes,
            name=f"{self.name}_tiny",
            # Strategies of two stages have both.
            epochs=1 if self.strategy is None else max(1, self.epochs // 10),
            start=None if self.start is None else self.start.tiny(),
            stages=tuple(dataclasses.replace(stage, epochs=1) for stage in self.stages),
            soft_labels=self.soft_labels and 8,
            compile={**self.compile, "jit_compile": False},
            expects=(),
        )

    def _stop_early(self, fit_arguments: dict[str, Any]) -> None:
        """Adds the callback, if the recipe asks for it."""
        if self.early_stopping is not None:
            stop = keras.callbacks.EarlyStopping(
                "val_loss", patience=self.early_stopping, restore_best_weights=True
            )
            fit_arguments["callbacks"] = [*(fit_arguments.get("callbacks") or ()), stop]

    def _distil(
        self,
        student: SessionRecommender,
        log: SessionLog,
        valid: SessionLog | None,
        seed: int | None,
        fit_arguments: dict[str, Any],
    ) -> None:
        """Trains a teacher of the same shape, stores what it says, trains the student."""
        catalog = student.catalog
        teacher = self.build(catalog, seed)
        # The student's callbacks and validation data are not the teacher's.
        own = {key: fit_arguments[key] for key in ("epochs", "verbose") if key in fit_arguments}
        taught = log
        if self.early_stopping is not None:
            if valid is None:
                taught, valid = self.kept_apart(log, seed)
            # A teacher is judged as it is asked.
            own["validation_data"] = self.batches_of(valid, catalog, form="futures", shuffle=False)
            self._stop_early(own)
        teacher.fit(self.batches_of(taught, catalog, form="futures"), **own)
        length = self.batches[1].get("max_length", 19)
        self._stop_early(fit_arguments)
        with tempfile.TemporaryDirectory() as folder:
            labels = SoftLabels.write(
                f"{folder}/labels", teacher, log, catalog, self.soft_labels, max_length=length
            )
            student.fit(self.batches_of(log, catalog, soft_labels=labels), **fit_arguments)


def _shrunk(value: Any) -> Any:
    """A part with the sizes of `TINY`."""
    if isinstance(value, dict):
        return {
            key: TINY[key] if key in TINY and part is not None else _shrunk(part)
            for key, part in value.items()
        }
    if isinstance(value, (list, tuple)):
        return type(value)(_shrunk(part) for part in value)
    return value
