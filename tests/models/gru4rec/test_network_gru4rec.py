"""The network of GRU4Rec."""

import numpy as np

import keras_sessrec as ksr
from keras_sessrec.models.gru4rec.network import GRU4RecNetwork

CATALOG = ksr.Catalog(range(7))
PLAIN = {
    "tie_embeddings": False,
    "embedding_dim": None,
    "input_discount": None,
    "input_window": None,
    "embedding_dropout": 0.0,
    "hidden_dropout": 0.0,
}


def test_it_reads_and_scores_without_a_model():
    network = GRU4RecNetwork(CATALOG, [4, 3], dense_units=[5], seed=1, **PLAIN)
    parts, states = network(np.array([[1, 2], [3, 0]], np.int32))
    assert {name: h.shape for name, h in parts.items()} == {"network": (2, 2, 5)}
    assert [s.shape for s in states] == [s.shape for s in network.initial_states(2)]
    assert network.head().scores({"network": parts["network"][:, 0]}).shape == (2, 7)
    assert list(network.subnets()) == ["network"]


def test_parts_have_random_streams_of_their_own():
    first = GRU4RecNetwork(CATALOG, [4], dense_units=[], seed=1, **PLAIN)
    again = GRU4RecNetwork(CATALOG, [4], dense_units=[], seed=1, **PLAIN)
    for ours, theirs in zip(first.weights, again.weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    tables = [np.array(first.scorer.table), np.array(first.subnet.representation.table)[:, :4]]
    assert not np.allclose(*tables)
