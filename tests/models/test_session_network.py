"""What a network must define, and the head that all scores come from."""

import numpy as np
import pytest

import keras_sessrec as ksr
from keras_sessrec.models.session_network import Head, Output, SessionNetwork
from keras_sessrec.training import Update

CATALOG = ksr.Catalog(["tea", "cup", "pot", "lamp"])
IMAGES = np.random.default_rng(0).normal(size=(4, 3)).astype("float32")


def models():
    catalog = CATALOG.with_features("image", IMAGES)
    subnet, layers = ksr.layers.Subnet, ksr.layers
    yield "gru4rec", ksr.models.GRU4Rec(CATALOG, units=[5], seed=1)
    yield "embedding", ksr.models.EmbeddingGRU4Rec(CATALOG, IMAGES, units=[5], seed=1)
    for fusion in ("parallel", "shared", "interaction"):
        subnets = {
            "item": subnet(layers.OneHotItem(seed=1), [4], seed=1),
            "image": subnet(layers.FeatureTable("image", seed=2), [4], seed=2),
        }
        yield (
            fusion,
            ksr.models.ParallelGRU4Rec(catalog, subnets, fusion, {"image": 0.5}, seed=1),
        )


def test_a_network_without_its_parts_says_what_is_missing():
    network = SessionNetwork(CATALOG)
    for call in (
        lambda: network.initial_states(1),
        lambda: network.encode([[1]]),
        lambda: network.head(),
    ):
        with pytest.raises(NotImplementedError, match="`SessionNetwork` must override"):
            call()


def test_a_network_of_one_piece_trains_everything_in_every_update():
    model = ksr.models.GRU4Rec(CATALOG, units=[4], seed=1)
    assert model.variables_of(Update([0], [0])) == model.trainable_variables
    assert model.subnet_names == ["network"]


def test_anything_but_a_catalog_is_an_error():
    with pytest.raises(TypeError, match="`catalog` must be"):
        SessionNetwork(["tea"])


@pytest.mark.parametrize("model", models(), ids=lambda model: model[0])
def test_all_scores_are_those_of_one_head(model):
    """The product of query and table, candidates, the whole catalog, `score`."""
    network = model[1].network
    rng = np.random.default_rng(3)
    for weight in network.trainable_weights:
        weight.assign(rng.normal(size=weight.shape))
    items = np.array([[1, 2], [3, 4], [4, 4]], np.int32)
    parts = {name: hidden[:, -1] for name, hidden in network.encode(items)[0].items()}
    head = network.head()
    scores = np.array(head.scores(parts))
    vectors, biases = head.table()
    assert vectors.dtype == biases.dtype == np.float32 and len(vectors) == len(biases) == 4
    np.testing.assert_allclose(
        np.asarray(head.query(parts)) @ vectors.T + biases, scores, atol=1e-5
    )
    candidates = np.array([4, 2, 2], np.int32)
    np.testing.assert_allclose(head.scores(parts, candidates), scores[:, candidates - 1], atol=1e-5)
    np.testing.assert_allclose(model[1].score(items), scores, atol=1e-5)


def test_only_subnets_that_take_part_score():
    scorers = [ksr.layers.ItemScorer(4, 2, seed=seed) for seed in (1, 2)]
    parts = {"a": np.ones((1, 2), "float32"), "b": np.full((1, 2), 2.0, "float32")}
    first = Output(scorers[0], {"a": lambda parts, live: parts["a"]}, weight=0.5)
    second = Output(scorers[1], {"b": lambda parts, live: parts["a"] * parts["b"]})
    head = Head(first, second)
    alone = [np.array(head.scores(parts, scoring=[name])) for name in "ab"]
    np.testing.assert_allclose(alone[0], 0.5 * np.array(scorers[0](parts["a"])), atol=1e-6)
    np.testing.assert_allclose(alone[1], scorers[1](parts["b"]), atol=1e-6)
    np.testing.assert_allclose(head.scores(parts), alone[0] + alone[1], atol=1e-6)
