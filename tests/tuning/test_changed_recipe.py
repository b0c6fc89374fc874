"""Arguments of a recipe by their names."""

import pytest

import keras_sessrec as ksr
from keras_sessrec.tuning.changed_recipe import changed_recipe

PLAIN = ksr.recipes.get("gru4rec_rsc15_bprmax_shared_100")
PARALLEL = ksr.recipes.get("prnn_parallel_image_residual_100")


@pytest.mark.parametrize(
    ("recipe", "name", "value", "read"),
    [
        (PLAIN, "epochs", 3, lambda r: r.epochs),
        (PLAIN, "optimizer.learning_rate", 0.7, lambda r: r.optimizer[1]["learning_rate"]),
        (PLAIN, "model.units.0", 200, lambda r: r.model[1]["units"][0]),
        (PLAIN, "model.click_dropout", 0.2, lambda r: r.model[1]["click_dropout"]),
        (PLAIN, "loss.activation.alpha", 0.3, lambda r: r.loss[1]["activation"][1]["alpha"]),
        (PLAIN, "batches.lanes", 64, lambda r: r.batches[1]["lanes"]),
        (
            PARALLEL,
            "model.subnets.image.dropout",
            0.1,
            lambda r: r.model[1]["subnets"]["image"][1]["dropout"],
        ),
        (PARALLEL, "strategy.epochs_per_subnet", 4, lambda r: r.strategy[1]["epochs_per_subnet"]),
    ],
)
def test_one_argument_is_changed_and_nothing_else(recipe, name, value, read):
    before = repr(recipe)
    changed = changed_recipe(recipe, {name: value})
    assert read(changed) == value
    assert repr(recipe) == before
    if name != "model.click_dropout":  # which was not there
        assert changed_recipe(changed, {name: read(recipe)}) == recipe


def test_what_is_changed_can_be_built():
    catalog = ksr.Catalog([1, 2, 3])
    values = {"model.units.0": 7, "loss.regularization": 0.25, "negatives.num": 5}
    model = changed_recipe(PLAIN, values).build(catalog)
    assert model.network.subnet.units == [7]
    assert model.loss.regularization == 0.25
    assert model.negatives.num == 5


@pytest.mark.parametrize(
    "name",
    [
        "optimiser.learning_rate",
        "model.units.1",
        "model.units.first",
        "model.subnets.item.dropout",
        "optimizer",
        "loss.activation.alpha.more",
        "epochs.0",
        "",
    ],
)
def test_a_name_that_leads_nowhere_is_an_error(name):
    with pytest.raises(ValueError, match=r"A name must lead to an argument.*Received: '"):
        changed_recipe(PLAIN, {name: 1})
