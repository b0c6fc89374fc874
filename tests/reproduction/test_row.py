"""Rows and their names."""

import dataclasses

import numpy as np
import pytest

import keras_sessrec as ksr
from keras_sessrec.recipes import Expectation
from keras_sessrec.reproduction.row import BASELINES, Row, fraction_text


def test_keys_are_folder_names():
    assert Row("first-order Markov").key == "first-order_Markov-fraction1-seed0"
    assert Row("a", seed=3, fraction=1 / 16).key == "a-fraction1of16-seed3"


@pytest.mark.parametrize(("fraction", "text"), [(1, "1"), (1 / 3, "1/3"), (0.3, "3/10")])
def test_fractions_as_people_write_them(fraction, text):
    assert fraction_text(fraction) == text


def test_published_is_all_of_the_log_and_the_registered_recipe():
    m1 = ksr.recipes.get("tan_m1_100")
    assert Row(m1.name, m1, 1).is_published
    assert not Row(m1.name, m1, 1, fraction=0.5).is_published
    assert not Row(m1.name, dataclasses.replace(m1, epochs=3), 1).is_published
    own = dataclasses.replace(m1, name="own", epochs=3)
    assert Row("own", own, 1).is_published


def test_stages_cut_the_log_themselves_and_start_from_all_of_it():
    m2 = Row("tan_m2_100", ksr.recipes.get("tan_m2_100"), seed=2, fraction=1 / 4)
    assert m2.log_fraction == 1
    assert m2.start == Row("tan_m1_100", ksr.recipes.get("tan_m1_100"), seed=2)
    assert Row("POP").start is None


def test_m4_of_a_fraction_takes_the_embeddings_of_the_whole_m1():
    m4 = Row("tan_m4_100", ksr.recipes.get("tan_m4_100"), seed=2, fraction=1 / 4)
    assert m4.log_fraction == 1 / 4
    assert m4.start == Row("tan_m1_100", ksr.recipes.get("tan_m1_100"), seed=2, fraction=1)


def test_m3_and_its_teacher_are_trained_on_the_fraction():
    m3 = Row("tan_m3_100", ksr.recipes.get("tan_m3_100"), seed=2, fraction=1 / 4)
    assert m3.start is None
    assert m3.log_fraction == 1 / 4


def test_among_how_many_items_figures_are():
    prnn = ksr.recipes.get("prnn_parallel_image_residual_100")
    assert Row(prnn.name, prnn, 1).most_supported == [50_000]
    m2 = ksr.recipes.get("tan_m2_100")
    assert Row(m2.name, m2, 1).most_supported == Row("POP").most_supported == []
    both = [Expectation("a", m, 0.1, "b", most_supported=n) for m in ("c", "d") for n in (9, 7)]
    recipe = dataclasses.replace(m2, expects=tuple(both))
    assert Row(m2.name, recipe, 1).most_supported == [7, 9]


def test_how_many_clicks_are_read_in_the_test():
    """19 of Tan's models, as in training; all of the others."""
    for name in ("tan_m1_100", "tan_m2_100", "tan_m3_1000", "tan_m4_100"):
        assert Row(name, ksr.recipes.get(name), 1).max_length == 19
    for name in ("gru4rec_2016_rsc15_bpr_100", "prnn_id_100", "gru4rec_then_prefixes_100"):
        assert Row(name, ksr.recipes.get(name), 1).max_length is None
    assert Row("POP").max_length is None


def test_all_baselines_but_the_costly_one_are_there():
    assert {cls.__name__ for cls in BASELINES.values()} == set(ksr.baselines.__all__) - {"SLIST"}


@pytest.mark.parametrize("name", BASELINES)
def test_they_fit_with_their_defaults(name, logs):
    catalog = ksr.Catalog.from_log(logs[0])
    scores = BASELINES[name]().fit(logs[0], catalog).score(np.array([[1, 2]]))
    assert scores.shape == (1, catalog.num_items)
