"""One-call contract of the models of this package."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

import keras_sessrec as ksr
from harness.scorer import log_of, pad
from keras_sessrec.models import session_trainer

NUM_ITEMS = 10


def chain_sessions(num_sessions: int = 120, seed: int = 0) -> list[list[int]]:
    """Sessions of 2 to 6 events in a world where item i is always followed by i + 1."""
    rng = np.random.default_rng(seed)
    starts = rng.integers(0, NUM_ITEMS, num_sessions)
    lengths = rng.integers(2, 7, num_sessions)
    return [
        ((s + np.arange(n)) % NUM_ITEMS + 100).tolist()
        for s, n in zip(starts, lengths, strict=True)
    ]


def chain_log(num_sessions: int = 120, seed: int = 0) -> ksr.data.SessionLog:
    return log_of(chain_sessions(num_sessions, seed))


def compile_arguments(**changes: Any) -> dict[str, Any]:
    """Settings that learn the chain in a few epochs, without the wait for XLA."""
    arguments = {
        "optimizer": ksr.optimizers.SparseAdagrad(0.3, momentum=0.1),
        "loss": ksr.losses.CrossEntropy(),
        "negatives": ksr.samplers.Uniform(8, remove_accidental_hits=True),
        "metrics": [ksr.metrics.RecallAtK(1), ksr.metrics.MRRAtK(5)],
        "steps_per_execution": 10,
        "jit_compile": False,
    }
    return {**arguments, **changes}


def train_without_xla(monkeypatch: Any) -> None:
    """Spares examples that are to be read, not waited for, the compilation."""
    checked = session_trainer.checked_train_function
    plain = lambda *args, **kwargs: checked(*args, **{**kwargs, "jit_compile": False})  # noqa: E731
    monkeypatch.setattr(session_trainer, "checked_train_function", plain)


def weights_of(model: keras.Model) -> dict[str, np.ndarray]:
    return {w.path: np.array(w) for w in model.trainable_weights}


def run_model_test(
    make_model: Callable[[ksr.Catalog], ksr.models.SessionRecommender],
    folder: Path,
    epochs: int = 6,
    **compile_changes: Any,
) -> None:
    """Checks a model on a world where item i is always followed by i + 1.

    Args:
        make_model: Makes a model, not compiled, for a catalog. Two calls make equal ones.
        folder: Empty folder for a saved model.
        epochs: Epochs that suffice to learn the world.
        **compile_changes: What to compile with instead of the usual.
    """
    log = chain_log()
    catalog = ksr.Catalog.from_log(log)
    model = make_model(catalog)
    _check_carried_is_stateless(model, log)
    model.compile(**compile_arguments(**compile_changes))
    train = ksr.batches.session_parallel(log, catalog, lanes=8)
    history = model.fit(train, epochs=epochs, verbose=0).history
    assert len(history["loss"]) == epochs
    assert history["loss"][-1] < 0.7 * history["loss"][0]

    test_log = chain_log(num_sessions=21, seed=1)
    test = ksr.batches.whole_sessions(test_log, catalog, batch_size=4)
    logs = model.evaluate(test, return_dict=True, verbose=0)
    assert logs["recall_at_1"] == 1.0, f"item i + 1 is not learned: {logs}"
    assert logs["mrr_at_5"] == 1.0
    result = ksr.evaluate(model, test_log, catalog, k=(1, 5))
    assert result.recall(1) == 1.0 and result.mrr(5) == 1.0

    before = weights_of(model)
    assert model.evaluate(test, return_dict=True, verbose=0) == logs, "evaluate twice"
    for path, weight in weights_of(model).items():
        np.testing.assert_array_equal(weight, before[path], "evaluate moved a weight")
    _check_rows_are_independent(model)
    _check_save(model, folder, train, test, logs)


def _check_carried_is_stateless(model: ksr.models.SessionRecommender, log: Any) -> None:
    """Hidden vectors carried through session-parallel blocks equal the prefixes'."""
    catalog = model.catalog
    for steps in (1, 2):
        blocks = list(ksr.batches.session_parallel(log, catalog, lanes=3, steps=steps).take(8))
        network = model.network
        states, lanes, prefixes, carried = network.initial_states(3), [[], [], []], [], []
        fresh = network.initial_states(3)
        for x, _, _ in blocks:
            reset = x["is_start"]
            states = [
                tf.where(tf.reshape(reset, [-1] + [1] * (len(s.shape) - 1)), f, s)
                for f, s in zip(fresh, states, strict=True)
            ]
            parts, states = network.encode(x["item"], states)
            hidden = np.concatenate([np.array(part) for part in parts.values()], axis=-1)
            for lane, items in enumerate(x["item"].numpy()):
                if reset[lane]:
                    lanes[lane] = []
                for step, item in enumerate(items):
                    if item:
                        lanes[lane] = [*lanes[lane], int(item)]
                        prefixes.append(lanes[lane])
                        carried.append(hidden[lane, step])
        lengths = [len(prefix) for prefix in prefixes]
        assert sum(n > 2 for n in lengths) > 5
        parts, _ = network.encode(pad(prefixes, width=max(lengths)))
        whole = np.concatenate([np.array(part) for part in parts.values()], axis=-1)
        alone = [whole[row, n - 1] for row, n in enumerate(lengths)]
        np.testing.assert_allclose(carried, alone, atol=1e-5)


def _check_rows_are_independent(model: ksr.models.SessionRecommender) -> None:
    rows = [[3], [5, 3], [1, 2, 3, 4], [], [7, 7, 7]]
    items = pad(rows, width=5)
    scores = model.score(items)
    assert scores.shape == (5, NUM_ITEMS) and scores.dtype == np.float32
    assert np.isfinite(scores).all()
    np.testing.assert_array_equal(scores[3], model.catalog.counts)
    np.testing.assert_allclose(model.predict(items, verbose=0), scores, atol=1e-5)
    left, spread = np.zeros_like(items), np.zeros((5, 10), np.int32)
    for row, content in enumerate(rows):
        left[row, 5 - len(content) :] = content
        spread[row, 1 : 2 * len(content) : 2] = content
        if content:
            np.testing.assert_allclose(model.score([content])[0], scores[row], atol=1e-5)
    for other in (left, spread, np.pad(items, ((0, 0), (0, 9)))):
        np.testing.assert_allclose(model.score(other), scores, atol=1e-5)
    np.testing.assert_allclose(model.score(items[::-1]), scores[::-1], atol=1e-5)


def _check_save(model: Any, folder: Path, train: Any, test: Any, logs: dict[str, float]) -> None:
    """A `.keras` file holds weights, catalog, optimizer state and compile arguments."""
    path = folder / "model.keras"
    model.save(path)
    loaded = keras.models.load_model(path)
    assert type(loaded) is type(model) and loaded.catalog == model.catalog
    assert loaded.get_config() == model.get_config()
    items = np.array([[1, 2], [3, 0]], np.int32)
    np.testing.assert_array_equal(loaded.score(items), model.score(items))
    np.testing.assert_allclose(
        list(loaded.evaluate(test, return_dict=True, verbose=0).values()),
        list(logs.values()),
        rtol=1e-5,
    )
    for part in ("optimizer", "loss", "negatives"):
        ours, theirs = getattr(model, part), getattr(loaded, part)
        assert type(ours) is type(theirs) and ours.get_config() == theirs.get_config(), part
    assert loaded.get_compile_config() == model.get_compile_config()
    assert [m.name for m in loaded.metrics] == [m.name for m in model.metrics]
    for ours, theirs in zip(model.optimizer.variables, loaded.optimizer.variables, strict=True):
        np.testing.assert_array_equal(ours, theirs, ours.path)

    steps, updates = int(loaded.optimizer.iterations), len(loaded._updates)
    loss = loaded.fit(train, epochs=1, verbose=0).history["loss"][0]
    assert int(loaded.optimizer.iterations) == steps + updates * int(train.cardinality())
    assert np.isfinite(loss)
    assert loaded.evaluate(test, return_dict=True, verbose=0)["recall_at_1"] == 1.0
