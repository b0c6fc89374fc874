"""Recipes by name and by paper."""

import pytest

import keras_sessrec as ksr
from keras_sessrec.reproduction.finding import PAPERS, find_recipes


def test_papers_hold_all_recipes_once():
    found = [recipe.name for recipe in find_recipes(PAPERS)]
    assert sorted(found) == ksr.recipes.list()


def test_a_recipe_of_a_named_paper_is_not_there_twice():
    found = [recipe.name for recipe in find_recipes(["tan_2016", "tan_m1_100", "prnn_id_100"])]
    assert len(found) == 9
    assert found[-1] == "prnn_id_100"


def test_an_unknown_name_lists_papers_and_recipes():
    with pytest.raises(ValueError, match=r"tan_2016.*tan_m1_100.*Received: 'tan'"):
        find_recipes(["tan"])
