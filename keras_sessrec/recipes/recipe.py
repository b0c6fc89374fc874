"""A published configuration as data."""

from __future__ import annotations

import dataclasses
import tempfile
from dataclasses import dataclass, field
from typing import Any

from keras_sessrec.catalog import Catalog
from keras_sessrec.data import SessionLog
from keras_sessrec.fine_tuning import fit_by_recency
from keras_sessrec.models import SessionRecommender
from keras_sessrec.recency_stage import RecencyStage
from keras_sessrec.recipes.expectation import Expectation
from keras_sessrec.recipes.parts import PARTS, Part, made, seeded
from keras_sessrec.soft_labels import SoftLabels

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
        epochs: int.
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
        **fit_arguments: Any,
    ) -> SessionRecommender:
        """Trains as published.

        Args:
            log: `SessionLog` to train on.
            catalog: `Catalog`, with the `features` that the recipe names. Defaults to
                `Catalog.from_log(log)`.
            seed: int or `None`.
            **fit_arguments: As in `keras.Model.fit`: `callbacks`, `validation_data`,
                `verbose`; `epochs` for another number than the published one.

        Returns:
            Trained model.

        Raises:
            ValueError: The catalog lacks features.
        """
        catalog = catalog or Catalog.from_log(log)
        start = self.start
        if start is not None:
            start = start.train(log, catalog, seed, **fit_arguments)
        model = self.build(catalog, seed, start)
        fit_arguments.setdefault("epochs", self.epochs)
        if self.stages:
            model.warm_start(start)
            del fit_arguments["epochs"]
            fit_by_recency(model, log, self.batches_of, self.stages, **fit_arguments)
        elif self.soft_labels:
            self._distil(model, log, seed, fit_arguments)
        else:
            model.fit(self.batches_of(log, catalog), **fit_arguments)
        return model

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
            epochs=max(1, self.epochs // 10),  # strategies of two stages have both
            start=None if self.start is None else self.start.tiny(),
            stages=tuple(dataclasses.replace(stage, epochs=1) for stage in self.stages),
            soft_labels=self.soft_labels and 8,
            compile={**self.compile, "jit_compile": False},
            expects=(),
        )

    def _distil(
        self,
        student: SessionRecommender,
        log: SessionLog,
        seed: int | None,
        fit_arguments: dict[str, Any],
    ) -> None:
        """Trains a teacher of the same shape, stores what it says, trains the student."""
        catalog = student.catalog
        teacher = self.build(catalog, seed)
        futures = self.batches_of(log, catalog, form="futures")
        # The student's callbacks and validation data are not the teacher's.
        own = {key: fit_arguments[key] for key in ("epochs", "verbose") if key in fit_arguments}
        teacher.fit(futures, **own)
        length = self.batches[1].get("max_length", 19)
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
