"""Stored float64 runs of GRU4Rec, followed step by step (see tests/golden/README.md)."""

import json
import pathlib

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_sessrec as ksr

pytestmark = pytest.mark.golden

RUNS = sorted(pathlib.Path(__file__).parent.glob("golden/public/*.npz"))
LOSSES = {
    "cross-entropy": ksr.losses.CrossEntropy,
    "bpr": ksr.losses.BPR,
    "top1": ksr.losses.TOP1,
    "top1-max": ksr.losses.TOP1Max,
    "bpr-max": ksr.losses.BPRMax,
}


class StoredNegatives(ksr.samplers.Popularity):
    """Hands out the stored negatives in their order instead of drawing."""

    def __init__(self, negatives, alpha, logq):
        super().__init__(num=negatives.shape[1], alpha=alpha, logq=logq)
        self.stored = tf.constant(negatives + 1)
        self.position = tf.Variable(0, dtype=tf.int64)

    def draw(self, seed):
        drawn = tf.gather(self.stored, self.position)  # a slice would recompile at every step
        self.position.assign_add(1)
        return drawn


def load(path):
    with np.load(path, allow_pickle=False) as arrays:
        stored = {name: arrays[name] for name in arrays.files}
    stored["config"] = json.loads(str(stored["config"]))
    return stored


@pytest.fixture(params=RUNS, ids=lambda path: path.stem)
def run(request):
    return load(request.param)


def test_all_runs_are_there():
    assert len(RUNS) == 20


def log_of(run, part):
    session_ids, sessions = np.unique(run[f"{part}_session_ids"], return_inverse=True)
    item_ids, items = np.unique(run[f"{part}_item_ids"], return_inverse=True)
    return ksr.data.SessionLog.from_arrays(
        sessions, items, run[f"{part}_times"], session_ids, item_ids
    )


def catalog_of(run):
    return ksr.Catalog(run["item_vocab"], run["item_counts"])


def batches_of(run):
    config = run["config"]
    return ksr.batches.session_parallel(
        log_of(run, "train"),
        catalog_of(run),
        lanes=config["batch_size"],
        min_live_lanes=config["min_live_lanes"],
    )


def model_of(run, **compile_arguments):
    config = run["config"]
    activation = {
        "linear": None,
        "tanh": "tanh",
        "elu": keras.layers.ELU(config["elu_alpha"] or 1.0),
    }[config["final_act"]]
    arguments = {"activation": activation}
    if config["loss"] == "bpr-max":
        arguments["regularization"] = config["bpreg"]
    model = ksr.models.GRU4Rec(
        catalog_of(run),
        units=config["layers"],
        tie_embeddings=config["mode"] == "shared",
        embedding_dim=config["embedding"] if config["mode"] == "separate" else None,
    )
    if config["n_sample"]:
        negatives = StoredNegatives(run["negatives"], config["sample_alpha"], config["logq"])
    else:
        negatives = ksr.samplers.InBatch(logq=config["logq"])
    model.compile(
        ksr.optimizers.SparseAdagrad(config["learning_rate"], momentum=config["momentum"]),
        LOSSES[config["loss"]](**arguments),
        negatives=negatives,
        **compile_arguments,
    )
    for name, slot in variables_of(model, config).items():
        assign(slot, run[f"init_{name}"])
    return model


def variables_of(model, config):
    """Golden name -> list of our variables that hold it, in pieces."""
    representation = model.network.subnet.representation
    slots = {"Wy": [model.network.scorer.table], "By": [model.network.scorer.bias]}
    if config["mode"] == "onehot":
        slots["W0"] = [representation.table]
    else:
        slots["W0"] = [representation.kernel]
    if config["mode"] == "separate":
        slots["E"] = [representation.own_table]
    for layer, cell in enumerate(model.network.subnet.cells):
        if layer:
            slots[f"W{layer}"] = [model.network.subnet.kernels[layer - 1]]
        slots[f"U{layer}"] = [cell.candidate_kernel, cell.gate_kernel]
        slots[f"b{layer}"] = [cell.bias]
    return slots


def assign(slot, value):
    begin = 0
    for variable in slot:
        if len(slot) > 1:
            part = value[:, begin : begin + variable.shape[1]]
            begin += variable.shape[1]
        else:
            part = value
        if variable.shape[0] == part.shape[0] + 1:  # our row 0 is padding
            part = np.concatenate([np.zeros_like(part[:1]), part])
        variable.assign(part)


def read(slot, stored):
    parts = [np.asarray(v) for v in slot]
    value = parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)
    return value[1:] if value.shape[0] == stored.shape[0] + 1 else value


def optimizer_slots(model, config, kind):
    """The optimizer's variables of one kind, in the order of the golden names."""
    return {
        name: [model.optimizer.slots(v)[kind] for v in slot]
        for name, slot in variables_of(model, config).items()
    }


def test_c2_c3_c4_iterator_trace(run):
    """Inputs, targets, resets and live lanes of every step (C2, C3, C4, C5, C26)."""
    batches = list(batches_of(run))
    assert len(batches) == run["config"]["steps_per_epoch"]
    for step, (x, y, weight) in enumerate(batches):
        live = run["trace_live"][step]
        np.testing.assert_array_equal(weight.numpy()[:, 0], live)
        np.testing.assert_array_equal(
            x["item"].numpy()[:, 0] - 1, np.where(live, run["trace_inputs"][step], -1)
        )
        np.testing.assert_array_equal(
            y.numpy()[:, 0] - 1, np.where(live, run["trace_targets"][step], -1)
        )
        np.testing.assert_array_equal(x["is_start"], run["trace_reset"][step] & live)


def live_lanes(run):
    """float64 `[steps of all epochs]`, lanes with a target."""
    return np.tile(run["trace_live"].sum(axis=1), run["config"]["n_epochs"]).astype(np.float64)


def mean_losses(run):
    """What `fit` shows: the stored cost is a sum over the nominal number of lanes."""
    return run["loss_step"] * run["config"]["batch_size"] / live_lanes(run)


class StepLosses(keras.callbacks.Callback):
    """Reads the loss of every single step."""

    def __init__(self):
        super().__init__()
        self.losses = []

    def on_train_batch_end(self, batch, logs=None):
        self.losses.append(float(logs["loss"]))
        self.model.reset_metrics()


@pytest.mark.parametrize("name", ["p06", "p11", "p15", "p16", "p20"])
def test_losses_of_single_steps(name):
    """One mini-batch per execution: the cost of every step."""
    (path,) = (path for path in RUNS if path.stem.startswith(name))
    run = load(path)
    callback = StepLosses()
    model_of(run, steps_per_execution=1).fit(
        batches_of(run), epochs=run["config"]["n_epochs"], verbose=0, callbacks=[callback]
    )
    np.testing.assert_allclose(callback.losses, mean_losses(run), atol=2e-5)


def test_training_follows_the_trajectory(run):
    """Losses, weights, accumulators, velocities, hidden states, then ranks and metrics."""
    check_trajectory(run, steps_per_execution=7, jit_compile=False)


@pytest.mark.parametrize("name", ["p20"])
def test_xla_follows_the_trajectory(name):
    (path,) = (path for path in RUNS if path.stem.startswith(name))
    check_trajectory(load(path), steps_per_execution=7)


@pytest.mark.slow
def test_xla_follows_every_trajectory(run):
    check_trajectory(run, steps_per_execution=7)


def check_trajectory(run, **compile_arguments):
    config = run["config"]
    model = model_of(run, **compile_arguments)
    history = model.fit(batches_of(run), epochs=config["n_epochs"], verbose=0)

    steps, live = mean_losses(run), live_lanes(run)
    epochs = (steps * live).reshape(config["n_epochs"], -1).sum(1) / live.reshape(
        config["n_epochs"], -1
    ).sum(1)
    np.testing.assert_allclose(history.history["loss"], epochs, atol=2e-5)
    for name, slot in variables_of(model, config).items():
        stored = run[f"final_{name}"]
        np.testing.assert_allclose(read(slot, stored), stored, atol=1e-4, err_msg=name)
    for name, slot in optimizer_slots(model, config, "accumulator").items():
        stored = run[f"acc_{name}"]
        np.testing.assert_allclose(read(slot, stored), stored, atol=1e-4, err_msg=name)
    if config["momentum"]:
        for name, slot in optimizer_slots(model, config, "velocity").items():
            stored = run[f"vel_{name}"]
            np.testing.assert_allclose(read(slot, stored), stored, atol=1e-4, err_msg=name)
    live = run["trace_live"][-1][:, None]
    for layer, state in enumerate(model.carried_states()["network"]):
        np.testing.assert_allclose(state * live, run[f"final_h{layer}"], atol=1e-4)

    check_evaluation(model, run)


def check_evaluation(model, run):
    test = log_of(run, "test")
    for ties in ("standard", "conservative", "median"):
        result = ksr.evaluate(model, test, model.catalog, k=(1, 5, 20), ties=ties)
        order = {
            (test.session_ids[s], p): i
            for i, (s, p) in enumerate(zip(result.session, result.position, strict=True))
        }
        ours = [
            order[s, p] for s, p in zip(run["eval_session"], run["eval_position"] + 2, strict=True)
        ]
        assert len(ours) == len(result.rank)
        np.testing.assert_array_equal(result.rank[ours], run[f"eval_rank_{ties}"])
        for column, k in enumerate(run["eval_cutoffs"]):
            assert result.recall(int(k)) == pytest.approx(run[f"recall_{ties}"][column], abs=1e-12)
            assert result.mrr(int(k)) == pytest.approx(run[f"mrr_{ties}"][column], abs=1e-12)
