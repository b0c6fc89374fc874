"""What a model must define."""

import pytest

import keras_sessrec as ksr
from keras_sessrec.models.session_network import SessionNetwork
from keras_sessrec.training import Update

CATALOG = ksr.Catalog(["tea", "cup"])


def test_a_network_without_its_parts_says_what_is_missing():
    network = SessionNetwork(CATALOG)
    for call in (
        lambda: network.initial_states(1),
        lambda: network.encode([[1]]),
        lambda: network.score_hidden([[1.0]]),
    ):
        with pytest.raises(NotImplementedError, match="`SessionNetwork` must override"):
            call()


def test_a_network_of_one_piece_trains_everything_in_every_update():
    model = ksr.models.GRU4Rec(CATALOG, units=[4], seed=1)
    assert model.variables_for(Update([0], [0])) == model.trainable_variables
    assert len(model.subnet_names) == 1


def test_without_a_score_table_a_network_is_scored_by_itself():
    network = SessionNetwork(CATALOG)
    assert network.score_table() is None
    assert network.score_query([[1.0]]) == [[1.0]]


def test_anything_but_a_catalog_is_an_error():
    with pytest.raises(TypeError, match="`catalog` must be"):
        SessionNetwork(["tea"])
