"""All recipes by name."""

import importlib

import pytest

import keras_sessrec as ksr
from keras_sessrec.recipes.registry import PAPERS


def test_names_are_unique_and_found():
    names = ksr.recipes.list()
    assert len(names) == len(set(names)) == len({ksr.recipes.get(n).name for n in names})
    assert all(ksr.recipes.get(name).name == name for name in names)


def test_papers_are_modules_and_hold_every_recipe():
    found = [recipe.name for recipes in PAPERS.values() for recipe in recipes]
    assert sorted(found) == ksr.recipes.list()
    for paper in PAPERS:
        assert importlib.import_module(f"keras_sessrec.recipes.{paper}").RECIPES is PAPERS[paper]


@pytest.mark.parametrize(("name", "near"), [("tan_m1", "tan_m1_100"), ("sasrec", "gru4rec_2016")])
def test_an_unknown_name_tells_of_near_ones(name, near):
    message = rf"`name` must be one of the {len(ksr.recipes.list())} of .*{near}.* name='{name}'"
    with pytest.raises(ValueError, match=message):
        ksr.recipes.get(name)
