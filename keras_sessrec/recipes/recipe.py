"""A published configuration as data."""

from __future__ import annotations

import gc
import os
import pathlib
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import keras

from keras_sessrec.batches import whole_sessions
from keras_sessrec.callbacks.backup_and_restore import BackupAndRestore
from keras_sessrec.catalog.catalog import Catalog
from keras_sessrec.data import SessionLog, keep_known_items, recent_fraction, split_random_sessions
from keras_sessrec.data.session_log import check_log
from keras_sessrec.models import SessionRecommender
from keras_sessrec.models.distillation.soft_labels import SoftLabels
from keras_sessrec.recipes.changes import changed, everywhere, other_epochs, tiny_sizes
from keras_sessrec.recipes.description import described
from keras_sessrec.recipes.expectation import Expectation
from keras_sessrec.recipes.parts import PARTS, Part, made, seeded
from keras_sessrec.training.recency import RecencyStage, fit_by_recency
from keras_sessrec.training.snapshots import Snapshots

HELD_OUT = 0.1  # share of the sessions that early stopping watches


@dataclass(frozen=True, repr=False)
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
        teacher: `Recipe` of a model of reversed futures, or `None`. It is trained first, and what
            it says of every pair is in this one's batches (M3).
        soft_labels: int, how many of the teacher's labels are kept per pair.
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
    teacher: Recipe | None = None
    soft_labels: int = 64
    compile: dict[str, Any] = field(default_factory=dict)
    notes: str = ""
    expects: tuple[Expectation, ...] = ()

    def __repr__(self) -> str:
        return described(self)

    def train(
        self,
        log: SessionLog,
        catalog: Catalog | None = None,
        seed: int | None = None,
        start: SessionRecommender | None = None,
        backup_dir: str | os.PathLike | None = None,
        **fit_arguments: Any,
    ) -> SessionRecommender:
        """Trains as published.

        Args:
            log: `SessionLog` to train on.
            catalog: `Catalog`, with the `features` that the recipe names. Defaults to
                `Catalog.from_log(log)`.
            seed: int or `None`, of the model, of the order of what is shuffled, and of the sessions
                that are kept apart.
            start: A trained model of the recipe `self.start`. Defaults to one that is trained
                first, alike.
            backup_dir: Folder for this training alone, or `None` (default): start, teacher and the
                recipe's own training are backed up after every epoch, and with the same folder a
                training that was killed goes on (`ksr.callbacks.BackupAndRestore`). At the end
                the snapshots are removed.
            **fit_arguments: As in `keras.Model.fit`: `callbacks` (of the recipe's own training,
                not of its start's or teacher's), `validation_data` (which early stopping then
                watches, with no session kept apart), `verbose`; `epochs` as in `with_epochs`.

        Returns:
            Trained model.

        Raises:
            TypeError: `log` is none.
            ValueError: The catalog lacks features, or `start` is of another class.
        """
        check_log(log)
        if "epochs" in fit_arguments:
            recipe = self.with_epochs(fit_arguments.pop("epochs"))
            return recipe.train(log, catalog, seed, start, backup_dir, **fit_arguments)
        if backup_dir is not None:
            model = self._train(log, catalog, seed, start, pathlib.Path(backup_dir), fit_arguments)
            Snapshots(backup_dir).remove()
            return model
        return self._train(log, catalog, seed, start, None, fit_arguments)

    def _train(
        self,
        log: SessionLog,
        catalog: Catalog | None,
        seed: int | None,
        start: SessionRecommender | None,
        backups: pathlib.Path | None,
        fit_arguments: dict[str, Any],
    ) -> SessionRecommender:
        """Trains, with backups in folders of their own, which stay."""
        fit_arguments = dict(fit_arguments)
        catalog = catalog or Catalog.from_log(log)
        before = {k: v for k, v in fit_arguments.items() if k != "callbacks"}
        if self.start is not None and start is None:
            start = self.start._train(log, catalog, seed, None, _within(backups, "start"), before)
        teacher = None
        if self.teacher is not None:
            before.pop("validation_data", None)  # which is not of futures
            folder = _within(backups, "teacher")
            teacher = self.teacher._train(log, catalog, seed, None, folder, before)
        model = self.build(catalog, seed, start)
        if self.early_stopping is not None:
            if "validation_data" not in fit_arguments:
                log, valid = self.kept_apart(log, seed)
                fit_arguments["validation_data"] = self._validation_batches(valid, catalog)
            stop = keras.callbacks.EarlyStopping(
                "val_loss", patience=self.early_stopping, restore_best_weights=True
            )
            fit_arguments["callbacks"] = [*(fit_arguments.get("callbacks") or ()), stop]
        if backups is not None:
            backup = BackupAndRestore(backups / "own", delete_checkpoint=False)
            fit_arguments["callbacks"] = [*(fit_arguments.get("callbacks") or ()), backup]
        batches = partial(self.batches_of, seed=seed or 0)
        if self.stages:
            model.warm_start(start)  # type: ignore[arg-type]
            del start
            gc.collect()  # its memory, for the training of this one
            fit_by_recency(model, log, batches, self.stages, **fit_arguments)
        elif teacher is not None:
            length = self.batches[1].get("max_length", 19)
            with tempfile.TemporaryDirectory() as scratch:
                labels = SoftLabels.write(
                    f"{scratch}/labels",
                    teacher,
                    log,
                    catalog,
                    self.soft_labels,
                    max_length=length,
                    verbose=fit_arguments.get("verbose", "auto"),
                )
                del teacher
                gc.collect()
                data = batches(log, catalog, soft_labels=labels)
                model.fit(data, epochs=self.epochs, **fit_arguments)
        else:
            model.fit(batches(log, catalog), epochs=self.epochs, **fit_arguments)
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

    def with_arguments(self, values: Mapping[str, Any]) -> Recipe:
        """Returns the recipe with some arguments changed.

        Args:
            values: Mapping from dotted names to values: a field of the recipe, then the way to an
                argument of that part. `"epochs"`, `"optimizer.learning_rate"`,
                `"model.units.0"`, `"model.subnets.item.dropout"`, `"stages.0.fraction"`,
                `"start.early_stopping"`, `"compile.metrics"`; `"negatives"` itself takes another
                part. An argument that the part does not name yet is added.

        Returns:
            `Recipe`.

        Raises:
            ValueError: There is no such place in the recipe.

        Example:

        >>> recipe = ksr.recipes.get("gru4rec_2016_rsc15_bpr_100")
        >>> recipe = recipe.with_arguments({"optimizer.learning_rate": 0.1, "model.units.0": 200})
        >>> recipe.optimizer, recipe.model[1]["units"]
        (('SparseAdagrad', {'learning_rate': 0.1, 'momentum': 0.2}), [200])
        """
        recipe = self
        for name, value in values.items():
            try:
                recipe = changed(recipe, name.split("."), value)
            except (AttributeError, LookupError, TypeError, ValueError) as error:
                raise ValueError(
                    "A name must lead to an argument of the recipe, such as 'epochs', "
                    "'optimizer.learning_rate', 'model.units.0'. "
                    f"Received: {name!r} of the recipe {self.name!r} with model={self.model}, "
                    f"optimizer={self.optimizer}, loss={self.loss}, "
                    f"negatives={self.negatives}, batches={self.batches}."
                ) from error
        return recipe

    def with_epochs(self, epochs: int) -> Recipe:
        """Returns the recipe with another number of epochs, in start, stages and teacher too.

        Args:
            epochs: int, at least 1. Of a strategy that trains one subnet after the other, each
                gets the same share of them as before.

        Returns:
            `Recipe`.

        Raises:
            ValueError: `epochs` is not positive.

        Example:

        >>> residual = ksr.recipes.get("prnn_parallel_image_residual_100")
        >>> residual.with_epochs(4).strategy
        ('Residual', {'epochs_per_subnet': 2})
        """
        return everywhere(self, partial(other_epochs, epochs=epochs))

    def tiny(self) -> Recipe:
        """Returns the same recipe for a laptop and a test: one epoch, a few units."""
        return everywhere(self, tiny_sizes)

    def _validation_batches(self, valid: SessionLog, catalog: Catalog) -> Any:
        """What early stopping watches; a model of futures is judged as it is asked."""
        if self.batches[1].get("form") == "futures":
            return self.batches_of(valid, catalog, shuffle=False)
        return whole_sessions(valid, catalog)


def _within(folder: pathlib.Path | None, name: str) -> pathlib.Path | None:
    return None if folder is None else folder / name
