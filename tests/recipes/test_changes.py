"""Recipes with other arguments, epochs and sizes."""

import dataclasses

import pytest

import keras_sessrec as ksr
from keras_sessrec.recipes import Recipe
from keras_sessrec.recipes.changes import TINY, changed

PLAIN = ksr.recipes.get("gru4rec_rsc15_bprmax_shared_100")
PARALLEL = ksr.recipes.get("prnn_parallel_image_residual_100")
M2 = ksr.recipes.get("tan_m2_100")
M3 = ksr.recipes.get("tan_m3_1000")


@pytest.mark.parametrize(
    ("recipe", "name", "value", "read"),
    [
        (PLAIN, "epochs", 3, lambda r: r.epochs),
        (PLAIN, "optimizer.learning_rate", 0.7, lambda r: r.optimizer[1]["learning_rate"]),
        (PLAIN, "model.units.0", 200, lambda r: r.model[1]["units"][0]),
        (PLAIN, "loss.activation.alpha", 0.3, lambda r: r.loss[1]["activation"][1]["alpha"]),
        (PLAIN, "batches.lanes", 64, lambda r: r.batches[1]["lanes"]),
        (PLAIN, "negatives", ("InBatch", {}), lambda r: r.negatives),
        (
            PARALLEL,
            "model.subnets.image.dropout",
            0.1,
            lambda r: r.model[1]["subnets"]["image"][1]["dropout"],
        ),
        (PARALLEL, "strategy.epochs_per_subnet", 4, lambda r: r.strategy[1]["epochs_per_subnet"]),
        (M2, "stages.0.fraction", 1 / 16, lambda r: r.stages[0].fraction),
        (M2, "start.early_stopping", None, lambda r: r.start.early_stopping),
        (M3, "teacher.model.units.0", 7, lambda r: r.teacher.model[1]["units"][0]),
    ],
)
def test_one_argument_is_changed_and_nothing_else(recipe, name, value, read):
    before = dataclasses.asdict(recipe)
    other = recipe.with_arguments({name: value})
    assert read(other) == value
    assert dataclasses.asdict(recipe) == before
    assert other.with_arguments({name: read(recipe)}) == recipe


def test_what_is_changed_can_be_built():
    values = {"model.units.0": 7, "loss.regularization": 0.25, "negatives.num": 5}
    values["model.click_dropout"] = 0.2  # which the recipe does not name
    model = PLAIN.with_arguments(values).build(ksr.Catalog([1, 2, 3]))
    assert model.network.subnet.units == [7]
    assert model.loss.regularization == 0.25
    assert model.negatives.num == 5
    assert model.get_config()["click_dropout"] == 0.2


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
        "stages.0.fraction",
        "start.epochs",
        "",
    ],
)
def test_a_name_that_leads_nowhere_is_an_error(name):
    with pytest.raises(ValueError, match=r"A name must lead to an argument.*Received: '"):
        PLAIN.with_arguments({name: 1})


def test_lists_and_tuples_keep_their_kind():
    assert changed(([1, 2], 3), ["0", "1"], 5) == ([1, 5], 3)


def test_other_epochs_reach_start_stages_and_teacher():
    other = M2.with_epochs(2)
    assert (other.epochs, other.start.epochs, other.stages[0].epochs) == (2, 2, 2)
    assert M3.with_epochs(3).teacher.epochs == 3
    with pytest.raises(ValueError, match="`epochs` must be at least 1"):
        M2.with_epochs(0)


def test_each_subnet_keeps_its_share_of_the_epochs():
    other = PARALLEL.with_epochs(6)
    assert (other.epochs, other.strategy) == (6, ("Residual", {"epochs_per_subnet": 3}))


def test_tiny_keeps_the_kind_and_shrinks_the_sizes():
    tiny = M3.tiny()
    assert isinstance(tiny, Recipe)
    assert tiny.model == ("GRU4Rec", {"units": [8], "embedding_dim": 6, "click_dropout": 0.25})
    assert tiny.teacher.model[1]["units"] == TINY["units"]
    assert (tiny.loss, tiny.negatives) == (M3.loss, M3.negatives)
    assert M3.model[1]["units"] == [1000]
