"""What `compile`, `fit` and `evaluate` do with what a Keras user hands in, right or wrong."""

import csv
import re

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_sessrec as ksr
from harness.model import chain_log, compile_arguments
from harness.scorer import log_of, random_sessions
from keras_sessrec.models.session_network import SessionNetwork
from keras_sessrec.optimizers.sparse_adagrad import SparseAdagrad
from keras_sessrec.training.objective import Batch

LOG = chain_log()
CATALOG = ksr.Catalog.from_log(LOG)
FULL = {"loss": ksr.losses.CrossEntropy(), "negatives": ksr.samplers.FullCatalog()}


def batches(lanes=8, **arguments):
    return ksr.batches.session_parallel(LOG, CATALOG, lanes=lanes, **arguments)


def whole():
    return ksr.batches.whole_sessions(LOG, CATALOG)


def compiled(catalog=CATALOG, model_arguments=None, **changes):
    model = ksr.models.GRU4Rec(catalog, **{"units": [6], "seed": 1, **(model_arguments or {})})
    model.compile(**compile_arguments(**{"jit_compile": False, **changes}))
    return model


def weights_of(model):
    """Weights by their path, without the numbers of Keras' names."""
    return {re.sub(r"_\d+", "", w.path): np.array(w) for w in model.trainable_weights}


def assert_same_weights(ours, theirs):
    for path, weight in weights_of(ours).items():
        np.testing.assert_array_equal(weight, weights_of(theirs)[path], err_msg=path)


# === What is shown as the loss ===


def test_the_loss_shown_is_the_mean_over_targets_whatever_the_lanes():
    losses = []
    for lanes in (1, 16, 100):
        model = compiled(optimizer=keras.optimizers.SGD(0.0), **FULL)
        losses += model.fit(batches(lanes), verbose=0).history["loss"]
    losses.append(model.evaluate(whole(), verbose=0)[0])
    assert losses == pytest.approx([losses[0]] * 4, rel=1e-5)


def test_weights_of_zero_cost_nothing():
    model, before = compiled(**FULL), weights_of(compiled(**FULL))
    ignored = batches().map(lambda x, y, weight: (x, y, tf.zeros_like(weight)))
    assert model.fit(ignored, verbose=0).history["loss"] == [0.0]
    for path, weight in weights_of(model).items():
        np.testing.assert_array_equal(weight, before[path], err_msg=path)


def test_regularizers_are_part_of_the_cost_and_of_what_is_shown():
    plain, regular = compiled(**FULL), compiled(**FULL)
    kernel = next(v for v in regular.trainable_variables if v.path.endswith("gate_kernel"))
    kernel.regularizer = keras.regularizers.L2(10.0)
    shown = [m.fit(batches(), verbose=0).history["loss"][0] for m in (plain, regular)]
    assert shown[1] > shown[0] + 0.1
    (path,) = (path for path in weights_of(regular) if path.endswith("gate_kernel"))
    plain_norm, norm = (np.linalg.norm(weights_of(m)[path]) for m in (plain, regular))
    assert norm < 0.7 * plain_norm


class LossyNetwork(SessionNetwork):
    def __init__(self, catalog):
        super().__init__(catalog, seed=1)
        self.scorer = ksr.layers.ItemScorer(catalog.num_items, 4, seed=1)

    def initial_states(self, rows):
        return []

    def encode(self, items, states=None, training=False):
        self.add_loss(keras.ops.sum(keras.ops.cast(items, "float32")))
        return {"network": self.scorer.lookup(items)}, []

    def head(self):
        return ksr.models.session_network.Head.of(self.scorer)


def test_add_loss_is_refused():
    model = ksr.models.SessionRecommender(CATALOG, LossyNetwork(CATALOG))
    model.compile(jit_compile=False)
    with pytest.raises(ValueError, match="`add_loss` in a network is not part of"):
        model.fit(batches(), verbose=0)


# === Epochs ===


def test_one_epoch_twice_is_two_epochs_of_shuffled_batches():
    data = batches(shuffle=True, seed=3)
    once, twice = compiled(**FULL), compiled(**FULL)
    once.fit(data, epochs=2, verbose=0)
    for _ in range(2):
        twice.fit(data, epochs=1, verbose=0)
    assert_same_weights(once, twice)


class Looks(keras.callbacks.Callback):
    """Draws batches of the training data whenever it can."""

    def __init__(self, data):
        super().__init__()
        self.data = data

    def on_epoch_begin(self, epoch, logs=None):
        next(iter(self.data))

    def on_epoch_end(self, epoch, logs=None):
        next(iter(self.data))


@pytest.mark.parametrize("form", ["lanes", "prefixes", "filtered"])
def test_looking_at_batches_changes_no_training(form):
    def data():
        if form == "prefixes":
            return ksr.batches.prefixes(LOG, CATALOG, 64, max_length=2, seed=3)
        shuffled = batches(shuffle=True, seed=3)
        return shuffled if form == "lanes" else shuffled.filter(lambda *_: True)

    alone, looked_at = compiled(**FULL), compiled(**FULL)
    alone.fit(data(), epochs=3, verbose=0)
    seen = data()
    next(iter(seen))
    looked_at.fit(
        seen, epochs=3, verbose=0, validation_data=seen.take(2), callbacks=[Looks(seen.take(1))]
    )
    assert_same_weights(alone, looked_at)


def test_shuffled_epochs_differ():
    orders = []

    class Order(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            orders.append(logs["loss"])

    compiled(optimizer=keras.optimizers.SGD(0.0)).fit(
        batches(shuffle=True), epochs=2, verbose=0, callbacks=[Order()]
    )
    assert orders[0] != orders[1], "in-batch negatives are others in another order"


def test_batches_that_repeat_are_refused():
    with pytest.raises(ValueError, match=r"must not repeat"):
        compiled().fit(batches(shuffle=True).repeat(), steps_per_epoch=5, verbose=0)


@pytest.mark.parametrize("shuffle", [False, True])
def test_batches_without_end_need_a_number_of_steps(shuffle):
    endless, model = ksr.batches.epochs_of(batches(shuffle=shuffle)), compiled(**FULL)
    with pytest.raises(ValueError, match=r"`steps_per_epoch` is needed for a dataset without end"):
        model.fit(endless, verbose=0)
    history = model.fit(endless, steps_per_epoch=len(batches()), epochs=2, verbose=0).history
    assert history["loss"][1] < history["loss"][0]


# === One sampler, several models ===


def test_two_models_share_a_sampler_object():
    sampler = ksr.samplers.Popularity(6, alpha=0.5)
    other_log = log_of(random_sessions(seed=3, num_sessions=40, num_items=70))
    other = ksr.Catalog.from_log(other_log)
    first = compiled(negatives=sampler)
    second = compiled(catalog=other, negatives=sampler)
    alone = compiled(negatives=ksr.samplers.Popularity(6, alpha=0.5))
    second.fit(ksr.batches.session_parallel(other_log, other, lanes=8), verbose=0)
    for model in (first, alone):
        model.fit(batches(), verbose=0)
    assert_same_weights(first, alone)


# === What breaks ===


def test_a_program_that_broke_off_leaves_a_model_that_refuses_to_go_on(tmp_path, monkeypatch):
    model = compiled()
    model.fit(batches(), verbose=0)

    def broken(data):
        tf.debugging.Assert(False, ["out of memory"])

    monkeypatch.setattr(model, "train_step", broken)
    model.compile(**compile_arguments(jit_compile=False))
    with pytest.raises(tf.errors.OpError):
        model.fit(batches(), verbose=0)
    monkeypatch.undo()
    known = [[CATALOG.item_ids[0]]]
    for go_on in (
        lambda: model.fit(batches(), verbose=0),
        lambda: model.evaluate(whole(), verbose=0),
        lambda: model.predict(whole(), verbose=0),
        lambda: model.recommend(known),
        lambda: model.save(tmp_path / "broken.keras"),
    ):
        with pytest.raises(RuntimeError, match="cannot be used any more, since a training program"):
            go_on()


def test_the_best_weights_come_back_after_a_loss_that_is_not_finite():
    model = compiled()
    seen = {}

    class Remember(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 0:
                seen.update(weights_of(model))
            model.optimizer.learning_rate = float("inf")

    stop = keras.callbacks.EarlyStopping("val_recall_at_1", mode="max", restore_best_weights=True)
    with pytest.raises(FloatingPointError, match="not finite at step"):
        model.fit(
            batches(), epochs=3, validation_data=whole(), callbacks=[Remember(), stop], verbose=0
        )
    for path, weight in seen.items():
        np.testing.assert_array_equal(weights_of(model)[path], weight, err_msg=path)
    assert model.recommend([[CATALOG.item_ids[0]]])


def test_lanes_that_never_fit_are_refused_before_anything_is_made():
    sessions = [[1, 2]] * 2_000
    log = log_of(sessions)
    catalog = ksr.Catalog.from_log(log)
    with pytest.raises(ValueError, match=r"`lanes` must be in proportion.*Received: lanes=400,000"):
        ksr.batches.session_parallel(log, catalog, lanes=400_000)
    with pytest.warns(UserWarning, match="are more than the 2000 sessions"):
        wide = ksr.batches.session_parallel(log, catalog, lanes=190_000)
    model = compiled(catalog=catalog)
    with pytest.raises(ValueError, match=r"must be small enough.*GiB"):
        model.fit(wide, verbose=0)
    assert int(model.optimizer.iterations) == 0


# === Ways of running ===


def test_functions_run_eagerly():
    eager, traced = compiled(**FULL), compiled(**FULL)
    data = batches().take(4)
    tf.config.run_functions_eagerly(True)
    try:
        eager.fit(data, verbose=0)
    finally:
        tf.config.run_functions_eagerly(False)
    traced.fit(data, verbose=0)
    for path, weight in weights_of(eager).items():
        np.testing.assert_allclose(weights_of(traced)[path], weight, atol=1e-6, err_msg=path)


def test_a_strategy_of_one_device_trains_as_none():
    plain = compiled()
    with tf.distribute.MirroredStrategy(["CPU:0"]).scope():
        model = compiled()
    for each in (plain, model):
        each.fit(batches(), verbose=0)
    for path, weight in weights_of(plain).items():
        np.testing.assert_array_equal(weights_of(model)[path], weight, err_msg=path)


def test_mixed_float16_keeps_row_wise_updates():
    model = compiled(
        model_arguments={"dtype": "mixed_float16"},
        optimizer=SparseAdagrad(0.1),
        negatives=ksr.samplers.InBatch(),
    )
    before = weights_of(model)
    first = batches().take(1)
    model.fit(first, verbose=0)
    (table,) = (path for path in before if path.endswith("item_scorer/table"))
    _, y, _ = next(iter(first))
    moved = np.flatnonzero((weights_of(model)[table] != before[table]).any(axis=1))
    assert len(moved) and set(moved) <= set(np.unique(y)), "only rows of candidates move"


# === What is written of a training ===


def test_the_progress_bar_ends_at_its_total(capsys):
    data = batches()
    compiled(steps_per_execution=7).fit(data, verbose=1)
    total = len(data)
    assert total % 7
    assert f"{total}/{total}" in capsys.readouterr().out


def test_staged_strategies_write_one_length_and_all_columns(tmp_path):
    subnets = {
        name: ksr.layers.Subnet(ksr.layers.OneHotItem(seed=i), units=[5], seed=i)
        for i, name in enumerate(["first", "second"])
    }
    model = ksr.models.ParallelGRU4Rec(CATALOG, subnets, seed=1)
    model.compile(strategy=ksr.training.Residual(epochs_per_subnet=1), jit_compile=False, **FULL)
    file = tmp_path / "log.csv"
    history = model.fit(
        batches(), epochs=2, verbose=0, callbacks=[keras.callbacks.CSVLogger(str(file))]
    ).history
    assert {name: len(values) for name, values in history.items()} == dict.fromkeys(
        ["loss", "first_loss", "second_loss", "stage"], 2
    )
    rows = list(csv.DictReader(file.open()))
    assert [row["stage"] for row in rows] == ["0.0", "1.0"]
    assert rows[0]["second_loss"] == "nan" and float(rows[1]["second_loss"]) > 0


# === Items of data that does not say which catalog it is of ===


def foreign(items=3, target=3, rows=8):
    x, y = (np.full((rows, 3), value, np.int32) for value in (items, target))
    return tf.data.Dataset.from_tensor_slices(({"item": x}, y)).batch(4)


@pytest.mark.parametrize(
    ("method", "bad", "received"),
    [
        ("fit", {"items": 999}, "999"),
        ("fit", {"target": 99}, "99"),
        ("evaluate", {"target": 99}, "99"),
        ("evaluate", {"items": -1}, "-1"),
        ("predict", {"items": 999}, "999"),
    ],
)
def test_items_outside_the_catalog_are_named_and_change_nothing(method, bad, received):
    model = compiled()
    before = weights_of(model)
    run = getattr(model, method)
    for data in (foreign(**bad), (batch for batch in foreign(**bad))):
        with pytest.raises(ValueError, match=rf"must hold items 0\.\.10.*Received: {received}"):
            run(data, verbose=0)
    run(foreign(), verbose=0)
    if method != "fit":
        for path, weight in weights_of(model).items():
            np.testing.assert_array_equal(weight, before[path], err_msg=path)


def test_weights_come_for_every_target_or_every_row():
    x, y = np.full((4, 3), 2), np.full((4, 3), 3)
    model = compiled(**FULL)
    whole_rows = model.evaluate(x, y, sample_weight=np.array([1.0, 0, 0, 2]), verbose=0)
    each = np.repeat([[1.0], [0], [0], [2]], 3, axis=1)
    assert model.evaluate(x, y, sample_weight=each, verbose=0) == pytest.approx(whole_rows)
    with pytest.raises(ValueError, match=r"`sample_weight` must be one for each target.*\(4, 2\)"):
        Batch.of((x, y, np.ones((4, 2))))


@pytest.mark.parametrize(
    ("argument", "value"),
    [("steps_per_execution", 0), ("steps_per_execution", 2.5), ("jit_compile", "yes")],
)
def test_ways_of_running_are_checked(argument, value):
    with pytest.raises(ValueError, match=f"`{argument}` must be .*Received: {argument}={value!r}"):
        compiled(**{argument: value})


# === What evaluation scores with ===


@pytest.mark.parametrize("fusion", ["shared", pytest.param("parallel", marks=pytest.mark.slow)])
def test_what_has_not_scored_in_training_scores_nowhere(fusion, tmp_path):
    """After the first stage of residual training the second subnet is still random."""

    def made():
        subnets = {
            name: ksr.layers.Subnet(ksr.layers.OneHotItem(seed=i), units=[5], seed=i)
            for i, name in enumerate(["first", "second"])
        }
        model = ksr.models.ParallelGRU4Rec(CATALOG, subnets, fusion, seed=1)
        strategy = ksr.training.Residual(epochs_per_subnet=2)
        model.compile(**compile_arguments(strategy=strategy))
        return model

    def scores_of(model, names):
        items = np.array([[1, 2], [5, 6], [9, 10]])
        parts, _ = model.network.encode(items)
        last = {name: hidden[:, -1] for name, hidden in parts.items()}
        return np.array(model.network.head().scores(last, scoring=names))

    model = made()
    model.evaluate(whole(), verbose=0)  # traced with both
    session = np.array([[1, 2], [5, 6], [9, 10]], np.int32)
    model.fit(batches(), epochs=2, verbose=0, validation_data=whole())
    first = scores_of(model, ["first"])
    loaded_from = tmp_path / "half.keras"
    model.save(loaded_from)
    for same in (model, keras.models.load_model(loaded_from)):
        np.testing.assert_allclose(same.score(session), first, atol=1e-5)
        np.testing.assert_allclose(same.predict(session, verbose=0), first, atol=1e-5)
    vectors, _ = model.head().table()
    assert vectors.shape == (10, 5)
    want = ksr.evaluate(model, LOG, k=1).recall(1)
    assert model.evaluate(whole(), verbose=0, return_dict=True)["recall_at_1"] == pytest.approx(
        want
    )

    model.fit(batches(), initial_epoch=2, epochs=3, verbose=0)
    np.testing.assert_allclose(model.score(session), scores_of(model, None), atol=1e-5)
    assert not np.allclose(model.score(session), scores_of(model, ["first"]), atol=1e-3)
    copied = made()
    copied.set_weights(model.get_weights())
    np.testing.assert_allclose(copied.score(session), scores_of(model, None), atol=1e-5)
