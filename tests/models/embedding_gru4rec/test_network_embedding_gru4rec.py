"""The network of M4."""

import numpy as np

import keras_sessrec as ksr
from keras_sessrec.models.embedding_gru4rec.network import EmbeddingGRU4RecNetwork

CATALOG = ksr.Catalog(range(7))
VECTORS = np.random.default_rng(0).normal(size=(7, 3))


def network():
    return EmbeddingGRU4RecNetwork(CATALOG, VECTORS, [4], "relu", 0.0, seed=1)


def test_scores_are_cosines_and_nothing_of_the_table_is_trained():
    net = network()
    parts, _ = net.encode(np.array([[1], [5]], np.int32))
    scores = np.array(net.head().scores({"network": parts["network"][:, 0]}))
    assert scores.shape == (2, 7) and (np.abs(scores) <= 1 + 1e-6).all()
    assert not any(v is net.scorer.table for v in net.trainable_variables)


def test_normalisation_follows_the_batch_in_training_only():
    net = network()
    hidden = {"network": np.random.default_rng(1).normal(size=(6, 4)).astype("float32")}
    before = np.array(net.norm.moving_mean)
    net.head().scores(hidden)
    np.testing.assert_array_equal(net.norm.moving_mean, before)
    net.head().scores(hidden, live=np.ones(6, bool))
    assert not np.array_equal(net.norm.moving_mean, before)
