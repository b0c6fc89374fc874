"""Trains and measures rows, and remembers those that are finished."""

from __future__ import annotations

import os
import pathlib
import time
from collections.abc import Sequence
from typing import Any

import keras

from keras_sessrec.batches import whole_sessions
from keras_sessrec.catalog.catalog import Catalog
from keras_sessrec.data import SessionLog, assert_no_leak, recent_fraction
from keras_sessrec.metrics import MRRAtK, RecallAtK
from keras_sessrec.models import SessionRecommender
from keras_sessrec.recipes.recipe import HELD_OUT, Recipe
from keras_sessrec.reproduction import provenance
from keras_sessrec.reproduction.known_cuts import known_cut
from keras_sessrec.reproduction.measuring import K, measure
from keras_sessrec.reproduction.report import write_report
from keras_sessrec.reproduction.row import BASELINES, Row
from keras_sessrec.reproduction.run_folder import MODEL, RECORD, RunFolder, write_json
from keras_sessrec.reproduction.summaries import published_rows, summarized


class Reproduction:
    """Published recipes and baselines on one training and one test log.

    A finished row is never trained again: after a kill, run the same rows, and the one that was
    running goes on after its last epoch, to the numbers that it would have had
    (`ksr.callbacks.BackupAndRestore`).

    Recipes that stop early keep a tenth of the training sessions apart; the others train on all
    but `validation_sessions` of them, also drawn at random, from which metrics by epoch are
    computed. Nothing else is done with them, and the test is met once, at the end.

    Args:
        folder: str or path, where records, models and the report go; see `RunFolder`.
        train: `SessionLog` to train on.
        test: `SessionLog` to test on.
        catalog: `Catalog`, with the features that recipes need. Defaults to
            `Catalog.from_log(train)`.
        dataset: str, name of the data as the recipes' expectations have it; published and own
            figures are subtracted only where it is the same. A cut that is known by its
            sizes (`known_cut`) keeps its own name.
        validation_sessions: int, at most a tenth of them all; 0 trains on all and gives no
            metrics by epoch. Defaults to 1,000.
        command: str, how the run was started, for the report.

    Raises:
        ValueError: The folder holds a run of other logs.
        AssertionError: A session is in both logs.

    Example:

    >>> shop = ksr.data.synthetic_shop(num_items=40, num_sessions=200, seed=1)
    >>> train, test = ksr.data.split_last_days(shop.log)
    >>> reproduction = Reproduction("reports/shop", train, test, dataset="shop")
    >>> record = reproduction.run(Row("Item-KNN"))
    >>> reproduction.is_finished(Row("Item-KNN")), reproduction.write_report().name
    (True, 'report.md')
    """

    def __init__(
        self,
        folder: str | os.PathLike,
        train: SessionLog,
        test: SessionLog,
        catalog: Catalog | None = None,
        dataset: str = "",
        validation_sessions: int = 1_000,
        command: str = "",
    ) -> None:
        if validation_sessions < 0:
            raise ValueError(
                "`validation_sessions` must not be negative. "
                f"Received: validation_sessions={validation_sessions}."
            )
        assert_no_leak(train, test)
        self.train, self.test = train, test
        self.catalog = catalog or Catalog.from_log(train)
        self._validation_sessions = validation_sessions
        self._environment = provenance.environment() | {"command": command}
        tables = self.catalog.features.items()
        self._digests = {name: provenance.features_digest(table) for name, table in tables}
        cut = known_cut(train, test)
        self._dataset = dataset if cut is None else cut.name
        logs = {"train": provenance.log_facts(train), "test": provenance.log_facts(test)}
        facts = {"dataset": self._dataset, **logs}
        self._folder = RunFolder(folder, facts)

    def is_finished(self, row: Row) -> bool:
        """Returns whether the folder has a row.

        Args:
            row: `Row`.

        Raises:
            ValueError: The folder's row of this name was made with other settings.
        """
        return self._folder.read(row.key, self._made_with(row)) is not None

    def run(
        self, row: Row, callbacks: Sequence[keras.callbacks.Callback] = (), verbose: int = 0
    ) -> dict[str, Any]:
        """Trains and measures a row, unless it is finished.

        Args:
            row: `Row`. The one that it starts from is run first.
            callbacks: Sequence of Keras callbacks of the training.
            verbose: As in `keras.Model.fit`.

        Returns:
            The record: what `measure` returns, the row's name, seed and fraction, `"epochs"`
            with a dict of losses and metrics for each, `"seconds"`, `"parameters"`, the
            recipe, and the environment.

        Raises:
            ValueError: The catalog lacks features, or the folder's row of this name was made
                with other settings.
        """
        made_with = self._made_with(row)
        record = self._folder.read(row.key, made_with)
        if record is not None:
            return record
        start = None
        if row.start is not None:
            self.run(row.start, verbose=verbose)
            path = self._folder.model_path(row.start.key)
            start = keras.models.load_model(path, compile=False)
        with self._folder.new_row(row.key) as path:
            scorer, facts = self._trained(row, start, callbacks, verbose)
            begin = time.perf_counter()
            found = measure(
                scorer, self.test, self.catalog, row.most_supported, row.max_length, verbose
            )
            facts["seconds"]["evaluation"] = time.perf_counter() - begin
            if row.recipe is not None:
                scorer.save(path / MODEL)
            record = {
                "row": row.name,
                "seed": row.seed,
                "fraction": row.fraction,
                "is_published": row.is_published,
                "recipe": None if row.recipe is None else provenance.recipe_data(row.recipe),
                **facts,
                **found,
                "environment": self._environment,
                "made_with": made_with,
            }
            write_json(path / RECORD, record)
        return record

    def records(self) -> list[dict[str, Any]]:
        """Returns the records of all finished rows of the folder, by name."""
        return self._folder.records()

    def published(self) -> list[dict[str, Any]]:
        """Holds what is published against all finished rows.

        Returns:
            List of dict, one per published figure of their recipes: `"row"`, `"metric"`,
            `"unseen"`, `"among"` (the ranked items, in words), `"dataset"`, `"source"`,
            `"published"`, `"ours"` (`None` where a row was not measured that way), `"tolerance"`,
            `"difference"` (`None` where the two cannot be compared) and `"why_not"`.
        """
        return published_rows(summarized(self.records()), self._dataset)

    def write_report(self) -> pathlib.Path:
        """Writes `report.md` and its pictures from all finished rows; returns its path."""
        return write_report(self._folder.path)

    def _made_with(self, row: Row) -> dict[str, Any]:
        """All that a row's numbers depend on, but for the logs."""
        if row.recipe is None:
            return {"baseline": row.name, "fraction": row.fraction}
        # Only where they say something: most rows of older folders stay valid.
        more: dict[str, Any] = {}
        if row.max_length is not None:
            more["max_length"] = row.max_length
        if row.most_supported:
            more["most_supported"] = row.most_supported
        if row.start is not None and row.log_fraction < 1:
            more["start"] = row.start.key
        return {
            "recipe": provenance.trained_data(row.recipe),
            "seed": row.seed,
            "fraction": row.fraction,
            "features": {name: self._digests.get(name) for name in row.recipe.features},
            "validation_sessions": self._validation_sessions,
            **more,
        }

    def _trained(
        self,
        row: Row,
        start: SessionRecommender | None,
        callbacks: Sequence[keras.callbacks.Callback],
        verbose: int,
    ) -> tuple[Any, dict[str, Any]]:
        """A trained model or baseline, and what is known of its training."""
        log = recent_fraction(self.train, row.log_fraction)
        begin = time.perf_counter()
        if row.recipe is None:
            scorer = BASELINES[row.name]().fit(log, self.catalog)
            return scorer, {"seconds": {"training": time.perf_counter() - begin}}
        metrics = [RecallAtK(K), MRRAtK(K)]
        recipe = row.recipe.with_arguments({"compile.metrics": metrics})
        log, more, validation = self._validation(recipe, row.seed, log)
        history = keras.callbacks.History()
        more["callbacks"] = [*callbacks, history]
        backups = self._folder.path / "backups" / row.key
        model = recipe.train(
            log, self.catalog, row.seed, start, backup_dir=backups, verbose=verbose, **more
        )
        seconds = time.perf_counter() - begin
        return model, {
            "seconds": {"training": seconds},
            "parameters": model.count_params(),
            "validation": validation,
            "epochs": _by_epoch(history.history),
        }

    def _validation(
        self, recipe: Recipe, seed: int, log: SessionLog
    ) -> tuple[SessionLog, dict[str, Any], str]:
        """The log to give to the recipe, arguments of `fit`, and how it is validated, in words."""
        if recipe.early_stopping is not None:
            return log, {}, f"{HELD_OUT:.0%} of the training sessions, drawn at random"
        share = min(HELD_OUT, self._validation_sessions / log.num_sessions)
        if not share:
            return log, {}, "none"
        log, valid = recipe.kept_apart(log, seed, share)
        words = f"{valid.num_sessions:,} training sessions, drawn at random"
        return log, {"validation_data": whole_sessions(valid, self.catalog)}, words


def _by_epoch(columns: dict[str, list[float]]) -> list[dict[str, float]]:
    """Losses and metrics of each epoch; those of single subnets are not of every one."""
    kept = {n: values for n, values in columns.items() if n == "loss" or n.startswith("val_")}
    return [
        {name: float(values[epoch]) for name, values in kept.items()}
        for epoch in range(len(columns["loss"]))
    ]
