"""A recipe is read, not deciphered."""

import pytest

import keras_sessrec as ksr


@pytest.mark.parametrize("name", ["tan_m3_100", "prnn_parallel_image_residual_100"])
def test_a_recipe_is_a_few_short_lines(name):
    text = str(ksr.recipes.get(name))
    lines = text.splitlines()
    assert lines[0] == f"{name}:" and 8 < len(lines) < 30
    assert max(map(len, lines)) <= 100
    assert repr(ksr.recipes.get(name)) == text


def test_what_is_at_its_default_is_not_said():
    text = str(ksr.recipes.get("tan_m1_100"))
    assert "epochs: 30" in text
    for silent in ("strategy", "teacher", "start", "soft_labels", "features", "compile"):
        assert f"  {silent}:" not in text


def test_what_another_recipe_gives_is_named():
    recipe = ksr.recipes.get("tan_m2_100")
    text = str(recipe)
    assert "  start: tan_m1_100" in text
    assert "  stages: RecencyStage(fraction=0.25, epochs=30, learning_rate=0.00025)" in text
    changed = recipe.with_arguments({"stages.0.learning_rate": 0.5, "model.units.0": 7})
    assert "learning_rate=0.5" in str(changed) and "units=[7]" in str(changed)


def test_subnets_are_calls_too():
    text = " ".join(str(ksr.recipes.get("prnn_parallel_image_residual_100")).split())
    assert "image: Subnet(representation=FeatureTable(features='image'), units=[100]" in text
    assert "expects: recall@20 0.7028 on vidxl among 50,000 items (slides of" in text
