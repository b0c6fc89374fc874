"""Trains and validates what a search asks for (keras-tuner is imported here)."""

from __future__ import annotations

import dataclasses
import gc
import json
import shutil
import time
from pathlib import Path
from typing import Any

import keras
import keras_tuner
import pandas as pd
import tensorflow as tf
from tensorboard.plugins.hparams import api as hp

from keras_sessrec.catalog.catalog import Catalog
from keras_sessrec.data import SessionLog
from keras_sessrec.metrics import MRRAtK, NDCGAtK, RecallAtK
from keras_sessrec.ops.whole_files import whole_file
from keras_sessrec.recipes import Recipe
from keras_sessrec.tuning.random_then_one_by_one import RandomThenOneByOne
from keras_sessrec.tuning.search_plan import Space
from keras_sessrec.tuning.tuning_result import TuningResult

_METRICS = {"recall": RecallAtK, "mrr": MRRAtK, "ndcg": NDCGAtK}


class RecipeTuner(keras_tuner.Tuner):
    """keras-tuner's tuner whose trials are trainings of a recipe; `tune` makes it.

    A trial's folder is a TensorBoard run: curves of training and validation, the values for the
    HParams plugin, and the metrics that the search goes by. While the trial trains it has its
    snapshots, too.

    Arguments are those of `tune`; `settings` say what else the search depends on. A search that
    is in `directory` already goes on.

    Raises:
        ValueError: `directory` has a search with other settings, or `objective` is unknown.
    """

    def __init__(
        self,
        recipe: Recipe,
        space: Space,
        directory: Path,
        objective: str,
        random_trials: int,
        seed: int,
        settings: str = "",
    ) -> None:
        name, _, k = objective.partition("_at_")
        if name not in _METRICS or not k.isdecimal() or int(k) < 1:
            raise ValueError(
                "`objective` must be recall, mrr or ndcg at a cut-off, such as 'recall_at_20'. "
                f"Received: objective={objective!r}."
            )
        self._recipe, self._space, self._k, self._seed = recipe, space, int(k), seed
        self._metrics = [objective, *(f"{m}_at_{k}" for m in _METRICS if m != name)]
        self._settings = {
            "recipe": repr(dataclasses.asdict(recipe)),
            "space": {name: list(values) for name, values in space.items()},
            "objective": objective,
            "random_trials": random_trials,
            "seed": seed,
            "more": settings,
        }
        goal = keras_tuner.Objective(objective, "max")
        oracle = RandomThenOneByOne(goal, space, random_trials, seed)
        try:
            super().__init__(oracle, directory=directory.parent, project_name=directory.name)
        except json.JSONDecodeError as error:
            raise ValueError(
                f"`directory` must hold a whole search, or none. Received: {directory}, in which "
                f"a .json file is damaged: {error}. Remove that file's trial, or take a new folder."
            ) from error

    def save(self) -> None:
        """Writes what `get_state` returns; the file is whole or as before."""
        with whole_file(self._get_tuner_fname()) as beside:
            beside.write_text(json.dumps(self.get_state()))

    def get_state(self) -> dict[str, Any]:
        """Returns what must be the same for a search to go on."""
        return self._settings

    def set_state(self, state: dict[str, Any]) -> None:
        """Checks what `get_state` had returned when the search began."""
        if differ := [name for name in self._settings if state.get(name) != self._settings[name]]:
            raise ValueError(
                "`directory` has a search with other settings: take another folder, or delete "
                f"it. Received: {self.project_dir}, where these differ: "
                + "; ".join(f"{n}: {state.get(n)} there, {self._settings[n]} here" for n in differ)
            )

    def on_search_begin(self) -> None:
        """Notes what is searched, for whoever goes on; tells HParams what is compared."""
        self.save()
        short = [name.partition(".")[2] or name for name in self._space]
        labels = short if len(set(short)) == len(short) else self._space
        with tf.summary.create_file_writer(self.project_dir).as_default():
            hp.hparams_config(
                hparams=[
                    hp.HParam(name, hp.Discrete(list(values)), display_name=label)
                    for (name, values), label in zip(self._space.items(), labels, strict=True)
                ],
                metrics=[hp.Metric(name) for name in self._metrics],
            )

    def run_trial(
        self,
        trial: Any,
        train: SessionLog,
        valid: tf.data.Dataset,
        catalog: Catalog,
        verbose: int | str = 0,
    ) -> dict[str, float]:
        """Trains once, and validates with batches of whole sessions.

        Returns:
            dict of the metrics; zeros if the training diverged.
        """
        values, begin = trial.hyperparameters.values, time.time()
        run = self.get_trial_dir(trial.trial_id)
        backups = self._backups(trial)
        if not backups.exists():  # else the curves go on
            for rest in Path(run).rglob("events.out.tfevents.*"):
                rest.unlink()
        recipe = self._recipe.with_arguments(values)
        board = keras.callbacks.TensorBoard(run, write_graph=False)
        try:
            more = {"callbacks": [board], "backup_dir": backups, "verbose": verbose}
            found = self._trained(recipe, train, valid, catalog, **more)
        except FloatingPointError:  # nothing such a network could recommend
            found = dict.fromkeys(self._metrics, 0.0)
        finally:
            gc.collect()  # the trial's model, which nobody holds any more
        with tf.summary.create_file_writer(run).as_default():
            # TensorBoard takes equal ids for one trial, also those of two searches.
            name = f"{self.project_name}/{trial.trial_id}"
            hp.hparams(values, trial_id=name, start_time_secs=begin)
            for name in self._metrics:
                tf.summary.scalar(name, found[name], step=0)
        return found

    def on_trial_end(self, trial: Any) -> None:
        """Notes the result, then removes the snapshots that a trial which failed has left."""
        super().on_trial_end(trial)
        shutil.rmtree(self._backups(trial), ignore_errors=True)

    def _backups(self, trial: Any) -> Path:
        return Path(self.get_trial_dir(trial.trial_id), "backup")

    def result(self) -> TuningResult:
        """Returns what the search has found so far.

        Raises:
            RuntimeError: No trial was successful.
        """
        trials = [self.oracle.trials[i] for i in self.oracle.start_order]
        rows = [{**t.hyperparameters.values, **_metrics_of(t)} for t in trials]
        (best,) = self.oracle.get_best_trials(1) or (None,)
        if best is None or best.score is None:
            raise RuntimeError(f"No trial was successful: see trial.json in {self.project_dir}.")
        recipe = self._recipe.with_arguments(best.hyperparameters.values)
        recipe = dataclasses.replace(recipe, name=f"{recipe.name}_tuned", expects=())
        frame = pd.DataFrame(rows, index=pd.Index([t.trial_id for t in trials], name="trial"))
        return TuningResult(recipe, float(best.score), frame)

    def _trained(
        self,
        recipe: Recipe,
        train: SessionLog,
        valid: tf.data.Dataset,
        catalog: Catalog,
        **fit_arguments: Any,
    ) -> dict[str, float]:
        metrics = [metric(self._k) for metric in _METRICS.values()]
        recipe = recipe.with_arguments({"compile.metrics": metrics})
        if recipe.early_stopping is None:  # else it keeps sessions of its own apart, as later
            fit_arguments["validation_data"] = valid
        model = recipe.train(train, catalog, self._seed, **fit_arguments)
        found = model.evaluate(valid, verbose=0, return_dict=True)
        return {name: float(found[name]) for name in self._metrics}


def _metrics_of(trial: Any) -> dict[str, float]:
    return {name: history.get_last_value() for name, history in trial.metrics.metrics.items()}
