"""GRU4Rec: its inputs, layers and one whole step against plain numpy."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_sessrec as ksr
from harness.model import chain_log, compile_arguments, run_model_test, weights_of
from harness.scorer import log_of
from keras_sessrec.serving.session_reader import SessionReader
from reference import gru, losses, sparse_adagrad

LOG = chain_log()
CATALOG = ksr.Catalog.from_log(LOG)
INPUTS = {
    "one-hot": {},
    "embedded": {"embedding_dim": 6},
    "tied": {"tie_embeddings": True},
    "discounted": {"input_discount": 0.5},
}


@pytest.mark.parametrize(
    "arguments",
    [
        {"units": [16], **INPUTS["one-hot"]},
        {"units": [16], **INPUTS["embedded"], "embedding_dropout": 0.1, "hidden_dropout": 0.1},
        pytest.param({"units": [16], **INPUTS["tied"]}, marks=pytest.mark.slow),
        {"units": [16], **INPUTS["discounted"]},
        {"units": [16, 12], **INPUTS["tied"], "skip_input": True, "dense_units": [14]},
        {"units": [16], **INPUTS["tied"], "normalize": True, "score_scale": 8.0},
        pytest.param({"units": [16], "cell": "lstm"}, marks=pytest.mark.slow),
        pytest.param(
            {"units": [16, 12], "cell": "rnn", **INPUTS["embedded"]}, marks=pytest.mark.slow
        ),
    ],
    ids=lambda arguments: "-".join(f"{k}={v}" for k, v in arguments.items()),
)
def test_contract(arguments, tmp_path):
    run_model_test(
        lambda catalog: ksr.models.GRU4Rec(catalog, seed=1, **arguments), tmp_path, epochs=8
    )


def reference_weights(model):
    """All weights under the names of tests/reference/gru.py, float64."""
    reader = model.network.subnet.representation
    found = {"scorer_table": model.network.scorer.table, "scorer_bias": model.network.scorer.bias}
    for name in ("table", "own_table", "kernel"):
        if hasattr(reader, name):
            found[name] = getattr(reader, name)
    for layer, cell in enumerate(model.network.subnet.cells):
        for name in ("gate_kernel", "candidate_kernel", "bias"):
            found[f"{name}_{layer}"] = getattr(cell, name)
        if layer:
            found[f"kernel_{layer}"] = model.network.subnet.kernels[layer - 1]
    return {name: np.array(weight, np.float64) for name, weight in found.items()}


ROW_LOSSES = {
    "cross_entropy": (ksr.losses.CrossEntropy(), losses.cross_entropy),
    "bpr_max": (
        ksr.losses.BPRMax(regularization=0.5),
        lambda own, others: losses.bpr_max(own, others, 0.5),
    ),
}


class Fixed(ksr.samplers.Uniform):
    """The same extra items in every step."""

    def draw(self, seed):
        return tf.constant([2, 7, 7], tf.int32)


@pytest.mark.parametrize("loss", ROW_LOSSES)
@pytest.mark.parametrize(
    ("reader", "scale"),
    [("one-hot", None), ("embedded", None), ("tied", None), ("one-hot", 3.0), ("tied", 3.0)],
)
def test_whole_steps_equal_the_numpy_reference(reader, scale, loss):
    """Forward, loss, gradient, duplicates, momentum, state, an idle lane: three steps."""
    ours, row_loss = ROW_LOSSES[loss]
    # Adagrad's first steps amplify float32's rounding of the small gradients that cosines have.
    tolerance = 1e-5 if scale is None else 4e-5
    cosines = {} if scale is None else {"normalize": True, "score_scale": scale}
    model = ksr.models.GRU4Rec(CATALOG, units=[3, 2], seed=1, **INPUTS[reader], **cosines)
    model.compile(ksr.optimizers.SparseAdagrad(0.1, momentum=0.3), ours, Fixed(3), run_eagerly=True)
    weights = reference_weights(model)
    slots = {name: sparse_adagrad.zero_state(weight) for name, weight in weights.items()}
    states = [np.zeros((3, 3)), np.zeros((3, 2))]
    for items, start, targets in (
        ([1, 4, 4], [True, True, True], [4, 5, 5]),
        ([4, 5, 5], [False, False, True], [2, 6, 7]),
        ([2, 0, 7], [False, False, False], [7, 0, 2]),
    ):
        batch = {
            "items": np.array(items),
            "is_start": np.array(start),
            "targets": np.array(targets),
            "states": states,
            "extra": np.array([2, 7, 7]),
            "scale": scale,
        }
        cost, states = gru.train_step(weights, slots, batch, row_loss, 0.1, 0.3)
        x = {"item": np.array(items, "int32")[:, None], "is_start": np.array(start)}
        model.reset_metrics()
        logs = model.train_step((x, np.array(targets, "int32")[:, None]))
        # What is shown is the mean over the targets; the cost's divisor is the number of lanes.
        shown = cost * len(items) / np.count_nonzero(targets)
        assert float(logs["loss"]) == pytest.approx(shown, rel=tolerance)
    for name, weight in reference_weights(model).items():
        np.testing.assert_allclose(weight, weights[name], atol=3 * tolerance, err_msg=name)
    for ours, theirs in zip(model.carried_states()["network"], states, strict=True):
        np.testing.assert_allclose(ours[::2], theirs[::2], atol=3e-5)  # lane 1 is idle


def test_c32_weights_of_two_layers():
    model = ksr.models.GRU4Rec(CATALOG, units=[8, 5], dense_units=[4])
    table, first, second = 11 * 24, 8 * 24 + 24, 8 * 15 + 5 * 15 + 15
    assert model.count_params() == table + first + second + (5 * 4 + 4) + 11 * 4 + 11
    assert len({id(w) for w in model.trainable_weights}) == len(model.trainable_weights) == 12


def test_c25_tied_model_has_one_item_table():
    model = ksr.models.GRU4Rec(CATALOG, units=[8], tie_embeddings=True)
    assert model.network.subnet.representation.scorer.table is model.network.scorer.table
    assert [tuple(w.shape) for w in model.trainable_weights].count((11, 8)) == 1


def test_dense_layers_stand_between_hidden_and_scores():
    model = ksr.models.GRU4Rec(CATALOG, units=[5], dense_units=[4, 3], seed=1)
    items = np.array([[1, 2]], "int32")
    hidden, _ = model.network.subnet(items)
    for layer in model.network.dense:
        hidden = np.tanh(hidden @ np.asarray(layer.kernel) + np.asarray(layer.bias))
    parts, _ = model.network.encode(items)
    np.testing.assert_allclose(parts["network"], hidden, atol=1e-6)
    assert hidden.shape == (1, 2, 3) and model.network.scorer.dim == 3


def test_c13_c15_each_dropout_reaches_its_place():
    items = np.tile(np.arange(1, 11, dtype="int32")[:, None], (5, 3))

    def encode(training, **dropouts):
        arguments = {"units": [40], "tie_embeddings": True, "seed": 1}
        network = ksr.models.GRU4Rec(CATALOG, **arguments, **dropouts).network
        return np.asarray(network.encode(items, None, training)[0]["network"])

    plain = encode(False)
    np.testing.assert_allclose(encode(True), plain, atol=1e-6)
    np.testing.assert_allclose(encode(False, embedding_dropout=0.5), plain, atol=1e-6)
    embedding = encode(True, embedding_dropout=0.5)
    assert not np.allclose(embedding, plain) and (embedding != 0).all()
    hidden = encode(True, hidden_dropout=0.3)
    assert (hidden == 0).mean() == pytest.approx(0.3, abs=0.03)


def test_same_seed_trains_to_the_same_weights():
    def trained(seed):
        model = ksr.models.GRU4Rec(
            CATALOG, units=[6], tie_embeddings=True, hidden_dropout=0.3, seed=seed
        )
        model.compile(**compile_arguments())
        model.fit(ksr.batches.session_parallel(LOG, CATALOG, lanes=8), verbose=0)
        return list(weights_of(model).values())

    for ours, theirs in zip(trained(1), trained(1), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize(
    ("reader", "policy"),
    [
        ("tied", "mixed_float16"),
        ("discounted", "mixed_bfloat16"),
        pytest.param("tied", "mixed_bfloat16", marks=pytest.mark.slow),
        pytest.param("discounted", "mixed_float16", marks=pytest.mark.slow),
    ],
)
def test_mixed_precision_trains(reader, policy, tmp_path):
    model = ksr.models.GRU4Rec(CATALOG, units=[16], seed=1, dtype=policy, **INPUTS[reader])
    model.compile(**compile_arguments())
    train = ksr.batches.session_parallel(LOG, CATALOG, lanes=8)
    loss = model.fit(train, epochs=5, verbose=0).history["loss"]
    assert loss[-1] < 0.7 * loss[0]
    assert {w.dtype for w in model.trainable_weights} == {"float32"}
    parts, _ = model.network.encode(np.ones((1, 2), "int32"))
    assert parts["network"].dtype == policy.removeprefix("mixed_")
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.dtype_policy.name == policy
    items = np.array([[1, 2]], "int32")
    np.testing.assert_array_equal(loaded.score(items), model.score(items))
    assert loaded.fit(train, verbose=0).history["loss"][0] < 0.7 * loss[0]


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"tie_embeddings": True, "embedding_dim": 4}, "Choose at most one.*Received"),
        ({"input_discount": 0.5, "embedding_dim": 4}, "Choose at most one.*Received"),
        ({"embedding_dropout": 0.5}, "`embedding_dropout` needs an embedding.*Received"),
        ({"units": []}, "`units`.*Received"),
        ({"cell": "transformer"}, "`cell`.*Received"),
        ({"hidden_dropout": 1.5}, "`hidden_dropout`.*Received"),
        ({"units": "12"}, "`units` must list positive.*Received: units='12'"),
        ({"units": [8, 0]}, "`units` must list positive"),
        ({"dtype": "float64"}, "`dtype` must keep weights in float32.*Received"),
        ({"dtype": "bfloat16"}, "`dtype` must keep weights in float32.*Received"),
        ({"input_discount": 1.5}, "`discount`.*Received"),
        ({"input_window": 30}, "`input_window` needs `input_discount`.*Received"),
    ],
)
def test_bad_arguments(arguments, match):
    with pytest.raises(ValueError, match=match):
        ksr.models.GRU4Rec(CATALOG, **arguments)


def test_a_model_saved_when_all_windows_were_16_keeps_its_own():
    config = ksr.models.GRU4Rec(CATALOG, units=[4], input_discount=0.9).get_config()
    assert config.pop("input_window") is None
    old = ksr.models.GRU4Rec.from_config(config)
    assert old.network.subnet.representation.window == old.get_config()["input_window"] == 16
    new = ksr.models.GRU4Rec(CATALOG, units=[4], input_discount=0.9, input_window=40)
    again = ksr.models.GRU4Rec.from_config(new.get_config())
    assert again.network.subnet.representation.window == 40


@pytest.mark.parametrize("discount", [0.99, pytest.param(1.0, marks=pytest.mark.slow)])
def test_a_long_discounted_session_is_read_alike_everywhere(discount):
    """In answers, in an export, in session-parallel mini-batches and in whole sessions."""
    rng = np.random.default_rng(5)
    sessions = [rng.integers(100, 110, 40).tolist() for _ in range(6)]
    log = log_of(sessions)
    catalog = ksr.Catalog.from_log(log)
    model = ksr.models.GRU4Rec(catalog, units=[5], input_discount=discount, seed=1)
    weights = reference_weights(model)
    dense = np.zeros((6, catalog.num_items))
    hidden = np.zeros((6, 5))
    items = catalog.encode(np.array(sessions).ravel()).reshape(6, 40)
    read = weights["table"][1:]
    for column in items.T:
        dense = discount * dense
        dense[range(6), column - 1] += 1
        unit = dense / np.linalg.norm(dense, axis=1, keepdims=True)
        # The reference looks rows up: each session's product is a row of its own.
        weights["table"] = unit @ read
        (hidden,) = gru.hidden_after(weights, np.arange(6), [hidden])
    scores = hidden @ weights["scorer_table"][1:].T + weights["scorer_bias"][1:]
    np.testing.assert_allclose(model.score(items), scores, atol=1e-5)
    reader = SessionReader(model, max_length=40)  # what an export reads with
    query = reader.read(tf.constant(items)).query
    np.testing.assert_allclose(query, hidden, atol=1e-5)
    model.compile(negatives=ksr.samplers.InBatch(), run_eagerly=True)
    carried = model.evaluate(ksr.batches.session_parallel(log, catalog, lanes=6), verbose=0)
    whole = model.evaluate(ksr.batches.whole_sessions(log, catalog), verbose=0)
    assert carried == pytest.approx(whole, rel=1e-5)


def test_catalog_must_be_a_catalog():
    with pytest.raises(TypeError, match=r"`catalog`.*Received: list"):
        ksr.models.GRU4Rec(["a", "b"])


@pytest.mark.parametrize("units", [8, np.int64(8), (8,), np.array([8])])
def test_units_may_be_one_number(units):
    assert ksr.models.GRU4Rec(CATALOG, units=units).get_config()["units"] == [8]


def test_a_clone_is_a_model_of_the_same_kind():
    model = ksr.models.GRU4Rec(CATALOG, units=[6], tie_embeddings=True, hidden_dropout=0.2, seed=1)
    clone = keras.models.clone_model(model)
    assert clone.get_config() == model.get_config() and clone.network is not model.network
    for ours, theirs in zip(clone.weights, model.weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)
