"""Which recipes are found, and which rows there are."""

import numpy as np
import pytest

import keras_sessrec as ksr
from keras_sessrec.recipes.registry import PAPERS
from keras_sessrec.reproduction import Plan, find_recipes
from keras_sessrec.reproduction.row import BASELINES

CATALOG = ksr.Catalog(["tea", "cup"])


def test_a_start_comes_first_and_once():
    recipes = find_recipes(["tan_m4_100", "tan_m2_100", "tan_m1_100"])
    plan = Plan.of(recipes, CATALOG, seeds=[1, 2])
    names = [(row.name, row.seed) for row in plan.rows]
    assert names[: len(BASELINES)] == [(name, 0) for name in BASELINES]
    assert names[len(BASELINES) :] == [
        (f"tan_{name}_100", seed) for seed in (1, 2) for name in ("m1", "m4", "m2")
    ]


def test_missing_features_skip_a_recipe_and_say_so():
    recipes = find_recipes(["prnn_image_100", "prnn_id_100"])
    plan = Plan.of(recipes, CATALOG, seeds=[1], baselines=False)
    assert [row.name for row in plan.rows] == ["prnn_id_100"]
    assert plan.skipped == {"prnn_image_100": "the catalog has no features ['image']"}
    with_image = CATALOG.with_features("image", np.ones((2, 3)))
    assert len(Plan.of(recipes, with_image, seeds=[1], baselines=False).rows) == 2


def test_fractions_are_of_the_last_stage_where_there_are_stages():
    recipes = find_recipes(["tan_m2_100"])
    plan = Plan.of(recipes, CATALOG, [1], [1, 1 / 4, 1 / 64], baselines=False)
    assert [(row.name, row.fraction, row.is_published) for row in plan.rows] == [
        ("tan_m1_100", 1, True),
        ("tan_m2_100", 1 / 4, True),
        ("tan_m2_100", 1 / 64, False),
    ]
    assert plan.rows[-1].recipe.stages[-1].fraction == 1 / 64


def test_fractions_of_m4_start_from_all_and_those_of_m3_do_not():
    plan = Plan.of(find_recipes(["tan_m4_100", "tan_m3_100"]), CATALOG, [1, 2], [1 / 4], False)
    assert [(row.name, row.seed, row.fraction) for row in plan.rows] == [
        (f"tan_{name}_100", seed, fraction)
        for seed in (1, 2)
        for name, fraction in (("m1", 1), ("m4", 1 / 4), ("m3", 1 / 4))
    ]


def test_with_other_epochs_nothing_is_trained_as_published():
    (m2,) = find_recipes(["tan_m2_100"])
    plan = Plan.of([m2], CATALOG, [1], baselines=False, epochs=2)
    assert not any(row.is_published for row in plan.rows)


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
