"""Queries into the best items."""

from functools import partial

import numpy as np
import pytest
import tensorflow as tf

import keras_sessrec as ksr
from keras_sessrec.serving import catalog_scorer
from keras_sessrec.serving.catalog_scorer import NO_SCORE, CatalogScorer

RNG = np.random.default_rng(0)
NONE = np.zeros((3, 0), np.int32)


def one_network(num_items, **arguments):
    catalog = ksr.Catalog(range(num_items), RNG.integers(0, 9, num_items))
    model = ksr.models.GRU4Rec(catalog, units=[4], seed=1, **arguments)
    model.network.scorer.bias.assign(RNG.normal(size=num_items + 1))
    return model


def fused(fusion):
    def make(num_items):
        catalog = ksr.Catalog(range(num_items), RNG.integers(0, 9, num_items))
        subnets = {
            name: ksr.layers.Subnet(ksr.layers.OneHotItem(seed=i), units=[4], seed=i)
            for i, name in enumerate(["item", "image"])
        }
        weights = {"item": 0.5, "image": 2.0}
        model = ksr.models.ParallelGRU4Rec(catalog, subnets, fusion, weights, seed=1)
        layer = model.network.fusion
        scorers = [layer.scorer] if fusion == "shared" else layer.scorers.values()
        for scorer in scorers:
            scorer.bias.assign(RNG.normal(size=num_items + 1))
        return model

    return make


def predicted_vectors(num_items):
    catalog = ksr.Catalog(range(num_items), RNG.integers(0, 9, num_items))
    vectors = RNG.normal(size=(num_items, 3))
    return ksr.models.EmbeddingGRU4Rec(catalog, vectors, units=[4], seed=1)


def ensemble(num_items):
    catalog = ksr.Catalog(range(num_items), RNG.integers(0, 9, num_items))
    return ksr.models.GRU4RecEnsemble(catalog, members=2, units=[4], seed=1)


MODELS = {
    "one network": one_network,
    "normalized": partial(one_network, normalize=True, tie_embeddings=True),
    "parallel": fused("parallel"),
    "shared": fused("shared"),
    "interaction": fused("interaction"),
    "ensemble": ensemble,
    "predicted vectors": predicted_vectors,
}


def query_and_scores(model, items):
    """What the table is multiplied by after some items, and the model's own scores."""
    head = model.network.head()
    parts = {name: h[:, 0] for name, h in model.network.encode(np.array(items))[0].items()}
    return np.asarray(head.query(parts)), np.array(head.scores(parts))


@pytest.mark.parametrize("num_items", [1, 5, 64, 700])
@pytest.mark.parametrize("name", MODELS)
def test_ranks_as_a_sort_of_the_models_scores(name, num_items):
    model = MODELS[name](num_items)
    query, scores = query_and_scores(model, RNG.integers(0, num_items + 1, (3, 1)))
    events = np.array([1, 0, 9], np.float32)
    scores[1] = model.catalog.counts
    k = 5
    items, best = CatalogScorer(model, k).top_k(query, events, NONE)
    want = np.argsort(-scores, axis=1, kind="stable")[:, :k]  # all of them, if there are fewer
    np.testing.assert_array_equal(items, want + 1)
    want_best = np.take_along_axis(scores, want, axis=1)
    np.testing.assert_allclose(best, want_best, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", ["one network", "interaction"])
def test_excluded_items_are_not_answered(name):
    model = MODELS[name](200)
    scorer = CatalogScorer(model, k=200)
    hidden = RNG.normal(size=(3, 8 if name == "interaction" else 4)).astype("float32")
    excluded = np.array([[3, 0, 3, 200], [0, 0, 0, 0], [1, 2, 3, 4]], np.int32)
    items, scores = (a.numpy() for a in scorer.top_k(hidden, np.ones(3, "float32"), excluded))
    for row, out in enumerate(excluded):
        left = np.setdiff1d(np.arange(1, 201), out)
        assert sorted(items[row][items[row] > 0]) == left.tolist()
        np.testing.assert_array_equal(scores[row, len(left) :], np.float32(NO_SCORE))
        assert (scores[row, : len(left)] > NO_SCORE).all()


@pytest.mark.parametrize("name", ["one network", "interaction"])
def test_scores_of_candidates(name):
    model = MODELS[name](90)
    scorer = CatalogScorer(model, k=1)
    query, scores = query_and_scores(model, [[4], [8], [15]])
    candidates = np.array([[90, 1, 1], [0, 0, 7], [5, 0, 6]], np.int32)
    got = scorer.score(query, np.array([2, 1, 0], np.float32), tf.constant(candidates)).numpy()
    scores[2] = model.catalog.counts
    want = np.take_along_axis(scores, np.maximum(candidates, 1) - 1, axis=1)
    np.testing.assert_allclose(got, np.where(candidates > 0, want, NO_SCORE), rtol=1e-5, atol=1e-5)
    assert scorer.score(query, np.ones(3, "float32"), tf.constant(NONE)).shape == (3, 0)


def test_many_rows_are_ranked_in_parts(monkeypatch):
    model = one_network(100)
    hidden = RNG.normal(size=(23, 4)).astype("float32")
    events = (np.arange(23) % 5).astype("float32")
    excluded = RNG.integers(0, 101, (23, 3)).astype("int32")
    want = CatalogScorer(model, k=7).top_k(hidden, events, excluded)
    monkeypatch.setattr(catalog_scorer, "_SCORES_AT_ONCE", 5 * 128)
    got = CatalogScorer(model, k=7).top_k(hidden, events, excluded)
    np.testing.assert_array_equal(got[0], want[0])
    np.testing.assert_allclose(got[1], want[1], rtol=1e-5, atol=1e-6)
    none = CatalogScorer(model, k=7).top_k(hidden[:0], events[:0], excluded[:0])
    assert none[0].shape == none[1].shape == (0, 7)


def test_no_infinity_leaves():
    hidden = np.full((3, 4), 3e38, np.float32) * np.array([[1], [-1], [1]], np.float32)
    for name in ("one network", "shared"):
        scorer = CatalogScorer(MODELS[name](100), k=100)
        events = np.ones(3, np.float32)
        assert np.isfinite(scorer.top_k(hidden, events, NONE)[1]).all()
        assert np.isfinite(scorer.score(hidden, events, tf.constant([[1]] * 3))).all()


@pytest.mark.parametrize(
    ("part", "value"), [("scores", np.nan), ("scores", np.inf), ("network", np.nan)]
)
def test_a_model_that_diverged_is_an_error(part, value):
    model = one_network(9)
    weight = model.network.scorer.bias if part == "scores" else model.network.subnet.cells[0].bias
    weight.assign(np.full(weight.shape, value))
    with pytest.raises(ValueError, match="NaN or infinity"):
        CatalogScorer(model, k=3)
