"""What all models share: compile, the training loop, evaluation."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_sessrec as ksr
from harness.model import chain_log, compile_arguments, weights_of
from harness.scorer import log_of, random_sessions

LOG = chain_log()
CATALOG = ksr.Catalog.from_log(LOG)
SHOP_LOG = log_of(random_sessions(seed=3, num_sessions=60, num_items=70))
SHOP = ksr.Catalog.from_log(SHOP_LOG)


def batches(lanes=8, **arguments):
    return ksr.batches.session_parallel(LOG, CATALOG, lanes=lanes, **arguments)


def whole(**arguments):
    return ksr.batches.whole_sessions(LOG, CATALOG, **arguments)


def compiled(model_arguments=None, catalog=CATALOG, kind=ksr.models.GRU4Rec, **changes):
    model = kind(catalog, **{"units": [12], "seed": 1, **(model_arguments or {})})
    model.compile(**compile_arguments(**changes))
    return model


def assert_same_weights(ours, theirs, atol=0.0):
    for weight, other in zip(ours.trainable_weights, theirs.trainable_weights, strict=True):
        np.testing.assert_allclose(weight, other, atol=atol, err_msg=weight.path)


# === Losses, samplers, optimizers ===

LOSSES = {
    "bpr": ksr.losses.BPR(),
    "bpr_max": ksr.losses.BPRMax(regularization=0.2, activation="elu"),
    "top1": ksr.losses.TOP1(),
    "top1_max": ksr.losses.TOP1Max(),
}
SAMPLERS = {
    "in_batch": ksr.samplers.InBatch(logq=1.0, remove_accidental_hits=True),
    "popularity": ksr.samplers.Popularity(6, alpha=0.5, logq=1.0),
    "full": ksr.samplers.FullCatalog(),
}


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param(
            {"loss": LOSSES.get(name)} if name in LOSSES else {"negatives": SAMPLERS[name]},
            id=name,
            marks=() if name in ("bpr_max", "in_batch", "full") else pytest.mark.slow,
        )
        for name in (*LOSSES, *SAMPLERS)
    ],
)
def test_every_loss_and_sampler_learns_the_chain(changes):
    model = compiled(**changes)
    loss = model.fit(batches(), epochs=8, verbose=0).history["loss"]
    assert loss[-1] < loss[0]
    assert model.evaluate(whole(), return_dict=True, verbose=0)["recall_at_1"] == 1.0


@pytest.mark.parametrize("sampler", ["in_batch", "full"])
def test_keras_crossentropy_equals_ours(sampler):
    theirs = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    models = [compiled(loss=loss, negatives=SAMPLERS[sampler]) for loss in (theirs, "auto")]
    first, second = (m.fit(batches(), epochs=2, verbose=0).history["loss"] for m in models)
    np.testing.assert_allclose(first, second, rtol=1e-5)
    assert_same_weights(*models, atol=1e-5)


def test_default_configuration_is_the_authors():
    model = ksr.models.GRU4Rec(CATALOG, units=[4])
    assert not model.metrics and model.get_compile_config() is None
    model.compile()
    assert type(model.optimizer) is ksr.optimizers.SparseAdagrad
    assert model.optimizer.get_config()["learning_rate"] == pytest.approx(0.05)
    assert not model.optimizer.clipnorm and not model.optimizer.global_clipnorm
    assert type(model.loss) is ksr.losses.CrossEntropy
    assert model.negatives.get_config() == {
        "num": 2048,
        "alpha": 0.5,
        "logq": 1.0,
        "remove_accidental_hits": False,
    }


def test_negatives_must_be_a_sampler():
    with pytest.raises(TypeError, match=r"`negatives` must be a `Sampler`.*Received: 2048"):
        ksr.models.GRU4Rec(CATALOG, units=[4]).compile(negatives=2048)


def one_step(optimizer, items=(3, 3, 3, 5), targets=(4, 4, 4, 4)):
    """Weights before and after a step in which rows occur several times."""
    model = compiled(
        {"tie_embeddings": True}, optimizer=optimizer, negatives=SAMPLERS["full"], run_eagerly=True
    )
    before = list(weights_of(model).values())
    x = {"item": np.array(items, "int32")[:, None], "is_start": np.ones(4, bool)}
    model.train_step((x, np.array(targets, "int32")[:, None]))
    return before, list(weights_of(model).values())


def test_keras_optimizers_see_duplicates_summed():
    start, after = one_step(keras.optimizers.SGD(1.0))
    gradients = [a - b for a, b in zip(start, after, strict=True)]
    _, after = one_step(keras.optimizers.Adagrad(0.1, initial_accumulator_value=0.1, epsilon=1e-7))
    for weight, gradient, moved in zip(start, gradients, after, strict=True):
        want = weight - 0.1 * gradient / np.sqrt(0.1 + gradient**2 + 1e-7)
        np.testing.assert_allclose(moved, want, atol=1e-5)
    _, after = one_step(keras.optimizers.SGD(1.0, global_clipnorm=0.01))
    moved = [a - b for a, b in zip(start, after, strict=True)]
    norm = np.sqrt(sum((m**2).sum() for m in moved))
    assert norm == pytest.approx(0.01, rel=1e-3)


@pytest.mark.parametrize(
    "optimizer",
    [
        keras.optimizers.Adam(0.03),
        keras.optimizers.SGD(1.0, momentum=0.5),
        ksr.optimizers.SparseAdagrad(0.3, clipnorm=1.0),
    ],
    ids=["adam", "sgd", "clipped"],
)
def test_optimizers_train(optimizer):
    model = compiled(optimizer=optimizer)
    loss = model.fit(batches(), epochs=4, verbose=0).history["loss"]
    assert loss[-1] < 0.7 * loss[0]


# === The training loop ===


class CountsTraces(ksr.models.GRU4Rec):
    traces = 0

    def train_step(self, data):
        self.traces += 1
        return super().train_step(data)


@pytest.mark.parametrize("jit_compile", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_fused_execution_equals_single_steps(jit_compile):
    """Dropout and sampling on: the same random stream, 200 steps, a short last block."""
    data = batches(lanes=8)
    count = int(data.cardinality())
    assert count % 7
    models = [
        compiled(
            {"tie_embeddings": True, "embedding_dropout": 0.2, "hidden_dropout": 0.2},
            kind=CountsTraces,
            optimizer=ksr.optimizers.SparseAdagrad(0.05, momentum=0.1),
            steps_per_execution=size,
            jit_compile=jit_compile,
        )
        for size in (1, 7)
    ]
    epochs = -(-200 // count)
    losses = []
    for model in models:
        history = model.fit(data, epochs=1, verbose=0).history["loss"]
        traces = model.traces
        history += model.fit(data, epochs=epochs - 1, verbose=0).history["loss"]
        assert model.traces == traces, "a later epoch was traced again"
        assert int(model.optimizer.iterations) == epochs * count
        losses.append(history)
    # XLA fuses the two programs differently, and rounding errors grow over 200 steps.
    tolerance = 2e-5 if jit_compile else 1e-6
    np.testing.assert_allclose(*losses, rtol=10 * tolerance)
    assert_same_weights(*models, atol=tolerance)


def test_run_eagerly_equals_traced():
    models = [compiled(run_eagerly=eager) for eager in (False, True)]
    for model in models:
        model.fit(batches().take(10), verbose=0)
    assert_same_weights(*models, atol=5e-5)
    traced, eager = (model.evaluate(batches().take(10), verbose=0) for model in models)
    np.testing.assert_allclose(eager, traced, rtol=1e-3)


def test_c30_epochs_and_steps_per_epoch_are_counted_in_mini_batches():
    model = compiled(steps_per_execution=4)
    history = model.fit(batches(), epochs=3, steps_per_epoch=10, verbose=0)
    assert len(history.history["loss"]) == 3
    assert int(model.optimizer.iterations) == 30
    model.fit(batches(), epochs=2, verbose=0)
    assert int(model.optimizer.iterations) == 30 + 2 * int(batches().cardinality())


def test_truncated_bptt_learns():
    model = compiled()
    loss = model.fit(batches(steps=3), epochs=8, verbose=0).history["loss"]
    assert loss[-1] < 0.7 * loss[0]
    assert model.evaluate(whole(), return_dict=True, verbose=0)["recall_at_1"] == 1.0


def test_c5_more_lanes_than_sessions_and_another_number_of_lanes():
    model = compiled()
    few = chain_log(num_sessions=3)
    for lanes in (5, 2):
        model.fit(ksr.batches.session_parallel(few, CATALOG, lanes=lanes), verbose=0)
    items = np.arange(1, 8, dtype="int32")[:, None]
    want = model.score(items)
    for batch_size in (1, 3, 7, 100):
        got = model.predict(items, batch_size=batch_size, verbose=0)
        np.testing.assert_allclose(got, want, atol=1e-6)


def test_whole_sessions_train_without_carried_state_then_fused_training_goes_on():
    model = compiled({"hidden_dropout": 0.1})
    data = whole(batch_size=50)
    with pytest.warns(UserWarning, match="`x` holds whole sessions, made for evaluation"):
        loss = model.fit(data, epochs=4, verbose=0).history["loss"]
    assert loss[-1] < loss[0]
    alone = model.evaluate(data, return_dict=True, verbose=0)
    frozen = compiled({"hidden_dropout": 0.1}, optimizer=keras.optimizers.SGD(0.0))
    frozen.set_weights(model.get_weights())
    frozen.fit(data.take(1), verbose=0, validation_data=data)
    history = frozen.fit(batches(), verbose=0, validation_data=data).history
    for name, value in alone.items():
        assert history[f"val_{name}"] == [pytest.approx(value, rel=1e-5)], "batches were skipped"


def test_train_on_batch_is_one_step():
    ours, theirs = compiled(), compiled()
    x, y, weight = next(iter(batches()))
    loss = ours.train_on_batch(x, y, weight)
    history = theirs.fit(batches().take(1), verbose=0).history
    assert loss == pytest.approx(history["loss"][0], rel=1e-6)
    assert_same_weights(ours, theirs, atol=1e-7)


@pytest.mark.parametrize("size", [1, 4])
def test_c31_nan_loss_names_its_step(size):
    def spoil(step, data):
        x, y, weight = data
        return x, y, tf.where(step == 6, np.float32("nan"), 1.0) * weight

    data = batches().take(20).enumerate().map(spoil)
    with pytest.raises(FloatingPointError, match="not finite at step 6 "):
        compiled(steps_per_execution=size).fit(data, verbose=0)


def test_padding_rows_never_move():
    for arguments in ({"tie_embeddings": True}, {"input_discount": 0.5}):
        model = compiled(arguments)
        tables = [w for w in model.trainable_weights if w.shape[0] == CATALOG.num_items + 1]
        before = [np.array(w)[0] for w in tables]
        model.fit(batches(lanes=50, steps=2), epochs=2, verbose=0)  # many idle lanes
        for table, row in zip(tables, before, strict=True):
            np.testing.assert_array_equal(np.array(table)[0], row, table.path)


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
@pytest.mark.parametrize(
    "arguments",
    [{}, {"tie_embeddings": True}, {"embedding_dim": 3}, {"input_discount": 0.5}],
    ids=["one-hot", "tied", "embedded", "discounted"],
)
def test_c8_sampled_training_makes_nothing_as_large_as_the_catalog(arguments, policy):
    catalog = ksr.Catalog(range(997))
    model = compiled({**arguments, "dtype": policy}, catalog=catalog, loss=LOSSES["bpr_max"])
    spec = (
        {"item": tf.TensorSpec((4, 1), tf.int32), "is_start": tf.TensorSpec((4,), tf.bool)},
        tf.TensorSpec((4, 1), tf.int32),
    )
    traced = tf.function(model.train_step, autograph=False).get_concrete_function(spec)
    large = {
        operation.type
        for operation in traced.graph.get_operations()
        for output in operation.outputs
        if {997, 998} & set(output.shape.as_list() if output.shape.rank else [])
        and output.dtype != tf.resource
    }
    assert large <= {"ReadVariableOp", "Identity"}, large  # a variable itself is no copy


# === Carried states ===


def test_no_states_are_carried_before_session_parallel_training():
    model = compiled(run_eagerly=True)
    assert model.carried_states() == {}
    model.set_carried_states({})
    model.train_on_batch(np.array([[1, 2], [3, 0]]), np.array([[3], [4]]))
    assert model.carried_states() == {}


@pytest.mark.parametrize(
    "arguments",
    [
        {"input_discount": 0.5, "dtype": "mixed_bfloat16"},
        pytest.param({"units": [6, 5]}, marks=pytest.mark.slow),
        pytest.param({"cell": "lstm"}, marks=pytest.mark.slow),
    ],
    ids=lambda arguments: next(iter(arguments)),
)
def test_training_goes_on_in_another_model_from_the_states_that_were_read(arguments):
    """Weights, slots and states copied after two mini-batches: the third one is the same."""
    changes = {"negatives": SAMPLERS["full"], "run_eagerly": True}
    straight, resumed = (compiled(arguments, **changes) for _ in range(2))
    data = list(batches().take(3))
    for x, y, weight in data[:2]:
        straight.train_on_batch(x, y, weight)
    states = straight.carried_states()
    initial = straight.network.initial_states(8)
    assert [s.shape for s in states["network"]] == [tuple(s.shape) for s in initial]
    assert all(np.abs(s).max() > 0 for s in states["network"])
    resumed.set_weights(straight.get_weights())
    for own, other in zip(resumed.trainable_variables, straight.trainable_variables, strict=True):
        for name, slot in straight.optimizer.slots(other).items():
            resumed.optimizer.slots(own)[name].assign(slot)
    resumed.set_carried_states(states)
    for name, states in resumed.carried_states().items():
        for state, other in zip(states, straight.carried_states()[name], strict=True):
            np.testing.assert_array_equal(state, other)
    for model in (straight, resumed):
        model.train_on_batch(*data[2])
    assert_same_weights(straight, resumed)


@pytest.mark.parametrize(
    "states",
    [
        {"network": []},
        {"item": [np.zeros((8, 12))]},
        {"network": [np.zeros((8, 11))]},
        {"network": [np.zeros((8, 12)), np.zeros((8, 12))]},
    ],
)
def test_states_of_another_network_are_refused(states):
    with pytest.raises(ValueError, match=r"`states` must be of the shapes .* Received: \{"):
        compiled().set_carried_states(states)


# === Evaluation ===


def test_evaluate_equals_the_next_event_protocol():
    metrics = [ksr.metrics.RecallAtK(20), ksr.metrics.MRRAtK(20), ksr.metrics.RecallAtK(1)]
    model = compiled({"units": [5, 4]}, catalog=SHOP, metrics=metrics)
    result = ksr.evaluate(model, SHOP_LOG, SHOP, k=(1, 20))
    data = ksr.batches.whole_sessions(SHOP_LOG, SHOP, batch_size=7)
    logs = model.evaluate(data, return_dict=True, verbose=0)
    assert 0.05 < result.recall(20) < 0.95
    assert logs["recall_at_20"] == pytest.approx(result.recall(20), rel=1e-5)
    assert logs["mrr_at_20"] == pytest.approx(result.mrr(20), rel=1e-5)
    assert logs["recall_at_1"] == pytest.approx(result.recall(1), abs=1e-6)


def test_c1_c35_session_parallel_evaluation_equals_whole_sessions():
    model = compiled({"input_discount": 0.5}, catalog=SHOP)
    want = model.evaluate(ksr.batches.whole_sessions(SHOP_LOG, SHOP), return_dict=True, verbose=0)
    for lanes in (1, 7, 7):
        data = ksr.batches.session_parallel(SHOP_LOG, SHOP, lanes=lanes)
        logs = model.evaluate(data, return_dict=True, verbose=0)
        for name, value in want.items():
            assert logs[name] == pytest.approx(value, rel=1e-5)


def test_c35_validation_does_not_touch_training():
    models = [compiled({"hidden_dropout": 0.2}) for _ in range(2)]
    data, steps = batches(), 17  # epochs end within sessions, so states are carried over
    models[0].fit(data, epochs=3, steps_per_epoch=steps, verbose=0)
    models[1].fit(data, epochs=3, steps_per_epoch=steps, verbose=0, validation_data=batches())
    assert_same_weights(*models)


def test_loss_of_evaluation_is_over_the_whole_catalog():
    model = compiled(loss=ksr.losses.CrossEntropy())
    model.set_weights([np.zeros_like(w) for w in model.get_weights()])
    assert model.evaluate(whole(), verbose=0)[0] == pytest.approx(np.log(10), rel=1e-6)


# === Keras' callbacks ===


def test_callbacks_work(tmp_path):
    model = compiled(metrics=[ksr.metrics.RecallAtK(1)])
    history = model.fit(
        batches(),
        validation_data=whole(),
        epochs=30,
        verbose=0,
        callbacks=[
            keras.callbacks.EarlyStopping(monitor="val_recall_at_1", mode="max", patience=2),
            keras.callbacks.ModelCheckpoint(
                str(tmp_path / "best.keras"),
                monitor="val_recall_at_1",
                mode="max",
                save_best_only=True,
            ),
            keras.callbacks.BackupAndRestore(str(tmp_path / "backup"), delete_checkpoint=False),
            keras.callbacks.CSVLogger(str(tmp_path / "log.csv")),
            keras.callbacks.TensorBoard(str(tmp_path / "board")),
        ],
    ).history
    epochs = len(history["loss"])
    best = history["val_recall_at_1"].index(1.0)
    assert epochs == best + 3 < 30, "early stopping did not stop"
    lines = (tmp_path / "log.csv").read_text().splitlines()
    assert lines[0] == "epoch,loss,val_loss,val_recall_at_1" and len(lines) == epochs + 1
    assert list((tmp_path / "board").glob("**/events*"))
    loaded = keras.models.load_model(tmp_path / "best.keras")
    assert loaded.evaluate(whole(), return_dict=True, verbose=0)["recall_at_1"] == 1.0

    resumed = compiled(metrics=[ksr.metrics.RecallAtK(1)])
    more = resumed.fit(
        batches(),
        epochs=epochs + 1,
        verbose=0,
        callbacks=[keras.callbacks.BackupAndRestore(str(tmp_path / "backup"))],
    )
    assert more.epoch == [epochs], "training did not go on where it was interrupted"
    assert int(resumed.optimizer.iterations) == (epochs + 1) * int(batches().cardinality())


# === Resuming ===


def test_loaded_training_draws_the_same_negatives_and_dropout(tmp_path):
    """Two epochs in one go equal one epoch, a save, a load and another epoch."""
    arguments = {"hidden_dropout": 0.3, "tie_embeddings": True, "embedding_dropout": 0.2}
    straight = compiled(arguments, jit_compile=False)
    straight.fit(batches(), epochs=2, verbose=0)
    first = compiled(arguments, jit_compile=False)
    first.fit(batches(), epochs=1, verbose=0)
    first.save(tmp_path / "half.keras")
    loaded = keras.models.load_model(tmp_path / "half.keras")
    loaded.fit(batches(), epochs=1, verbose=0)
    assert_same_weights(loaded, straight, atol=1e-6)


def test_a_model_of_one_piece_tracks_one_loss():
    model = compiled()
    assert [m.name for m in model.metrics] == ["loss", "recall_at_1", "mrr_at_5"]
    assert list(model.fit(batches(), verbose=0).history) == ["loss"]
