"""Scores of single sessions."""

import numpy as np
import pytest
import tensorflow as tf

import keras_sessrec as ksr
from harness.model import chain_log

LOG = chain_log()
CATALOG = ksr.Catalog.from_log(LOG)


@pytest.fixture(scope="module")
def model():
    return ksr.models.GRU4Rec(CATALOG, units=[12], seed=1)


def test_predict_on_a_dataset_and_on_sessions_of_any_length(model):
    model.compile()
    items = np.array([[1, 2, 3], [4, 0, 0], [0, 5, 0]], "int32")
    want = model.score(items)
    got = model.predict(tf.data.Dataset.from_tensor_slices({"item": items}).batch(2), verbose=0)
    np.testing.assert_allclose(got, want, atol=1e-6)
    assert model.score(np.zeros((2, 0), "int32")).tolist() == [CATALOG.counts.tolist()] * 2


def test_zeros_anywhere_are_skipped(model):
    padded = np.array([[0, 3, 0, 5, 2], [3, 5, 2, 0, 0], [0, 0, 3, 5, 2]], "int32")
    scores = model.score(padded)
    np.testing.assert_allclose(scores, model.score(np.array([[3, 5, 2]] * 3)), atol=1e-6)


def test_order_of_events_matters(model):
    first, second = model.score(np.array([[3, 5], [5, 3]], "int32"))
    assert np.abs(first - second).max() > 1e-4


def test_session_without_a_known_item_is_scored_by_popularity(model):
    np.testing.assert_array_equal(model.score(np.zeros((1, 3), "int32"))[0], CATALOG.counts)


def test_catalog_is_required():
    with pytest.raises(TypeError, match=r"`catalog`.*Received: 10"):
        ksr.models.GRU4Rec(10)


def test_bare_base_asks_for_the_network():
    base = ksr.models.SessionRecommender(CATALOG)
    for call in (
        lambda: base.initial_states(1),
        lambda: base.encode(np.array([[1]])),
        lambda: base.score_hidden(np.zeros((1, 2))),
    ):
        with pytest.raises(NotImplementedError, match="must override"):
            call()
