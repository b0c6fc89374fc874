"""Finds settings of a recipe for a log of one's own."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from keras_sessrec.batches import whole_sessions
from keras_sessrec.catalog.catalog import Catalog
from keras_sessrec.data import SessionLog, split_last_sessions
from keras_sessrec.recipes import Recipe
from keras_sessrec.tuning.tuning_result import TuningResult


def tune(
    recipe: Recipe,
    train: SessionLog,
    space: Mapping[str, Sequence[Any]],
    directory: str | os.PathLike,
    random_trials: int = 100,
    valid_size: int | float = 0.1,
    objective: str = "recall_at_20",
    catalog: Catalog | None = None,
    seed: int = 0,
    verbose: int = 1,
) -> TuningResult:
    """Searches for the best settings of a recipe: random points, then one argument at a time.

    The procedure of Hidasi et al. (ICLR 2016, section 4.2): settings are chosen on a validation
    set; then the best are trained on training and validation data together and evaluated once.
    Validated on are the most recent sessions of `train`, cut off before anything is counted or
    trained. The test has no business here; when the search is over, do

        model = found.recipe.train(train, seed=1)
        result = ksr.evaluate(model, test, model.catalog)

    Every trial is a run in TensorBoard (`tensorboard --logdir DIRECTORY`): its HParams page
    compares them as a table and in parallel coordinates. A search that was killed goes on if it
    is started again with the same arguments, and finds what it would have found: trials that have
    ended are read from their files, the running one goes on after its last epoch
    (`ksr.callbacks.BackupAndRestore`). A training that diverges scores 0; other errors fail a
    trial, three in a row end the search. A recipe with `early_stopping` ends bad trials early.

    Needs keras-tuner: `pip install "keras_sessrec[tune]"`.

    Args:
        recipe: `Recipe`, from `ksr.recipes.get` or of your own.
        train: `SessionLog`.
        space: Mapping from dotted names of the recipe's arguments, as in
            `"optimizer.learning_rate"`, `"model.hidden_dropout"`, `"batches.lanes"`,
            `"model.units.0"` or `"epochs"`, to the values to choose from: numbers, strings or
            bools. They are refined in this order, so put first what matters most.
        directory: Folder for trials and TensorBoard, of this search alone.
        random_trials: int, number of random points. Defaults to the paper's 100.
        valid_size: int or float, number or share of the sessions of `train` that validate.
            Defaults to 0.1. The authors' validation set is cut off as their test was, a day
            each: `test.num_sessions` makes it as large.
        objective: str, `"recall_at_20"` (default), `"mrr_at_20"`, `"ndcg_at_10"`, ..., in the whole
            catalog.
        catalog: `Catalog` with the features that the recipe names; its items and counts are not
            used. Defaults to none.
        seed: int, of the random points and of every training. Defaults to 0.
        verbose: int, 0 for silence, 1 (default) for keras-tuner's table of each trial and
            progress bars, 2 for the table and a line an epoch.

    Returns:
        `TuningResult`: `recipe`, `score`, `trials`.

    Raises:
        ImportError: keras-tuner is not installed.
        ValueError: An argument makes no sense, or `directory` has a search with other settings.
        RuntimeError: Three trials in a row failed; shows the last error.

    Example:

    >>> log = ksr.data.synthetic_shop(num_items=40, num_sessions=100, seed=1).log
    >>> recipe = ksr.recipes.get("gru4rec_rsc15_xe_shared_100").tiny()
    >>> space = {"optimizer.learning_rate": [0.001, 0.3]}
    >>> found = tune(recipe, log, space, "logs/tuning", random_trials=1, verbose=0)
    >>> found.recipe.optimizer
    ('SparseAdagrad', {'learning_rate': 0.3, 'momentum': 0.2})
    """
    try:
        import keras_tuner  # noqa: F401
    except ImportError as error:
        raise ImportError(
            '`tune` needs keras-tuner. Install it with `pip install "keras_sessrec[tune]"`.'
        ) from error
    # Here and not above: it derives from keras-tuner's classes.
    from keras_sessrec.tuning.recipe_tuner import RecipeTuner

    space = _checked_space(space)
    if random_trials < 1:
        raise ValueError(
            f"`random_trials` must be at least 1. Received: random_trials={random_trials}."
        )
    part, valid = split_last_sessions(train, valid_size)
    known = Catalog.from_log(part)
    if catalog is not None:
        for name, table in catalog.features.items():
            known = known.with_features(name, table, item_ids=catalog.item_ids)
    _check_recipe(recipe, space, part, known)
    data = f"{part!r}, {valid!r}, {known!r}"
    tuner = RecipeTuner(
        recipe, space, Path(directory).absolute(), objective, random_trials, seed, data
    )
    tuner.search(part, whole_sessions(valid, known), known, verbose=verbose)
    return tuner.result()


def _checked_space(space: Mapping[str, Sequence[Any]]) -> dict[str, list[Any]]:
    """The space with plain Python values, one type per name, none twice."""
    if not space:
        raise ValueError("`space` must name what is to be searched. Received: an empty mapping.")
    checked = {}
    for name, values in space.items():
        plain = [value.item() if isinstance(value, np.generic) else value for value in values]
        if {type(value) for value in plain} == {int, float}:
            plain = [float(value) for value in plain]
        kinds = {type(value) for value in plain}
        if len(kinds) != 1 or not kinds <= {bool, int, float, str}:
            raise ValueError(
                "`space` must give every name a list of numbers, of strings or of bools. "
                f"Received: {name!r}: {values!r}."
            )
        checked[name] = list(dict.fromkeys(plain))
    return checked


def _check_recipe(
    recipe: Recipe, space: Mapping[str, Sequence[Any]], log: SessionLog, catalog: Catalog
) -> None:
    """Builds one point: a mistyped name is an error before the search, not a failed trial."""
    point = recipe.with_arguments({name: values[0] for name, values in space.items()})
    if recipe.start is None or recipe.stages:  # else it needs a trained model
        point.build(catalog)
    point.batches_of(log, catalog)
