"""Trials of a recipe: what they train, what HParams shows, what happens if they fail."""

import dataclasses
import gc
import json
import shutil
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.data_provider import MultiplexerDataProvider
from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer
from tensorboard.plugins.base_plugin import TBContext
from tensorboard.plugins.hparams.hparams_plugin import HParamsPlugin
from werkzeug.test import Client

import keras_sessrec as ksr
from harness.model import chain_log, train_without_xla
from keras_sessrec.recipes import Recipe
from keras_sessrec.tuning.recipe_tuner import RecipeTuner

TRAIN, VALID = chain_log(num_sessions=60), chain_log(num_sessions=20, seed=1)
CATALOG = ksr.Catalog.from_log(TRAIN)
BATCHES = ksr.batches.whole_sessions(VALID, CATALOG)
SPACE = {"optimizer.learning_rate": [0.001, 0.3], "batches.lanes": [4, 8]}
RECIPE = ksr.recipes.get("gru4rec_rsc15_xe_shared_100").tiny().with_epochs(2)
METRICS = ["recall_at_1", "mrr_at_1", "ndcg_at_1"]


def tuner_of(folder, recipe=RECIPE, space=SPACE, **changes):
    settings = {"objective": "recall_at_1", "random_trials": 1, "seed": 3, **changes}
    return RecipeTuner(recipe, space, folder, **settings)


def searched(folder, **changes):
    tuner = tuner_of(folder, **changes)
    tuner.search(TRAIN, BATCHES, CATALOG, verbose=0)
    return tuner


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """A search with real trainings."""
    with pytest.MonkeyPatch.context() as patch:
        train_without_xla(patch)
        yield searched(tmp_path_factory.mktemp("search") / "one")


class Scored:
    """Stands for a trained model where only its score matters: the learning rate."""

    def __init__(self, recipe):
        self.rate = recipe.optimizer[1]["learning_rate"]

    def evaluate(self, batches, verbose, return_dict):
        return dict.fromkeys(METRICS, self.rate)


@pytest.fixture
def trained(monkeypatch):
    """Without trainings; the recipes that would have been trained."""
    recipes = []

    def noting(self, *args, **kwargs):
        recipes.append(self)
        return Scored(self)

    monkeypatch.setattr(Recipe, "train", noting)
    monkeypatch.setattr(gc, "collect", lambda: None)  # a second each, for nothing
    return recipes


def shown_by_hparams(folder):
    """The experiment and the rows of TensorBoard's HParams page."""
    multiplexer = EventMultiplexer().AddRunsFromDirectory(str(folder))
    multiplexer.Reload()
    provider = MultiplexerDataProvider(multiplexer, str(folder))
    apps = HParamsPlugin(TBContext(logdir=str(folder), data_provider=provider)).get_plugin_apps()
    request = {
        "allowedStatuses": ["STATUS_UNKNOWN", "STATUS_SUCCESS", "STATUS_RUNNING"],
        "colParams": [{"metric": {"group": "", "tag": name}} for name in METRICS],
        "startIndex": 0,
        "sliceSize": 100,
    }
    experiment = json.loads(Client(apps["/experiment"]).post(json={}).data)
    groups = json.loads(Client(apps["/session_groups"]).post(json=request).data)
    return experiment, groups["sessionGroups"]


def test_a_score_is_that_of_a_training_by_hand(done, monkeypatch):
    train_without_xla(monkeypatch)
    row = done.result().trials.iloc[-1]
    recipe = dataclasses.replace(
        RECIPE,
        optimizer=("SparseAdagrad", {"learning_rate": row.iloc[0], "momentum": 0.2}),
        batches=("session_parallel", {"lanes": int(row.iloc[1])}),
    )
    model = recipe.train(TRAIN, CATALOG, seed=3, verbose=0)
    by_hand = ksr.evaluate(model, VALID, CATALOG, k=1)
    expected = [by_hand.recall(1), by_hand.mrr(1), by_hand.ndcg(1)]
    assert row[METRICS].tolist() == pytest.approx(expected, abs=1e-6)


def test_the_best_is_handed_over_as_a_recipe(done):
    result = done.result()
    best = result.trials.loc[result.trials["recall_at_1"].idxmax()]
    assert result.score == best["recall_at_1"]
    assert result.recipe.optimizer[1] == {
        "learning_rate": best["optimizer.learning_rate"],
        "momentum": 0.2,
    }
    assert result.recipe.batches[1]["lanes"] == best["batches.lanes"]
    assert (result.recipe.compile, result.recipe.expects) == (RECIPE.compile, ())


def test_hparams_has_domains_values_and_metrics(done):
    experiment, groups = shown_by_hparams(done.project_dir)
    domains = {info["name"]: info["domainDiscrete"] for info in experiment["hparamInfos"]}
    assert domains == SPACE
    labels = [info["displayName"] for info in experiment["hparamInfos"]]
    assert sorted(labels) == ["lanes", "learning_rate"]
    trials = done.result().trials
    shown = {
        group["name"]: {
            **group["hparams"],
            **{m["name"]["tag"]: m["value"] for m in group["metricValues"]},
        }
        for group in groups
    }
    assert set(shown) == {f"one/{trial}" for trial in trials.index}
    for trial, row in trials.iterrows():
        assert shown[f"one/{trial}"] == pytest.approx(row.to_dict())


def test_two_searches_in_one_folder_are_not_mixed(tmp_path, trained):
    for name in ("one", "two"):
        searched(tmp_path / name)
    trials = searched(tmp_path / "one").result().trials
    assert len(shown_by_hparams(tmp_path)[1]) == 2 * len(trials)


def test_a_start_with_other_settings_is_another_search(tmp_path, trained):
    m2 = ksr.recipes.get("tan_m2_100")
    tuner_of(tmp_path / "one", recipe=m2).on_search_begin()
    tuner_of(tmp_path / "one", recipe=m2).save()
    with pytest.raises(ValueError, match=r"`directory` has a search with other.*recipe"):
        tuner_of(tmp_path / "one", recipe=m2.with_arguments({"start.model.units.0": 7}))


def test_names_that_would_be_equal_are_shown_in_full(tmp_path, trained):
    space = {"optimizer.learning_rate": [0.1], "compile.learning_rate": [0.2]}
    experiment, _ = shown_by_hparams(searched(tmp_path / "x", space=space).project_dir)
    assert {info["displayName"] for info in experiment["hparamInfos"]} == set(space)


def test_every_trial_has_curves(done):
    for trial in done.result().trials.index:
        for part in ("train", "validation"):
            assert len(list(Path(done.get_trial_dir(trial), part).glob("events*"))) == 1


def test_an_interrupted_search_goes_on_and_repeats_no_trial(tmp_path, trained, monkeypatch):
    space = {"optimizer.learning_rate": [0.1, 0.2, 0.3, 0.4]}
    whole = searched(tmp_path / "whole", space=space).result()
    order = [recipe.optimizer[1]["learning_rate"] for recipe in trained]
    trained.clear()

    quick = Recipe.train

    def interrupted(self, *args, **kwargs):
        if len(trained) == 2:
            raise KeyboardInterrupt
        return quick(self, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(Recipe, "train", interrupted)
        with pytest.raises(KeyboardInterrupt):
            searched(tmp_path / "parts", space=space)
    left = tmp_path / "parts" / "trial_0002" / "train" / "events.out.tfevents.1.left"
    left.parent.mkdir()
    left.touch()
    result = searched(tmp_path / "parts", space=space).result()
    assert [recipe.optimizer[1]["learning_rate"] for recipe in trained] == order
    assert result.trials.equals(whole.trials) and result.recipe == whole.recipe
    assert not left.exists(), "TensorBoard would show two trainings as one"
    assert len(shown_by_hparams(tmp_path / "parts")[1]) == 4


def test_a_search_that_breaks_off_in_a_training_goes_on_within_it(tmp_path, done, monkeypatch):
    train_without_xla(monkeypatch)
    folder = Path(shutil.copytree(done.project_dir, tmp_path / "parts"))
    shutil.rmtree(folder / "trial_0002")
    begun, begin = [], ksr.models.GRU4Rec.begin_epoch

    def breaking_off(self, epoch):
        begun.append(epoch)
        begin(self, epoch)
        if len(begun) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(ksr.models.GRU4Rec, "begin_epoch", breaking_off)
    with pytest.raises(KeyboardInterrupt):
        searched(folder)
    result = searched(folder).result()
    assert begun == [0, 1, 1]
    assert result.trials.equals(done.result().trials)
    assert result.recipe == done.result().recipe
    assert not list(folder.rglob("backup"))


def test_other_settings_in_the_same_folder_are_an_error(tmp_path, trained):
    searched(tmp_path / "one")
    for name, value in {"seed": 4, "space": {"epochs": [1, 2]}, "objective": "mrr_at_1"}.items():
        with pytest.raises(ValueError, match=f"`directory` has a search with other.*{name}"):
            tuner_of(tmp_path / "one", **{name: value})


def test_a_training_that_diverges_scores_nothing(tmp_path, trained, monkeypatch):
    quick = Recipe.train

    def diverging(self, *args, **kwargs):
        if self.optimizer[1]["learning_rate"] > 1:
            raise FloatingPointError
        return quick(self, *args, **kwargs)

    monkeypatch.setattr(Recipe, "train", diverging)
    rates = [7.0, 8.0, 9.0, 0.3, 6.0, 5.0]  # more in a row than there may be errors
    space = {"optimizer.learning_rate": rates}
    result = searched(tmp_path / "x", space=space).result()
    assert result.recipe.optimizer[1]["learning_rate"] == 0.3
    score = dict(zip(result.trials.iloc[:, 0], result.trials["recall_at_1"], strict=True))
    assert score == {rate: 0.3 if rate == 0.3 else 0.0 for rate in rates}
    assert len(shown_by_hparams(tmp_path / "x")[1]) == 6


def test_other_errors_fail_the_trial_and_three_end_the_search(tmp_path, trained, monkeypatch):
    def failing(self, *args, **kwargs):
        raise ValueError("out of memory, say")

    monkeypatch.setattr(Recipe, "train", failing)
    with pytest.raises(RuntimeError, match=r"(?s)consecutive failures.*out of memory, say"):
        searched(tmp_path / "three", space={"epochs": [1, 2, 3, 4]})
    with pytest.raises(RuntimeError, match="No trial was successful: see"):
        searched(tmp_path / "one", space={"epochs": [1]}).result()


@pytest.mark.parametrize("objective", ["recall", "recall_at_0", "recall_at_x", "coverage_at_20"])
def test_an_unknown_objective_is_an_error(tmp_path, objective):
    with pytest.raises(ValueError, match=r"`objective` must be.*Received: objective="):
        tuner_of(tmp_path / "o", objective=objective)
