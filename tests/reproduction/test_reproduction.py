"""Rows are trained once, kept, and reported."""

import dataclasses
import json

import keras
import numpy as np
import pytest

import keras_sessrec as ksr
from keras_sessrec.recipes import Expectation, Recipe
from keras_sessrec.reproduction import Plan, Reproduction, Row
from keras_sessrec.reproduction import reproduction as module


@pytest.fixture
def few(logs):
    """A training log of twenty sessions, for networks that run op by op."""
    return logs[0].select_sessions(np.arange(20)), logs[1]


@pytest.fixture
def trainings(monkeypatch):
    """Names of the recipes trained, one per training, and with what `start`."""
    seen = []
    train = Recipe.train

    def noted(self, log, catalog=None, seed=None, start=None, **arguments):
        seen.append((self.name, log.num_sessions, start))
        return train(self, log, catalog, seed, start, **arguments)

    monkeypatch.setattr(Recipe, "train", noted)
    return seen


def eager(recipe):
    return dataclasses.replace(recipe, compile={"run_eagerly": True}, early_stopping=None)


def test_a_record_holds_what_the_model_scores(logs, recipe, tmp_path, trainings):
    train, test = logs
    about = {"dataset": "shop", "command": "do it"}
    reproduction = Reproduction(tmp_path, train, test, validation_sessions=3, **about)
    row, seen = Row(recipe.name, recipe, seed=3), keras.callbacks.History()
    record = reproduction.run(row, callbacks=[seen])
    model = keras.models.load_model(tmp_path / "rows" / row.key / "model.keras")
    for unseen in ("drop", "miss"):
        result = ksr.evaluate(model, test, reproduction.catalog, unseen=unseen, coverage=False)
        assert record["metrics"][unseen]["mrr@20"] == pytest.approx(result.mrr(20))
    assert record["parameters"] == model.count_params()
    assert record["epochs"][0]["val_mrr_at_20"] == seen.history["val_mrr_at_20"][0]
    assert trainings == [(recipe.name, train.num_sessions - 3, None)]
    assert record["validation"] == "3 training sessions, drawn at random"
    assert record["environment"]["command"] == "do it"
    assert json.loads(json.dumps(record)) == reproduction.records()[0]
    (published,) = reproduction.published()
    assert published["difference"] == record["metrics"]["drop"]["recall@20"] - 0.5


def test_a_run_goes_on_after_a_kill(few, recipe, tmp_path, trainings, monkeypatch):
    rows = [Row("POP"), Row("a", eager(recipe), seed=1), Row("a", eager(recipe), seed=2)]
    first = Reproduction(tmp_path, *few, validation_sessions=0)
    kept = [first.run(row) for row in rows[:2]]

    def killed(*arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(module, "measure", killed)
        first.run(rows[2])
    again = Reproduction(tmp_path, *few, validation_sessions=0)
    assert [again.is_finished(row) for row in rows] == [True, True, False]
    del trainings[:]
    records = [again.run(row) for row in rows]
    assert len(trainings) == 1
    assert records[:2] == kept
    assert kept[1]["validation"] == "none"
    assert "val_loss" not in kept[1]["epochs"][0]


def test_a_start_is_trained_once_on_all_for_all(few, tmp_path, trainings):
    train, test = few
    tan = [eager(ksr.recipes.get(f"tan_{m}_100").tiny()) for m in ("m2", "m4")]
    m1 = eager(tan[0].start)
    tan = [dataclasses.replace(recipe, start=m1) for recipe in tan]
    reproduction = Reproduction(tmp_path, train, test, validation_sessions=0)
    plan = Plan.of(tan, reproduction.catalog, [1], [1, 1 / 4], baselines=False)
    rows = [row for row in plan.rows if row.name != tan[0].name or row.fraction == 1 / 4]
    for row in reversed(rows):
        reproduction.run(row)
    quarter = ksr.data.recent_fraction(train, 1 / 4).num_sessions
    m4, m2 = "tan_m4_100_tiny", "tan_m2_100_tiny"
    assert [(name, sessions) for name, sessions, _ in trainings] == [
        (m1.name, train.num_sessions),
        (m4, quarter),
        (m4, train.num_sessions),
        (m2, train.num_sessions),  # which cuts its stage itself
    ]
    trained = keras.models.load_model(tmp_path / "rows" / plan.rows[0].key / "model.keras")
    for _, _, start in trainings[1:]:
        np.testing.assert_array_equal(trained.item_embeddings, start.item_embeddings)


def test_a_fraction_is_the_most_recent_part(logs, recipe, tmp_path, trainings):
    reproduction = Reproduction(tmp_path, *logs, validation_sessions=0)
    record = reproduction.run(Row("a", eager(recipe), seed=1, fraction=1 / 4))
    recent = ksr.data.recent_fraction(logs[0], 1 / 4)
    assert trainings == [("gru4rec_rsc15_xe_shared_100_tiny", recent.num_sessions, None)]
    assert not record["is_published"]


def test_figures_among_the_most_supported_are_measured_so(logs, recipe, tmp_path):
    figure = Expectation("shop", "mrr@20", 0.5, "Somebody", most_supported=25)
    plain, among = (
        Row("a", dataclasses.replace(eager(recipe), expects=figures), seed=1)
        for figures in ((), (figure,))
    )
    reproduction = Reproduction(tmp_path, *logs, dataset="shop", validation_sessions=0)
    # What is measured is at issue: nothing need be trained.
    model = recipe.build(reproduction.catalog, seed=1)
    facts = {"seconds": {"training": 0.0}, "validation": "none", "epochs": []}
    reproduction._trained = lambda *arguments: (model, facts)
    record = reproduction.run(among)
    assert reproduction.is_finished(among)
    with pytest.raises(ValueError, match=r"most_supported is \[25\] there and None here"):
        reproduction.is_finished(plain)
    ranked = {"most_supported": 25, "coverage": False}
    wanted = ksr.evaluate(model, logs[1], reproduction.catalog, **ranked).mrr(20)
    (found,) = reproduction.published()
    assert found["ours"] == pytest.approx(wanted)
    assert found["ours"] > record["metrics"]["drop"]["mrr@20"]
    assert found["difference"] == found["ours"] - 0.5


def test_a_recipe_that_reads_the_last_clicks_is_measured_so(few, tmp_path):
    recipe = eager(ksr.recipes.get("tan_m1_100").tiny())
    reproduction = Reproduction(tmp_path, *few, validation_sessions=0)
    model = recipe.build(reproduction.catalog, seed=1)
    facts = {"seconds": {"training": 0.0}, "validation": "none", "epochs": []}
    reproduction._trained = lambda *arguments: (model, facts)
    row = Row("a", recipe, seed=1)
    record = reproduction.run(row)
    assert row.max_length == record["made_with"]["max_length"] == 4
    results = [
        ksr.evaluate(model, few[1], k=20, max_length=length, coverage=False) for length in (4, None)
    ]
    assert record["metrics"]["drop"]["mrr@20"] == pytest.approx(results[0].mrr(20))
    assert not np.array_equal(results[0].rank, results[1].rank)


def test_another_start_is_another_setting(few, tmp_path):
    m4 = eager(ksr.recipes.get("tan_m4_100").tiny())
    reproduction = Reproduction(tmp_path, *few, validation_sessions=0)
    whole, part = (Row(m4.name, m4, seed=1, fraction=f) for f in (1, 1 / 4))
    assert "start" not in reproduction._made_with(whole)
    assert reproduction._made_with(part)["start"] == "tan_m1_100_tiny-fraction1-seed1"


def test_another_log_recipe_or_feature_table_is_an_error(few, recipe, tmp_path):
    train, test = few
    first = Reproduction(tmp_path, train, test, validation_sessions=0)
    row = Row("a", eager(recipe), seed=1)
    first.run(row)
    with pytest.raises(ValueError, match="`folder` must be new, or hold a run of the same train"):
        Reproduction(tmp_path, train.select_sessions(np.arange(9)), test)
    changed = dataclasses.replace(row.recipe, epochs=2)
    with pytest.raises(ValueError, match=r"recipe\.epochs is 1 there and 2 here"):
        first.is_finished(Row("a", changed, seed=1))
    with pytest.raises(ValueError, match="validation_sessions is 0 there and 7 here"):
        Reproduction(tmp_path, train, test, validation_sessions=7).run(row)
    words = dataclasses.replace(row.recipe, notes="better words")
    assert first.is_finished(Row("a", words, seed=1))


def test_early_stopping_validates_on_its_own_tenth(logs, tmp_path):
    recipe = ksr.recipes.get("tan_m1_100").tiny()
    record = Reproduction(tmp_path, *logs).run(Row(recipe.name, recipe, seed=1))
    assert record["validation"] == "10% of the training sessions, drawn at random"
    assert 0 <= record["epochs"][0]["val_recall_at_20"] <= 1


def test_losses_of_single_subnets_are_not_of_every_epoch():
    columns = {"loss": [2.0, 1.0], "item_loss": [2.0], "stage": [0.0, 1.0], "val_loss": [3.0, 4.0]}
    assert module._by_epoch(columns) == [
        {"loss": 2.0, "val_loss": 3.0},
        {"loss": 1.0, "val_loss": 4.0},
    ]


def test_a_report_is_written_from_what_is_finished(logs, tmp_path):
    reproduction = Reproduction(tmp_path, *logs, dataset="shop")
    record = reproduction.run(Row("S-POP"))
    text = reproduction.write_report().read_text()
    assert f"{100 * record['metrics']['miss']['recall@20']:.2f}" in text


def test_a_negative_number_is_an_error(logs, tmp_path):
    with pytest.raises(ValueError, match="`validation_sessions` must not be negative"):
        Reproduction(tmp_path, *logs, validation_sessions=-1)
