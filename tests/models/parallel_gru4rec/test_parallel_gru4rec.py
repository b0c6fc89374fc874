"""Parallel RNNs: fusions, strategies, freezing."""

import itertools
import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_sessrec as ksr
from harness.model import NUM_ITEMS, chain_log, compile_arguments, run_model_test
from reference.gru import gru_cell

LOG = chain_log()
CATALOG = (
    ksr.Catalog.from_log(LOG)
    .with_features("image", np.random.default_rng(0).normal(size=(NUM_ITEMS, 6)).astype("f"))
    .with_features("words", np.eye(NUM_ITEMS, dtype="f"))
)
FUSIONS = ("parallel", "shared", "interaction")
STRATEGIES = {
    "simultaneous": ksr.training.Simultaneous(),
    "alternating": ksr.training.Alternating(),
    "residual": ksr.training.Residual(epochs_per_subnet=6),
    "interleaving": ksr.training.Interleaving(),
    "interleaving_all": ksr.training.Interleaving(scores="all"),
}


def subnets(units=(12, 12), names=("item", "image"), **arguments):
    inputs = {
        "item": ksr.layers.OneHotItem(seed=1),
        "image": ksr.layers.FeatureTable("image", seed=2),
        "words": ksr.layers.FeatureTable("words", seed=3),
    }
    return {
        name: ksr.layers.Subnet(inputs[name], units=[width], seed=width, **arguments)
        for name, width in zip(names, units, strict=True)
    }


def network(catalog=CATALOG, **arguments):
    arguments = {"subnets": subnets(), "seed": 1, **arguments}
    return ksr.models.ParallelGRU4Rec(catalog, **arguments)


def compiled(strategy, changes=None, **arguments):
    model = network(**arguments)
    model.compile(**compile_arguments(**(changes or {})), strategy=strategy)
    return model


def batches():
    return ksr.batches.session_parallel(LOG, CATALOG, lanes=8)


def snapshot(model, subnet):
    """All that training of a subnet moves: weights, accumulators, velocities."""
    update = ksr.training.Update([subnet], [subnet])
    variables = model.variables_of(update)
    slots = [slot for v in variables for slot in model.optimizer.slots(v).values()]
    return [np.array(v) for v in [*variables, *slots]]


def same(before, after):
    return all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


# === Scores ===


def hidden_of(subnet, gates_of_item, session):
    (cell,) = subnet.cells
    weights = [
        np.array(w, np.float64) for w in (cell.gate_kernel, cell.candidate_kernel, cell.bias)
    ]
    hidden = np.zeros((1, cell.units))
    for item in session:
        hidden = gru_cell(gates_of_item[item][None], hidden, *weights)
    return hidden[0]


@pytest.mark.parametrize("fusion", FUSIONS)
def test_scores_are_those_of_the_papers_formulas(fusion):
    model = network(fusion=fusion, subnet_weights={"image": 0.5})
    rng = np.random.default_rng(4)
    for weight in model.trainable_weights:
        weight.assign(rng.normal(scale=0.3, size=weight.shape))
    item, image = model.network.parallel.values()
    table = np.array(item.representation.table, np.float64)
    features = np.concatenate([np.zeros((1, 6)), CATALOG.features["image"].matrix])
    projected = features @ np.array(image.representation.kernel, np.float64)
    session = [3, 1, 7]
    h_item, h_image = hidden_of(item, table, session), hidden_of(image, projected, session)

    def score(scorer, hidden):
        return np.array(scorer.table, np.float64)[1:] @ hidden + np.array(scorer.bias)[1:]

    if fusion == "shared":
        expected = score(model.network.fusion.scorer, h_item + 0.5 * h_image)
    else:
        gated = h_item * h_image if fusion == "interaction" else h_image
        first, second = model.network.fusion.scorers.values()
        expected = score(first, h_item) + 0.5 * score(second, gated)
    np.testing.assert_allclose(model.score([session])[0], expected, atol=2e-6)


def test_parallel_with_equal_output_matrices_is_shared():
    parallel, shared = network(), network(fusion="shared")
    pairs = zip(shared.network.parallel.values(), parallel.network.parallel.values(), strict=True)
    for ours, theirs in pairs:
        for weight, other in zip(ours.trainable_weights, theirs.trainable_weights, strict=True):
            weight.assign(other)
    rng = np.random.default_rng(5)
    shared.network.fusion.scorer.bias.assign(rng.normal(size=NUM_ITEMS + 1))
    first, second = parallel.network.fusion.scorers.values()
    for scorer in (first, second):
        scorer.table.assign(shared.network.fusion.scorer.table)
    first.bias.assign(shared.network.fusion.scorer.bias)
    items = np.array([[1, 2, 3], [4, 4, 0]], np.int32)
    np.testing.assert_allclose(parallel.score(items), shared.score(items), atol=1e-6)


def test_concatenated_input_reads_both_parts():
    reader = ksr.layers.Concatenated(
        [ksr.layers.OneHotItem(seed=1), ksr.layers.FeatureTable("image", seed=2)]
    )
    model = network(subnets={"both": ksr.layers.Subnet(reader, units=[4], seed=1)})
    reader = model.network.parallel["both"].representation
    one_hot, image = reader.parts
    items = np.array([[1, 5]], np.int32)
    gates, _ = reader(items, [])
    expected = np.array(one_hot.table)[items] + CATALOG.features["image"].matrix[
        items - 1
    ] @ np.array(image.kernel)
    np.testing.assert_allclose(gates, expected, atol=1e-6)
    assert len(model.variables_of(ksr.training.Update([0], [0]))) == 7


# === Learning ===


# The golden runs hold all of them; here each fusion learns by default.
BY_DEFAULT = {
    ("parallel", "simultaneous"),
    ("interaction", "residual"),
    ("shared", "interleaving"),
}


@pytest.mark.parametrize(
    ("fusion", "strategy"),
    [
        pytest.param(*pair, marks=() if pair in BY_DEFAULT else pytest.mark.slow)
        for pair in itertools.product(FUSIONS, STRATEGIES)
    ],
)
def test_every_fusion_learns_the_chain_under_every_strategy(fusion, strategy):
    model = compiled(STRATEGIES[strategy], fusion=fusion)
    history = model.fit(batches(), epochs=12, verbose=0).history
    assert history["loss"][-1] < 0.5 * history["loss"][0]
    logs = model.evaluate(ksr.batches.whole_sessions(LOG, CATALOG), return_dict=True, verbose=0)
    assert logs["recall_at_1"] == 1.0


@pytest.mark.slow
def test_image_text_and_id_at_once_and_saving(tmp_path):
    def make(catalog):
        for name in CATALOG.features:
            catalog = catalog.with_features(name, CATALOG.features[name])
        parts = subnets(names=("item", "image", "words"), units=(10, 9, 8))
        return network(catalog, subnets=parts)

    run_model_test(make, tmp_path, epochs=8, strategy="interleaving")


# === Freezing ===


@pytest.mark.parametrize(("fusion", "jit_compile"), [("parallel", True), ("interaction", False)])
def test_residual_stages_leave_the_other_subnet_bit_identical(fusion, jit_compile):
    changes = {"jit_compile": jit_compile}
    model = compiled(ksr.training.Residual(1), changes, fusion=fusion)
    item, image = snapshot(model, 0), snapshot(model, 1)
    with pytest.warns(UserWarning, match="never train"):
        model.fit(batches(), epochs=1, verbose=0)
    assert same(image, snapshot(model, 1)) and not same(item, snapshot(model, 0))
    item = snapshot(model, 0)
    history = model.fit(batches(), initial_epoch=1, epochs=3, verbose=0).history
    assert same(item, snapshot(model, 0)) and not same(image, snapshot(model, 1))
    assert history["stage"] == [1.0, 1.0]
    assert history["image_loss"] == history["loss"]
    assert np.isnan(history["item_loss"]).all()


def test_alternating_takes_turns_and_compiles_each_turn_once():
    model = compiled("alternating")
    moved = []

    class Watch(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            self.before = [snapshot(self.model, k) for k in range(2)]

        def on_epoch_end(self, epoch, logs=None):
            after = [snapshot(self.model, k) for k in range(2)]
            moved.append([not same(a, b) for a, b in zip(self.before, after, strict=True)])

    history = model.fit(batches(), epochs=4, verbose=0, callbacks=[Watch()]).history
    assert moved == [[True, False], [False, True]] * 2
    assert history["stage"] == [0.0, 1.0, 0.0, 1.0]
    assert len({updates for _, updates, _ in model._train_functions}) == 2


def test_the_frozen_subnet_is_not_differentiated():
    """Matrix products in the graph of a step, by what it trains."""
    (x, y, weight) = next(iter(batches()))
    model = compiled("simultaneous")
    products = {}
    for trains in ([0, 1], [0], [1]):
        model._updates = (ksr.training.Update(trains, [0, 1]),)
        graph = tf.function(model.train_step, autograph=False).get_concrete_function((x, y, weight))
        products[tuple(trains)] = sum(op.type == "MatMul" for op in graph.graph.get_operations())
    # Forward: two products in each cell, one in each scorer, the image's projection: 7.
    # Backward of a subnet: two in its scorer, three in its cell (the carried state is no
    # variable), for the image one more for the projection of fixed features.
    assert products == {(0, 1): 7 + 5 + 6, (0,): 7 + 5, (1,): 7 + 6}


def test_residual_first_stage_is_training_of_the_item_subnet_alone():
    alone = compiled("simultaneous", subnets=subnets(units=(12,), names=("item",)))
    both = compiled(ksr.training.Residual(2))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ours = both.fit(batches(), epochs=2, verbose=0).history["loss"]
    assert ours == alone.fit(batches(), epochs=2, verbose=0).history["loss"]
    assert same(snapshot(alone, 0), snapshot(both, 0))


def test_interleaving_of_one_subnet_is_plain_training():
    histories, models = [], []
    for strategy in ("simultaneous", "interleaving"):
        model = compiled(strategy, subnets=subnets(units=(12,), names=("item",)))
        histories.append(model.fit(batches(), epochs=2, verbose=0).history["loss"])
        models.append(model)
    plain = ksr.models.GRU4Rec(CATALOG, units=[12], seed=1)
    reference = network(subnets=subnets(units=(12,), names=("item",)))
    plain.network.subnet.set_weights(reference.network.parallel["item"].get_weights())
    plain.network.scorer.set_weights(reference.network.fusion.scorers["item"].get_weights())
    plain.compile(**compile_arguments())
    histories.append(plain.fit(batches(), epochs=2, verbose=0).history["loss"])
    assert histories[0] == histories[1]
    np.testing.assert_allclose(histories[2], histories[0], rtol=1e-6)
    assert same(snapshot(models[0], 0), snapshot(models[1], 0))


def test_interleaved_update_sees_the_weights_that_the_one_before_left():
    """One mini-batch: interleaving equals training the first subnet, then the second."""
    one = batches().take(1)
    interleaved = compiled("interleaving", {"negatives": ksr.samplers.FullCatalog()})
    interleaved.fit(one, verbose=0)
    stepwise = compiled(ksr.training.Residual(1), {"negatives": ksr.samplers.FullCatalog()})
    stepwise.fit(one, epochs=2, verbose=0)
    for subnet in range(2):
        for a, b in zip(snapshot(interleaved, subnet), snapshot(stepwise, subnet), strict=True):
            np.testing.assert_allclose(a, b, atol=2e-6)


def test_shared_output_matrix_may_belong_to_one_subnet():
    model = compiled(ksr.training.Residual(1), fusion=ksr.models.SharedFusion("item", seed=1))
    fusion = model.network.fusion
    model.fit(batches(), initial_epoch=1, epochs=2, verbose=0)
    first, second = (model.variables_of(ksr.training.Update([k], [k])) for k in range(2))
    assert any(v is fusion.scorer.table for v in first)
    assert not any(v is fusion.scorer.table for v in second)


def test_fixed_features_are_saved_but_never_trained():
    model = compiled("simultaneous")
    model.fit(batches(), verbose=0)
    values = model.network.parallel["image"].representation.values
    np.testing.assert_array_equal(values[1:], CATALOG.features["image"].matrix)
    assert not any(v is values for v in model.trainable_variables)


def test_dropout_acts_on_what_is_trained_only():
    model = network(subnets=subnets(dropout=0.5))
    items = np.tile([[1, 2, 3]], (64, 1)).astype(np.int32)
    parts, _ = model.network.encode(items, None, training=["image"])
    frozen, trained = ((np.array(parts[name]) == 0).mean() for name in ("item", "image"))
    assert frozen == 0 and 0.3 < trained < 0.7


def test_mixed_precision_trains():
    policy = keras.DTypePolicy("mixed_bfloat16")
    parts = subnets(dtype=policy)
    model = compiled("interleaving", subnets=parts, dtype=policy)
    history = model.fit(batches(), epochs=4, verbose=0).history["loss"]
    assert history[-1] < 0.8 * history[0]


# === Errors ===


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"subnets": {}}, "`subnets` must be a dict with at least one"),
        ({"subnets": [subnets()]}, "`subnets` must be a dict"),
        ({"subnets": {"item": ksr.layers.OneHotItem()}}, "must hold `layers.Subnet` objects"),
        ({"fusion": "sum"}, "`fusion` must be"),
        ({"subnet_weights": {"sound": 1.0}}, "`subnet_weights` must name subnets"),
        ({"fusion": "shared", "subnets": subnets(units=(4, 5))}, "as many units"),
        ({"fusion": "interaction", "subnets": subnets(units=(4, 5))}, "as many units"),
        ({"catalog": ksr.Catalog.from_log(LOG)}, "`features` must be one of the catalog's"),
    ],
)
def test_bad_arguments_are_errors(arguments, message):
    with pytest.raises(ValueError, match=message):
        network(**arguments)


def test_unknown_strategy_is_an_error():
    with pytest.raises(ValueError, match="`strategy` must be"):
        network().compile(strategy="greedy")


def test_the_same_subnets_describe_two_models():
    parts = subnets()
    first, second = network(subnets=parts), network(subnets=parts)
    assert not any(subnet.built for subnet in parts.values())
    items = np.array([[1, 2]], np.int32)
    np.testing.assert_array_equal(first.score(items), second.score(items))
    first.compile(**compile_arguments())
    before = second.score(items)
    first.fit(batches(), verbose=0)
    np.testing.assert_array_equal(second.score(items), before)
    assert not np.allclose(first.score(items), before)


def test_the_history_of_stages_has_one_length(tmp_path):
    model = compiled(ksr.training.Residual(1))
    path = tmp_path / "log.csv"
    logger = keras.callbacks.CSVLogger(str(path))
    history = model.fit(batches(), epochs=2, verbose=0, callbacks=[logger]).history
    assert {name: len(values) for name, values in history.items()} == dict.fromkeys(history, 2)
    assert np.isnan(history["image_loss"]).tolist() == [True, False]
    header, first, second = path.read_text().splitlines()
    assert header.startswith("epoch,image_loss,item_loss,loss,stage")
    assert first.split(",")[1] == "nan" and second.split(",")[2] == "nan"
