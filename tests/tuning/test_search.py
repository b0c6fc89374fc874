"""A whole search: what it sees of the log, and what it gives back."""

import builtins
import dataclasses
import gc

import keras
import numpy as np
import pytest

import keras_sessrec as ksr
from harness.model import chain_log, train_without_xla
from keras_sessrec.recipes import Recipe

LOG = chain_log(num_sessions=100)
TRAIN, TEST = ksr.data.split_last_sessions(LOG, 20)
RECIPE = ksr.recipes.get("gru4rec_rsc15_xe_shared_100").tiny()
SPACE = {"optimizer.learning_rate": [0.0001, 0.3]}


def search(folder, **changes):
    arguments = {
        "recipe": RECIPE,
        "train": TRAIN,
        "space": SPACE,
        "directory": folder / "search",
        "random_trials": 1,
        "valid_size": TEST.num_sessions,
        "objective": "recall_at_1",
        "seed": 1,
        "verbose": 0,
        **changes,
    }
    return ksr.tuning.tune(**arguments)


class Scored:
    """Stands for a trained model: scores what the first item of its recipe's optimizer says."""

    def __init__(self, recipe):
        self.score = float(next(iter(recipe.optimizer[1].values())))

    def evaluate(self, batches, verbose, return_dict):
        return dict.fromkeys(["recall_at_1", "mrr_at_1", "ndcg_at_1"], self.score)


@pytest.fixture
def trained(monkeypatch):
    """Without trainings; what would have been trained: recipe, log, catalog and the rest."""
    calls = []

    def noting(self, log, catalog, seed, **fit_arguments):
        calls.append((self, log, catalog, fit_arguments))
        return Scored(self)

    monkeypatch.setattr(Recipe, "train", noting)
    monkeypatch.setattr(gc, "collect", lambda: None)  # a second each, for nothing
    return calls


@pytest.mark.slow
def test_a_search_from_end_to_end(tmp_path, monkeypatch):
    train_without_xla(monkeypatch)
    found = search(tmp_path)
    assert found.recipe.optimizer[1]["learning_rate"] == 0.3, "it learns, the other does not"
    assert found.score == found.trials["recall_at_1"].max() > found.trials["recall_at_1"].min()
    # The best settings are trained on training and validation sessions, and tested once.
    model = found.recipe.train(TRAIN, seed=1, verbose=0)
    assert model.catalog == ksr.Catalog.from_log(TRAIN)
    assert ksr.evaluate(model, TEST, model.catalog, k=1).recall(1) > 0.3


def test_validation_is_the_end_of_train_and_the_test_is_not_seen(tmp_path, trained):
    search(tmp_path)
    part, valid = ksr.data.split_last_sessions(TRAIN, TEST.num_sessions)
    assert len(trained) == 2
    for _, log, catalog, fit_arguments in trained:
        np.testing.assert_array_equal(log.session_ids, part.session_ids)
        assert log.end_times.max() <= valid.end_times.min()
        assert not set(log.session_ids) & (set(valid.session_ids) | set(TEST.session_ids))
        assert catalog == ksr.Catalog.from_log(part), "other counts would tell what comes"
        rows = sum(len(x["item"]) for x, *_ in fit_arguments["validation_data"])
        assert rows == valid.num_sessions


def test_the_same_seed_tries_the_same(tmp_path, trained):
    space = {"optimizer.learning_rate": np.arange(0.1, 0.6, 0.1), "batches.lanes": [4, 8, 16]}
    trials = [
        search(tmp_path / str(n), space=space, seed=seed, random_trials=3).trials
        for n, seed in enumerate((1, 1, 2))
    ]
    assert trials[0].equals(trials[1])
    assert not trials[0].equals(trials[2])


def test_features_come_along_but_not_counts(tmp_path, trained):
    whole = ksr.Catalog.from_log(TRAIN)
    whole = whole.with_features("image", np.arange(3.0 * whole.num_items).reshape(-1, 3))
    recipe = ksr.recipes.get("prnn_image_100").tiny()
    search(tmp_path, recipe=recipe, space={"optimizer.learning_rate": [0.1]}, catalog=whole)
    ((_, log, catalog, _),) = trained
    assert (catalog.counts == ksr.Catalog.from_log(log).counts).all()
    rows = whole.features["image"].to_dense()[whole.encode(catalog.item_ids) - 1]
    np.testing.assert_array_equal(catalog.features["image"].to_dense(), rows)


def test_a_recipe_with_early_stopping_watches_sessions_of_its_own(tmp_path, trained):
    search(tmp_path, recipe=dataclasses.replace(RECIPE, early_stopping=1))
    assert len(trained) == 2
    assert all("validation_data" not in arguments for *_, arguments in trained)


def test_a_search_leaves_the_settings_of_the_process_alone(tmp_path, trained):
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        search(tmp_path)
        assert keras.config.dtype_policy().name == "mixed_bfloat16"
    finally:
        keras.config.set_dtype_policy("float32")


def test_numbers_of_numpy_and_mixed_ones_become_plain(tmp_path, trained):
    found = search(tmp_path, space={"optimizer.learning_rate": [0, np.float32(0.5)], "epochs": [1]})
    assert sorted(found.trials["optimizer.learning_rate"]) == [0.0, 0.5]
    assert {type(recipe.optimizer[1]["learning_rate"]) for recipe, *_ in trained} == {float}


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"space": {}}, ValueError, "`space` must name"),
        ({"space": {"epochs": []}}, ValueError, "`space` must give every name a list"),
        ({"space": {"epochs": [1, "2"]}}, ValueError, "`space` must give every name a list"),
        ({"space": {"model.units": [[1], [2]]}}, ValueError, "`space` must give every name"),
        ({"space": {"optimizer.rate": [0.1]}}, ValueError, "rate"),
        ({"space": {"optimiser.rate": [0.1]}}, ValueError, "A name must lead to an argument"),
        ({"space": {"batches.lane": [4]}}, TypeError, "lane"),
        ({"random_trials": 0}, ValueError, "`random_trials` must be at least 1"),
        ({"valid_size": 1.5}, ValueError, "`test_size` must be a share"),
        ({"recipe": ksr.recipes.get("prnn_image_100")}, ValueError, "`catalog` must carry"),
    ],
)
def test_mistakes_are_named_before_anything_is_written(tmp_path, changes, error, message):
    with pytest.raises(error, match=message):
        search(tmp_path, **changes)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_keras_tuner_is_named(tmp_path, monkeypatch):
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name.partition(".")[0] == "keras_tuner":
            raise ModuleNotFoundError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImportError, match=r"keras_sessrec\[tune\]"):
        search(tmp_path)
