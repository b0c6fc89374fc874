"""Stored float64 runs of Tan's M1 to M4, followed step by step (tests/golden/tan/README.md)."""

import pathlib

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_sessrec as ksr
from test_golden import assign, load, log_of, read

pytestmark = pytest.mark.golden

RUNS = sorted(pathlib.Path(__file__).parent.glob("golden/tan/*.npz"))


@pytest.fixture(params=RUNS, ids=lambda path: path.stem)
def run(request):
    return load(request.param)


def test_all_runs_are_there():
    assert len(RUNS) == 6


def catalog_of(run):
    return ksr.Catalog(run["item_vocab"], run["item_counts"])


# === Models and their weights ===


def model_of(run, prefix="init", loss=None, rate=None):
    config = run["config"]
    single = {"steps_per_execution": 1, "jit_compile": False}
    adam = keras.optimizers.Adam(rate or config["rate"], epsilon=config["adam_epsilon"])
    if config["kind"] == "m4":
        model = ksr.models.EmbeddingGRU4Rec(
            catalog_of(run), run["embeddings"], units=[config["H"]], seed=1
        )
        model.compile(adam, **single)
        model.network.norm.momentum = config["bn_momentum"]
    else:
        model = ksr.models.GRU4Rec(
            catalog_of(run), units=[config["H"]], embedding_dim=config["D"], seed=1
        )
        loss = loss or ksr.losses.CrossEntropy()
        model.compile(adam, loss, ksr.samplers.FullCatalog(), **single)
    for name, slot in slots_of(model, config).items():
        assign(slot, run[f"{prefix}_{name}"])
    return model


def slots_of(model, config):
    """Golden name -> list of our variables that hold it, in pieces."""
    network = model.network
    reader, cell = network.subnet.representation, network.subnet.cells[0]
    slots = {
        "K": [reader.kernel],
        "b": [cell.bias],
        "U": [cell.candidate_kernel, cell.gate_kernel],
    }
    if config["kind"] == "m4":
        slots |= {"W1": [network.dense.kernel], "b1": [network.dense.bias]}
        slots |= {"gamma": [network.norm.scale], "beta": [network.norm.shift]}
        slots |= {"W2": [network.output_dense.kernel], "b2": [network.output_dense.bias]}
    else:
        slots |= {
            "E": [reader.own_table],
            "Wy": [network.scorer.table],
            "By": [network.scorer.bias],
        }
    assert set(slots) == set(config["weight_names"])
    return slots


# === Batches ===


def batches_of(run, stage, labels=None):
    """The stored batches of a stage, as `prefixes` would make them."""
    pairs = run[f"batch_pairs_{stage}"]
    there = pairs >= 0
    read_from = "pair_future" if stage == "teacher" else "pair_items"
    x = {"item": np.where(there[..., None], run[read_from][pairs] + 1, 0).astype(np.int32)}
    y = np.where(there, run["pair_target"][pairs] + 1, 0).astype(np.int32)[..., None]
    if labels == "future":
        x["future"] = np.where(there[..., None], run["pair_future"][pairs] + 1, 0).astype(np.int32)
    elif labels == "stored":
        x["soft_item"] = np.where(there[..., None], run["soft_item"][pairs] + 1, 0).astype(np.int32)
        probability = np.where(there[..., None], run["soft_probability"][pairs], 0)
        x["soft_probability"] = probability.astype(np.float32)
    return tf.data.Dataset.from_tensor_slices((x, y, (y > 0).astype(np.float32)))


def packed_batches_of(run):
    """The same pairs, all of a session in one row."""
    sessions, cap = run["batch_sessions_student"], run["config"]["cap"]
    x, y = (np.zeros((*sessions.shape, cap), np.int32) for _ in range(2))
    last = {}
    for pair, session in enumerate(run["pair_session"]):
        last[session] = pair  # whose prefix is the longest
        at = np.argwhere(sessions == session)
        place = run["pair_position"][pair] - 1
        for batch, row in at:
            y[batch, row, place] = run["pair_target"][pair] + 1
    for session, pair in last.items():
        for batch, row in np.argwhere(sessions == session):
            x[batch, row] = run["pair_items"][pair] + 1
    return tf.data.Dataset.from_tensor_slices(({"item": x}, y, (y > 0).astype(np.float32)))


# === One stage after the other ===


class Follow(keras.callbacks.Callback):
    """Compares every step's loss, and the weights where they were kept."""

    def __init__(self, run, stage):
        super().__init__()
        self.run, self.stage, self.seen = run, stage, 0

    def on_train_batch_end(self, batch, logs=None):
        run, stage = self.run, self.stage
        assert float(logs["loss"]) == pytest.approx(run[f"loss_{stage}"][batch], abs=2e-5)
        self.model.reset_metrics()
        for number in np.flatnonzero(run[f"at_steps_{stage}"] == batch):
            for name, slot in slots_of(self.model, run["config"]).items():
                stored = run[f"at{number}_{stage}_{name}"]
                np.testing.assert_allclose(read(slot, stored), stored, atol=1e-4, err_msg=name)
            self.seen += 1


def check_trajectory(model, run, stage, batches):
    callback = Follow(run, stage)
    model.fit(batches, verbose=0, callbacks=[callback])
    assert callback.seen == len(run[f"at_steps_{stage}"])
    for kind, ours in {"m": "_momentums", "v": "_velocities"}.items():
        by_id = {
            id(v): getattr(model.optimizer, ours)[i]
            for i, v in enumerate(model.trainable_variables)
        }
        for name, slot in slots_of(model, run["config"]).items():
            stored = run[f"adam_{kind}_{stage}_{name}"]
            kept = read([by_id[id(v)] for v in slot], stored)
            np.testing.assert_allclose(kept, stored, atol=1e-4, err_msg=f"{kind} of {name}")


def trained_teacher(run):
    teacher = model_of(run, "teacher_init")
    check_trajectory(teacher, run, "teacher", batches_of(run, "teacher"))
    return teacher


def test_training_follows_the_trajectory(run):
    """Losses of every step, weights, Adam's moments, moving averages, then ranks."""
    config = run["config"]
    batches, loss = batches_of(run, "student"), None
    if config["kind"] == "m3":
        teacher, temperature = trained_teacher(run), config["temperature"]
        loss = ksr.losses.Distillation(weight=config["soft_weight"], temperature=temperature)
        if config["top"] is None:
            batches = batches_of(run, "student", "future")
            batches = ksr.live_soft_labels(batches, teacher, temperature)
        else:
            batches = batches_of(run, "student", "stored")
    model = model_of(run, loss=loss)
    check_trajectory(model, run, "student", batches)
    if config["kind"] == "m2":
        later = model_of(run, rate=config["rate2"])
        later.warm_start(model)
        check_trajectory(later, run, "recent", batches_of(run, "recent"))
        model = later
    if config["kind"] == "m4":
        norm = model.network.norm
        np.testing.assert_allclose(norm.moving_mean, run["moving_mean"], atol=1e-4)
        np.testing.assert_allclose(norm.moving_variance, run["moving_variance"], atol=1e-4)
    check_evaluation(model, run)


def check_evaluation(model, run):
    test = log_of(run, "test")
    for ties in ("standard", "conservative"):
        result = ksr.evaluate(model, test, k=[int(k) for k in run["eval_cutoffs"]], ties=ties)
        cases = zip(result.session, result.position, strict=True)
        order = {(test.session_ids[s], p): i for i, (s, p) in enumerate(cases)}
        stored = zip(run["eval_session"], run["eval_position"] + 2, strict=True)
        ours = [order[case] for case in stored]
        assert len(ours) == len(result.rank)
        np.testing.assert_array_equal(result.rank[ours], run[f"eval_rank_{ties}"])


def test_packed_rows_follow_the_same_trajectory():
    (path,) = (path for path in RUNS if "packed" in path.stem)
    run = load(path)
    check_trajectory(model_of(run), run, "student", packed_batches_of(run))


# === What the batches hold ===


def rows_of(dataset, name):
    """Multiset of (what is read, target)."""
    rows = []
    for x, y, weight in dataset:
        read, target, live = x[name].numpy(), y.numpy()[:, 0], weight.numpy()[:, 0] > 0
        rows += [(tuple(r[r > 0]), t) for r, t in zip(read[live], target[live], strict=True)]
    return sorted(rows)


def test_prefixes_and_futures_are_the_stored_pairs(run):
    cap, log, catalog = run["config"]["cap"], log_of(run, "train"), catalog_of(run)

    def stored(name, where):
        return sorted(
            (tuple(r[r >= 0] + 1), t + 1)
            for r, t in zip(run[name][where], run["pair_target"][where], strict=True)
        )

    everywhere = slice(None)
    has_future = run["pair_future"][:, 0] >= 0
    both = ksr.batches.prefixes(log, catalog, 8, max_length=cap, with_futures=True)
    assert rows_of(both, "item") == stored("pair_items", everywhere)
    assert rows_of(both, "future") == stored("pair_future", everywhere)
    futures = ksr.batches.prefixes(log, catalog, 8, max_length=cap, form="futures")
    assert rows_of(futures, "item") == stored("pair_future", has_future)


def test_the_recent_quarter_is_the_stored_one():
    (path,) = (path for path in RUNS if "m2" in path.stem)
    run = load(path)
    recent = ksr.data.recent_fraction(log_of(run, "train"), run["config"]["fraction"])
    assert sorted(recent.session_ids) == sorted(run["recent_session_ids"])


@pytest.mark.parametrize("name", ["t04", "t05"])
def test_a_teachers_labels_are_the_stored_ones(name, tmp_path):
    """Live over all items, and the greatest few kept in half precision."""
    (path,) = (path for path in RUNS if path.stem.startswith(name))
    run = load(path)
    config, catalog, log = run["config"], catalog_of(run), log_of(run, "train")
    teacher = trained_teacher(run)
    top = config["top"] or config["n_items"]
    labels = ksr.SoftLabels.write(
        tmp_path / "labels", teacher, log, catalog, top, config["temperature"], config["cap"]
    )
    items, probabilities = labels.of(np.arange(labels.num_pairs))
    ours = np.zeros((labels.num_pairs, catalog.num_items + 1))
    np.put_along_axis(ours, items, probabilities, axis=1)
    stored = np.zeros_like(ours)
    if config["top"] is None:
        stored[:, 1:] = run["soft_probability"]
    else:
        np.put_along_axis(stored, run["soft_item"] + 1, run["soft_probability"], axis=1)
    # Pairs in the order of the sessions in our log, and in that of the stored ones.
    place = {int(session): number for number, session in enumerate(log.session_ids)}
    starts = np.concatenate([[0], np.cumsum(np.maximum(np.diff(log.offsets) - 1, 0))])
    session = [place[int(s)] for s in run["session_order"][run["pair_session"]]]
    pair = starts[session] + run["pair_position"] - 1
    np.testing.assert_allclose(ours[pair, 1:], stored[:, 1:], atol=3e-4)
