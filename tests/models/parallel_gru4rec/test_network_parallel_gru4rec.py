"""The network of a p-RNN."""

import numpy as np
import pytest

import keras_sessrec as ksr
from keras_sessrec.models.parallel_gru4rec.network import ParallelGRU4RecNetwork

CATALOG = ksr.Catalog(range(7)).with_features("look", np.eye(7)[:, :3])


def network(fusion="parallel"):
    subnets = {
        "item": ksr.layers.Subnet(ksr.layers.OneHotItem(seed=1), [4], dropout=0.5, seed=1),
        "look": ksr.layers.Subnet(ksr.layers.FeatureTable("look", seed=2), [4], seed=2),
    }
    return ParallelGRU4RecNetwork(CATALOG, subnets, fusion, {"item": 1.0, "look": 2.0}, seed=1)


def test_each_subnet_carries_its_own_states():
    net = network()
    items = np.array([[1, 2], [3, 4]], np.int32)
    whole, _ = net.encode(items)
    first, states = net.encode(items[:, :1])
    second, _ = net.encode(items[:, 1:], states)
    for name in ("item", "look"):
        both = np.concatenate([first[name], second[name]], axis=1)
        np.testing.assert_allclose(both, whole[name], atol=1e-6)


@pytest.mark.parametrize(
    ("training", "dropped"), [(True, True), (["item"], True), (["look"], False), (False, False)]
)
def test_dropout_is_that_of_what_is_trained(training, dropped):
    parts, _ = network().encode(np.full((50, 1), 3, np.int32), training=training)
    assert (np.array(parts["item"]) == 0).any() == dropped


@pytest.mark.parametrize("fusion", ["parallel", "shared", "interaction"])
def test_subnets_hold_every_weight(fusion):
    net = network(fusion)
    layers = [layer for subnet in net.subnets().values() for layer in subnet]
    held = {id(v) for layer in layers for v in layer.trainable_variables}
    assert held == {id(v) for v in net.trainable_variables}
