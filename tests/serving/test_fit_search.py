"""How much of a catalog is looked at, and whether that is enough."""

import json
import urllib.request

import numpy as np
import pytest
import tensorflow as tf

import keras_sessrec as ksr
from harness.scorer import log_of
from harness.served import K, unsaved
from keras_sessrec.serving.dev_server.dev_server import DevServer
from keras_sessrec.serving.fit_search import fitted_scorer
from keras_sessrec.serving.session_reader import SessionReader


@pytest.fixture(scope="module")
def exact(pruned, tmp_path_factory):
    return unsaved(pruned.model, tmp_path_factory.mktemp("exact"), k=20)


@pytest.fixture(scope="module")
def sessions(pruned):
    """Every prefix of every held-back session, as a server would be asked."""
    whole = [pruned.log.session(i).tolist() for i in range(pruned.log.num_sessions)]
    return [clicks[:end] for clicks in whole for end in range(1, len(clicks) + 1)]


def shares_of(found, wanted):
    return [np.isin(*pair).mean() for pair in zip(wanted, found, strict=True)]


@pytest.mark.parametrize("signature", ["serving_default", "recommend_unseen"])
def test_answers_agree_with_exact_ones_as_stated(pruned, exact, sessions, signature):
    found, wanted = (export.ask(signature, session=sessions) for export in (pruned, exact))
    shares = shares_of(found["item_ids"], wanted["item_ids"])
    assert 0.94 < np.mean(shares) < 1
    same = found["item_ids"] == wanted["item_ids"]
    close = np.isclose(found["scores"], wanted["scores"], rtol=2e-3, atol=2e-3)
    assert close[same].all() and same.mean() > 0.7


def test_far_from_all_is_looked_at(pruned):
    card = (pruned.folder / "assets.extra" / "model_card.md").read_text()
    share = float(card.split("are looked at\n(")[1].split("%")[0])
    assert share < 40


def test_seen_and_excluded_items_are_not_answered(pruned, exact, sessions):
    some = sessions[:300]
    exclude = [ids[:4].tolist() for ids in exact.ask(session=some)["item_ids"]]
    exclude = [[i.decode() for i in row] for row in exclude]
    answer = pruned.ask("recommend_unseen", session=some, exclude=exclude)
    for clicks, out, ids in zip(some, exclude, answer["item_ids"], strict=True):
        ids = {i.decode() for i in ids}
        assert len(ids) == 20 and not ids & {*clicks, *out}


def test_sessions_without_a_known_click_get_the_most_popular_items(pruned, exact):
    some = [[], ["no such id"], [pruned.model.catalog.item_ids[3]]]
    found, wanted = (export.ask(session=some) for export in (pruned, exact))
    for name in ("item_ids", "scores", "known"):
        np.testing.assert_array_equal(found[name][:2], wanted[name][:2])
    assert found["known"].tolist() == [0, 0, 1]


def test_step_and_score_go_on_as_before(pruned, exact, sessions):
    some = [clicks for clicks in sessions if len(clicks) > 2][:50]
    state = pruned.ask("encode", session=[clicks[:-1] for clicks in some])["state"]
    last = tf.constant([clicks[-1] for clicks in some])
    stepped = pruned.ask("step", item=last, state=tf.constant(state), exclude=[[]] * 50)
    whole = pruned.ask(session=some)
    assert np.mean(shares_of(stepped["item_ids"], whole["item_ids"])) > 0.999
    candidates = tf.constant(whole["item_ids"])
    scores = [
        e.ask("score", session=some, candidates=candidates)["scores"] for e in (pruned, exact)
    ]
    np.testing.assert_allclose(*scores, rtol=2e-3, atol=2e-3)


def test_the_development_server_serves_it(pruned, sessions):
    body = {"instances": [{"session": ["", *sessions[5]], "exclude": [""]}]}
    with DevServer(pruned.folder.parent, port=0) as server:
        url = f"{server.url}/v1/models/large:predict"
        with urllib.request.urlopen(url, json.dumps(body).encode()) as response:
            (prediction,) = json.load(response)["predictions"]
    want = pruned.ask(session=sessions[5:6])["item_ids"][0]
    assert prediction["item_ids"] == [i.decode() for i in want]


def small(num_items=300):
    catalog = ksr.Catalog([f"item-{i}" for i in range(num_items)])
    model = ksr.models.GRU4Rec(catalog, units=[8], seed=1)
    rng = np.random.default_rng(0)
    return model, log_of([catalog.item_ids[rng.integers(num_items, size=3)] for _ in range(300)])


def fitted(model, log, agreement=0.9):
    search = ksr.serving.PrunedSearch(log, agreement)
    return fitted_scorer(model, K, SessionReader(model, 20), search)


def test_a_catalog_without_order_is_told_of():
    model, log = small()
    with pytest.warns(UserWarning, match=r"`search` looks at \d+% of the catalog"):
        scorer = fitted(model, log)
    assert scorer.report.agreement >= 0.9 and scorer.report.sessions == 150
    assert scorer.groups_read <= scorer.num_groups == 5


def test_an_agreement_out_of_reach_is_told_of():
    model, log = small()
    with pytest.warns(UserWarning) as caught:
        scorer = fitted(model, log, agreement=0.9999999)
    if scorer.report.agreement < 1:  # two scores as near as 12 bits can tell
        assert "all groups looked at" in str(caught[0].message)
    assert scorer.groups_read == scorer.num_groups and scorer.report.agreement > 0.98


def test_few_sessions_are_refused():
    model, log = small()
    with pytest.raises(ValueError, match=r"`search` needs 50 sessions.*Received: 20, of 20"):
        fitted(model, log.select_sessions(np.arange(300) < 20))
    with pytest.raises(ValueError, match=r"Received: 0, of 1 in the log"):
        fitted(model, log_of([["a", "b"]]))


@pytest.mark.filterwarnings("ignore:`search` looks at")
def test_models_of_several_vectors_an_item_are_searched_too():
    _, log = small()
    catalog = ksr.Catalog([f"item-{i}" for i in range(300)])
    catalog = catalog.with_features("look", np.random.default_rng(0).normal(size=(300, 5)))
    subnets = {
        "item": ksr.layers.Subnet(ksr.layers.OneHotItem(seed=1), units=[6], seed=1),
        "look": ksr.layers.Subnet(ksr.layers.FeatureTable("look", seed=2), units=[5], seed=2),
    }
    model = ksr.models.ParallelGRU4Rec(catalog, subnets, dtype="mixed_bfloat16", seed=1)
    scorer = fitted(model, log)
    assert scorer.report.agreement >= 0.9
    assert scorer.report.table_bytes < scorer.report.float32_bytes
