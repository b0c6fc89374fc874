"""What recipes build, held against the papers' tables, typed by hand."""

import keras
import numpy as np
import pytest

import keras_sessrec as ksr
from keras_sessrec.recipes import gru4rec_2016, gru4rec_official, parallel_rnn_2016

# ICLR 2016, table 2: mini-batch, dropout, learning rate, momentum; 100 units.
ICLR_TABLE_2 = {
    ("rsc15", "TOP1"): (50, 0.5, 0.01, 0),
    ("rsc15", "BPR"): (50, 0.2, 0.05, 0.2),
    ("rsc15", "CrossEntropy"): (500, 0, 0.01, 0),
    ("video", "TOP1"): (50, 0.4, 0.05, 0),
    ("video", "BPR"): (50, 0.3, 0.1, 0),
    ("video", "CrossEntropy"): (200, 0.1, 0.05, 0.3),
}

# The authors' parameter files, then the second losses of their comparison, five epochs each: loss,
# ELU's alpha, tied, units, mini-batch, dropout of the embedding and of the hidden vector, learning
# rate, momentum, sample alpha, regularisation of BPR-max, logQ.
XE, BPR = "CrossEntropy", "BPRMax"
FILES = {
    "rsc15_xe_shared_100": (XE, None, True, 100, 32, 0, 0.4, 0.2, 0.2, 0.5, None, 1),
    "yoochoose_xe_shared": (XE, None, True, 480, 48, 0, 0.2, 0.07, 0, 0.2, None, 1),
    "rees46_xe_shared": (XE, None, True, 512, 240, 0.45, 0, 0.065, 0, 0.5, None, 1),
    "coveo_bprmax_shared": (BPR, 1, True, 512, 144, 0.35, 0, 0.05, 0.4, 0.2, 1.85, 0),
    "retailrocket_bprmax_shared": (BPR, 0.5, True, 224, 80, 0.5, 0.05, 0.05, 0.4, 0.4, 1.95, 0),
    "diginetica_bprmax_shared": (BPR, 1, True, 512, 128, 0.5, 0.3, 0.05, 0.15, 0.3, 0.9, 0),
    "rsc15_bprmax_100": (BPR, 0.5, False, 100, 32, 0, 0, 0.2, 0.3, 0, 1, 0),
    "rsc15_bprmax_shared_100": (BPR, 0.5, True, 100, 32, 0, 0, 0.2, 0.1, 0, 0.5, 0),
    "rsc15_xe_100": (XE, None, False, 100, 32, 0, 0.3, 0.1, 0.7, 0, None, 0),
}
SECOND = {
    "yoochoose_bprmax_shared": (BPR, None, True, 448, 48, 0.25, 0, 0.075, 0.1, 0.2, 0.5, 0),
    "rees46_bprmax_shared": (BPR, 0.5, True, 512, 32, 0.1, 0, 0.03, 0.55, 0.2, 0.75, 0),
    "coveo_xe_shared": (XE, None, True, 512, 32, 0.4, 0.15, 0.03, 0, 0, None, 1),
    "retailrocket_xe_shared": (XE, None, True, 192, 240, 0.5, 0.05, 0.085, 0.3, 0.3, None, 1),
    "diginetica_xe_shared": (XE, None, True, 192, 128, 0.45, 0.15, 0.1, 0, 0, None, 1),
}


@pytest.fixture(scope="module")
def world():
    """A log of more sessions than there are lanes, and its catalog with features."""
    items = np.random.default_rng(1).integers(30, size=1_800)
    sessions, times = np.repeat(np.arange(600), 3), np.arange(1_800)
    log = ksr.data.SessionLog.from_arrays(sessions, items, times, np.arange(600), np.arange(30))
    catalog = ksr.Catalog.from_log(log)
    for name, width in (("image", 5), ("text", 7)):
        catalog = catalog.with_features(name, np.ones((catalog.num_items, width)))
    return log, catalog


def name_of(value):
    return type(value).__name__


def activation_of(loss):
    return keras.activations.serialize(loss.activation) if loss.activation else None


def rows_of(recipe, world):
    """Rows and steps of its mini-batches."""
    return recipe.batches_of(*world).element_spec[0]["item"].shape.as_list()


def assert_one_layer(subnet, units, dropout):
    assert subnet.get_config()["units"] == [units]
    assert subnet.get_config()["cell"] == "gru"
    assert (subnet.dropout, subnet.click_dropout.rate) == (dropout, 0)


def assert_adagrad(optimizer, rate, momentum):
    assert name_of(optimizer) == "SparseAdagrad"
    assert float(optimizer.learning_rate) == pytest.approx(rate)
    assert optimizer.momentum == momentum


@pytest.mark.parametrize("recipe", gru4rec_2016.RECIPES, ids=lambda recipe: recipe.name)
def test_gru4rec_of_the_first_paper(recipe, world):
    *_, dataset, loss, units = recipe.name.split("_")
    loss = {"top1": "TOP1", "bpr": "BPR", "xe": "CrossEntropy"}[loss]
    lanes, dropout, rate, momentum = ICLR_TABLE_2[dataset, loss]
    model = recipe.build(world[1])
    assert (name_of(model), name_of(model.network.subnet.representation)) == (
        *("GRU4Rec", "OneHotItem"),
    )
    assert_one_layer(model.network.subnet, int(units), dropout)
    assert model.network.dense == []
    # "It is beneficial to use tanh as the activation function of the output layer."
    tanh = None if loss == "CrossEntropy" else "tanh"
    assert (name_of(model.loss), activation_of(model.loss)) == (loss, tanh)
    assert_adagrad(model.optimizer, rate, momentum)
    assert (name_of(model.negatives), model.negatives.num) == ("InBatch", 0)
    assert rows_of(recipe, world) == [lanes, 1]
    assert recipe.batches[1]["min_live_lanes"] == 2
    assert (recipe.epochs, recipe.early_stopping, recipe.stages) == (10, None, ())


@pytest.mark.parametrize("name", [*FILES, *SECOND])
def test_gru4rec_of_the_authors_files(name, world):
    loss, elu, tied, units, lanes, embedding, hidden, rate, momentum, alpha, reg, logq = {
        **FILES,
        **SECOND,
    }[name]
    recipe = ksr.recipes.get(f"gru4rec_{name}")
    model = recipe.build(world[1])
    assert_one_layer(model.network.subnet, units, hidden)
    reads = model.network.subnet.representation
    assert name_of(reads) == ("EmbeddedItem" if tied else "OneHotItem")
    if tied:
        assert reads.scorer is model.network.scorer
        assert reads.dropout == embedding
    assert name_of(model.loss) == loss
    if loss == BPR:
        assert model.loss.regularization == reg
    assert getattr(model.loss.activation, "alpha", None) == elu
    assert_adagrad(model.optimizer, rate, momentum)
    negatives = model.negatives
    assert (name_of(negatives), negatives.num) == ("Popularity", 2048)
    assert (negatives.alpha, negatives.logq) == (alpha, logq)
    assert rows_of(recipe, world) == [lanes, 1]
    assert (recipe.epochs, recipe.early_stopping) == (10 if name in FILES else 5, None)


def test_all_files_are_there():
    names = {recipe.name for recipe in gru4rec_official.RECIPES}
    assert names == {f"gru4rec_{name}" for name in (*FILES, *SECOND)}


# Epochs, and the subnets that a mini-batch of each epoch trains and those that score then.
ALONE, TOGETHER = [((0,), (0,))], [((0, 1), (0, 1))]
FIRST, SECOND_OF_BOTH = ((0,), (0, 1)), ((1,), (0, 1))
SCHEDULES = {
    "simultaneous": [TOGETHER] * 10,
    "alternating": [[FIRST], [SECOND_OF_BOTH]] * 10,
    "residual": [ALONE] * 10 + [[SECOND_OF_BOTH]] * 10,
    "interleaving": [[*ALONE, SECOND_OF_BOTH]] * 10,
}


@pytest.mark.parametrize(
    ("name", "reads", "units"),
    [
        ("id_100", {"item": "OneHotItem"}, 100),
        ("id_200", {"item": "OneHotItem"}, 200),
        ("image_100", {"image": "FeatureTable"}, 100),
        ("concatenated_image_100", {"both": "Concatenated"}, 100),
        *(
            (f"{fusion}_100", {"item": "OneHotItem", "image": "FeatureTable"}, 100)
            for fusion in (
                *(f"parallel_image_{strategy}" for strategy in SCHEDULES),
                *("shared_image_residual", "interaction_image_residual"),
            )
        ),
    ],
)
def test_parallel_rnns(name, reads, units, world):
    recipe = ksr.recipes.get(f"prnn_{name}")
    model = recipe.build(world[1])
    subnets = model.network.parallel
    assert {key: name_of(subnet.representation) for key, subnet in subnets.items()} == reads
    for subnet in subnets.values():
        assert_one_layer(subnet, units, 0.4)
    kind = name.split("_")[0] if len(subnets) > 1 else "parallel"
    assert name_of(model.network.fusion) == f"{kind.capitalize()}Fusion"
    assert (name_of(model.loss), activation_of(model.loss)) == ("TOP1", "tanh")
    assert_adagrad(model.optimizer, 0.05, 0)
    assert (name_of(model.negatives), model.negatives.num) == ("InBatch", 0)
    assert rows_of(recipe, world) == [50, 1]
    schedule = SCHEDULES.get(name.split("_")[-2], [ALONE] * 10)
    assert recipe.epochs == len(schedule)
    strategy = model._strategy
    for epoch, updates in enumerate(schedule):
        found = strategy.updates(len(subnets), epoch)
        assert [(tuple(u.trains), tuple(u.scores)) for u in found] == updates


@pytest.mark.parametrize("recipe", parallel_rnn_2016.RECIPES, ids=lambda recipe: recipe.name)
def test_every_parallel_rnn_has_the_settings_of_video_with_top1(recipe):
    assert recipe.loss == ("TOP1", {"activation": "tanh"})
    assert recipe.optimizer == ("SparseAdagrad", {"learning_rate": 0.05})
    assert recipe.negatives == ("InBatch", {})
    assert recipe.batches == ("session_parallel", {"lanes": 50, "min_live_lanes": 2})
    dropouts = [subnet[1]["dropout"] for subnet in recipe.model[1]["subnets"].values()]
    assert set(dropouts) == {0.4}
    assert recipe.early_stopping is None


@pytest.mark.parametrize("units", [100, 1000])
def test_tans_models(units, world):
    m1, m2, m3, m4 = (ksr.recipes.get(f"tan_m{number}_{units}") for number in (1, 2, 3, 4))
    start = m1.build(world[1], seed=1)
    models = {
        "CrossEntropy": start,
        "Distillation": m3.build(world[1], seed=1),
        "CosineDistance": m4.build(world[1], seed=1, start=start),
    }
    for loss, model in models.items():
        assert name_of(model.loss) == loss
        config = model.network.subnet.get_config()
        assert (config["units"], config["cell"], config["dropout"]) == ([units], "gru", 0)
        assert model.network.subnet.click_dropout.rate == 0.25
        assert model.network.subnet.representation.dim == 50
        assert name_of(model.optimizer) == "Adam"
        assert float(model.optimizer.learning_rate) == pytest.approx(0.001)
    assert (models["Distillation"].loss.weight, models["Distillation"].loss.temperature) == (0.2, 1)
    assert [name_of(models[loss].negatives) for loss in ("CrossEntropy", "Distillation")] == [
        *("FullCatalog", "FullCatalog"),
    ]
    # Section 4.1: a hidden layer between the recurrent one and the output, of 2 H (table 2).
    assert models["CosineDistance"].network.dense.units == 2 * units
    for recipe in (m1, m2, m3, m3.teacher, m4):
        assert recipe.batches_of(*world).element_spec[1].shape[0] == 512
        assert recipe.batches[1]["max_length"] == 19
        assert recipe.early_stopping == 1
        assert recipe.epochs == 30
    assert m2.start == m4.start == m1
    assert (m2.model, m2.loss, m2.negatives) == (m1.model, m1.loss, m1.negatives)
