"""The trained models that come with the checkout are what their files say."""

import json
import pathlib
import re

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

import keras_sessrec as ksr
from harness.served import Served, assert_same_answers
from keras_sessrec.serving.dev_server.item_table import ItemTable

ROOT = pathlib.Path(__file__).parents[1] / "saved_models"
FAMILIES = {
    "gru4rec_shop": ksr.models.GRU4Rec,
    "parallel_rnn_shop": ksr.models.ParallelGRU4Rec,
    "tan_m2_shop": ksr.models.GRU4Rec,
    "tan_m4_shop": ksr.models.EmbeddingGRU4Rec,
}
LARGEST = 5_000_000  # bytes of all of them together
ROUNDING = 0.002  # of a metric: another processor's sums may change the order of near ties


def facts_of(name):
    return json.loads((ROOT / name / "preset.json").read_text())


def load(name):
    """The model by its name, looked up as from the root of the checkout."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT.parent)
        return FAMILIES[name].from_preset(name)


def size_of(name):
    files = [ROOT / name, *(ROOT / name).rglob("*")]
    return sum(file.stat().st_size for file in files if file.is_file())


@pytest.fixture(scope="module")
def split():
    """The shop of all models and its two sides, made anew."""
    arguments = [facts_of(name)["data"] for name in FAMILIES]
    assert all(other == arguments[0] for other in arguments), "one shop for all"
    shop = ksr.data.synthetic_shop(**arguments[0]["synthetic_shop"])
    return shop, *ksr.data.split_last_days(shop.log, **arguments[0]["split_last_days"])


@pytest.fixture(scope="module", params=FAMILIES)
def model(request):
    """A trained model; `preset` is its name."""
    model = load(request.param)
    model.preset = request.param
    return model


def test_it_was_trained_on_this_shop(model, split):
    _, train, _ = split
    catalog = ksr.Catalog.from_log(train)
    assert type(model) is FAMILIES[model.preset]
    assert facts_of(model.preset)["class"] == type(model).__name__
    assert model.catalog.item_ids.tolist() == catalog.item_ids.tolist()
    assert model.catalog.counts.tolist() == catalog.counts.tolist()


def test_it_is_as_good_as_it_says(model, split):
    shop, _, test = split
    facts = facts_of(model.preset)
    k = facts["k"]
    result = ksr.evaluate(model, test, model.catalog, k=k, coverage=False)
    best = shop.ceiling(test, k=k, candidates=model.catalog.item_ids)
    for metric, said in facts["metrics"].items():
        assert result.values(metric, k).mean() == pytest.approx(said, abs=ROUNDING)
        found = result.confidence_interval(metric, k)
        assert found == pytest.approx(facts["intervals"][metric], abs=ROUNDING)
        assert facts["best_possible"][metric] == pytest.approx(getattr(best, metric), abs=1e-9)
        assert said < facts["best_possible"][metric]


def test_the_export_answers_as_the_model_does(model, split):
    _, _, test = split
    folder = ROOT / model.preset / "1"
    served = Served(model, folder, tf.saved_model.load(str(folder)))
    assert len(served.loaded.signatures) == 5
    sessions = [test.session(place).tolist() for place in range(20)]
    sessions.append(["no such item"])
    answer = served.ask(session=sessions)
    assert_same_answers(served.pairs(answer), model.recommend(sessions))
    unseen = served.ask("recommend_unseen", session=sessions)
    assert_same_answers(served.pairs(unseen), model.recommend(sessions, exclude_seen=True))


def test_it_can_be_trained_on(model, split):
    _, train, _ = split
    again = load(model.preset)
    before = [np.array(w) for w in again.trainable_weights]
    batches = ksr.batches.session_parallel(train, again.catalog).take(1)
    history = again.fit(batches, verbose=0).history
    assert np.isfinite(history["loss"][0])
    moved = [
        np.abs(np.array(w) - old).max() > 0
        for w, old in zip(again.trainable_weights, before, strict=True)
    ]
    assert any(moved)


@pytest.mark.parametrize("name", FAMILIES)
def test_the_export_is_whole(name):
    extra = ROOT / name / "1" / "assets.extra"
    card = (extra / "model_card.md").read_text()
    facts = facts_of(name)
    for metric in ("recall", "mrr"):
        assert f"| {metric}_at_{facts['k']} | {facts['metrics'][metric]:.4f} |" in card
    assert json.dumps(facts["data"]) in card
    assert "of the best possible" in card
    assert (extra / "tf_serving_warmup_requests").stat().st_size > 0
    assert not [path for path in (ROOT / name).iterdir() if path.name.startswith(".")]


def test_items_of_the_page_are_those_of_the_shop(split):
    shop, train, _ = split
    items = pd.read_csv(ROOT / "items.csv")
    assert set(items["id"]) == set(ksr.Catalog.from_log(train).item_ids)
    titles = dict(zip(shop.item_ids, shop.titles, strict=True))
    assert items["title"].tolist() == [titles[item_id] for item_id in items["id"]]
    ItemTable.from_file(ROOT / "items.csv")


def test_all_together_are_small():
    assert sum(map(size_of, [*FAMILIES, "items.csv"])) < LARGEST


@pytest.mark.parametrize("name", FAMILIES)
def test_the_table_of_the_readme_is_what_was_measured(name):
    facts = facts_of(name)
    (row,) = re.findall(rf"^\| `{name}` \|.*$", (ROOT / "README.md").read_text(), re.MULTILINE)
    _, kind, weights, recall, mrr, share, size = (
        cell.strip() for cell in row.strip("|").split("|")
    )
    assert kind == f"`{facts['class']}`"
    card = (ROOT / name / "1" / "assets.extra" / "model_card.md").read_text()
    assert f" {weights} weights are served" in card
    for cell, metric in ((recall, "recall"), (mrr, "mrr")):
        low, high = facts["intervals"][metric]
        assert cell == f"{facts['metrics'][metric]:.3f} ({low:.3f} to {high:.3f})"
    best = facts["best_possible"]
    shares = [f"{facts['metrics'][m] / best[m]:.0%}" for m in ("recall", "mrr")]
    assert share == " and ".join(shares)
    assert float(size) == pytest.approx(size_of(name) / 1e6, abs=0.006)
