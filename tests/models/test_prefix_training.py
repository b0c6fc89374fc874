"""Training on prefixes: Tan's M1 is `GRU4Rec` with an embedding, on `prefixes`."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_sessrec as ksr
from keras_sessrec.batches import prefixes
from keras_sessrec.losses.ranking_loss import row_losses


def parameters_of_m1(num_items, units, dim=50):
    """Table 2 of the paper: embedding, GRU with one bias, output and its bias; V = N + 1."""
    rows = num_items + 1
    gru = 3 * (dim * units + units * units + units)
    return rows * dim + gru + units * rows + rows


@pytest.mark.parametrize(("units", "table_2"), [(100, 5_705_384), (1000, 42_548_684)])
def test_m1_has_as_many_parameters_as_in_table_2(units, table_2):
    catalog = ksr.Catalog(np.arange(37_483))
    model = ksr.models.GRU4Rec(catalog, units=[units], embedding_dim=50)
    assert model.count_params() == table_2 == parameters_of_m1(37_483, units)


@pytest.fixture(scope="module")
def world():
    log = ksr.data.synthetic_shop(num_items=50, num_sessions=200, seed=3).log
    return log, ksr.Catalog.from_log(log)


def loss_and_gradients(model, dataset):
    """Mean cross-entropy over all pairs of a pass, and its gradient, through the training path."""
    with tf.GradientTape() as tape:
        total, count = 0.0, 0.0
        for x, y, weight in dataset:
            parts, _ = model.network.encode(x["item"], training=True)
            hidden = parts["network"][:, -y.shape[1] :]
            hidden = tf.reshape(hidden, (-1, hidden.shape[-1]))
            scores = model.network.head().scores({"network": hidden})
            losses = row_losses(model.loss, tf.reshape(tf.maximum(y - 1, 0), [-1]), scores)
            total += tf.reduce_sum(losses * tf.reshape(weight, [-1]))
            count += tf.reduce_sum(weight)
        cost = total / count
    gradients = tape.gradient(cost, [v.value for v in model.trainable_variables])
    return float(cost), [tf.convert_to_tensor(g).numpy() for g in gradients]


def test_packed_and_prefix_forms_have_the_same_loss_and_gradient(world):
    log, catalog = world
    model = ksr.models.GRU4Rec(catalog, units=[8], embedding_dim=5, seed=1)
    model.compile("adam", negatives=ksr.samplers.FullCatalog())
    for variable in model.trainable_variables:  # biases too
        noise = np.random.default_rng(len(variable.path)).normal(0, 0.3, variable.shape)
        variable.assign_add(noise)
    forms = [
        loss_and_gradients(model, prefixes(log, catalog, 32, max_length=6, form=form))
        for form in ("prefixes", "packed")
    ]
    assert forms[0][0] == pytest.approx(forms[1][0], rel=1e-5)
    for one, other in zip(forms[0][1], forms[1][1], strict=True):
        assert np.abs(one).max() > 0
        np.testing.assert_allclose(one, other, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("jit", [False, True])
def test_one_batch_of_each_form_makes_the_same_step(world, jit):
    log, catalog = world
    log = log.select_sessions(np.arange(log.num_sessions) < 12)
    weights = []
    for form, size in (("prefixes", 50), ("packed", 50 * 4)):
        batches = list(prefixes(log, catalog, size, max_length=4, form=form))
        model = ksr.models.GRU4Rec(catalog, units=[8], embedding_dim=5, seed=1)
        model.compile(
            "sgd", negatives=ksr.samplers.FullCatalog(), jit_compile=jit, steps_per_execution=1
        )
        # One step on the mean of all pairs: every batch's step, weighted by its pairs.
        before = [np.array(v) for v in model.trainable_variables]
        total = [0.0 for _ in before]
        pairs = 0.0
        for batch in batches:
            model.train_on_batch(*batch)
            count = float(np.sum(batch[2]))
            for i, (variable, old) in enumerate(
                zip(model.trainable_variables, before, strict=True)
            ):
                total[i] = total[i] + count * (np.array(variable) - old)
                variable.assign(old)
            pairs += count
        weights.append([t / pairs for t in total])
    for one, other in zip(*weights, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


@pytest.mark.slow
def test_random_batches_are_trained_on_in_blocks(world):
    """One known shape: many mini-batches are one program, and the weights are the same."""
    log, catalog = world
    weights = []
    for size in (1, 8):
        batches = prefixes(log, catalog, 64, max_length=4, bucket_by_length=False)
        model = ksr.models.GRU4Rec(catalog, units=[8], embedding_dim=5, seed=1)
        model.compile("sgd", negatives=ksr.samplers.FullCatalog(), steps_per_execution=size)
        model.fit(batches, epochs=2, verbose=0)
        assert model._block_size == size
        weights.append([np.array(v) for v in model.trainable_variables])
    for one, other in zip(*weights, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_a_packed_batch_takes_negatives_from_other_sessions_only(world):
    _, catalog = world
    model = ksr.models.GRU4Rec(catalog, units=[8], tie_embeddings=True, seed=1)
    model.compile("sgd", ksr.losses.CrossEntropy(), ksr.samplers.InBatch())
    x = np.array([[1, 2, 3], [4, 5, 6]], np.int32)
    y = np.array([[2, 3, 7], [5, 6, 0]], np.int32)
    parts, _ = model.network.encode(tf.constant(x))
    hidden = {"network": tf.reshape(parts["network"], (-1, 8))}
    scores = np.array(model.network.head().scores(hidden))
    sessions = [{2, 3, 7}, {5, 6}]
    expected = [
        np.log(np.exp([row[item - 1] for item in {own} | sessions[1 - session]]).sum())
        - row[own - 1]
        for session, own, row in zip([0] * 3 + [1] * 3, y.flat, scores, strict=True)
        if own
    ]
    got = model.train_on_batch({"item": x}, y, (y > 0).astype("f"), return_dict=True)
    assert float(got["loss"]) == pytest.approx(np.mean(expected), rel=1e-5)


@pytest.mark.parametrize(
    ("form", "mode"),
    [
        ("prefixes", "delete"),
        pytest.param("packed", "zero", marks=pytest.mark.slow),
        pytest.param("prefixes", "zero", marks=pytest.mark.slow),
        pytest.param("prefixes", "zero_items", marks=pytest.mark.slow),
        pytest.param("packed", "zero_items", marks=pytest.mark.slow),
        pytest.param("packed", "delete", marks=pytest.mark.slow),
    ],
)
def test_m1_learns_the_known_chain(form, mode):
    # Item i is always followed by i + 1.
    rng = np.random.default_rng(1)
    items, sessions = [], []
    for session in range(400):
        first, length = rng.integers(1, 21), rng.integers(2, 7)
        items += [(first + step - 1) % 20 + 1 for step in range(length)]
        sessions += [session] * length
    log = ksr.data.SessionLog.from_arrays(
        np.array(sessions), np.array(items) - 1, np.arange(len(items)),
        np.arange(400), np.arange(1, 21),
    )  # fmt: skip
    catalog = ksr.Catalog.from_log(log)
    model = ksr.models.GRU4Rec(
        catalog,
        units=[24],
        embedding_dim=12,
        click_dropout=ksr.layers.ClickDropout(0.25, mode=mode, seed=2),
        seed=1,
    )
    # Compiled only where the other case is not: compiling takes most of the time.
    jit = (form, mode) == ("packed", "delete")
    model.compile(
        keras.optimizers.Adam(0.02), negatives=ksr.samplers.FullCatalog(), jit_compile=jit
    )
    batches = prefixes(log, catalog, batch_size=64, max_length=4, form=form)
    history = model.fit(batches, epochs=12, verbose=0).history["loss"]
    assert history[-1] < 0.7 * history[0]
    assert model.recommend([[3, 4, 5]], k=1)[0][0][0] == 6
    assert ksr.evaluate(model, log, catalog, k=1).recall(1) > 0.97


@pytest.mark.slow
def test_click_dropout_survives_saving(world, tmp_path):
    log, catalog = world
    model = ksr.models.GRU4Rec(catalog, units=[8], click_dropout=0.25, seed=1)
    model.compile("adam", negatives=ksr.samplers.FullCatalog(), jit_compile=False)
    model.fit(prefixes(log, catalog, 64, max_length=4), verbose=0)
    model.save(tmp_path / "m1.keras")
    again = keras.models.load_model(tmp_path / "m1.keras")
    assert again.network.subnet.click_dropout.rate == 0.25
    items = np.array([[1, 2, 3], [4, 0, 0]])
    np.testing.assert_array_equal(again.score(items), model.score(items))
    # Both draw the same masks from here on.
    for one in (model, again):
        one.fit(prefixes(log, catalog, 64, max_length=4), steps_per_epoch=3, verbose=0)
    np.testing.assert_allclose(again.score(items), model.score(items), atol=1e-6)


@pytest.mark.parametrize("mode", ["delete", pytest.param("zero_items", marks=pytest.mark.slow)])
def test_click_dropout_in_session_parallel_training(world, mode):
    log, catalog = world
    batches = ksr.batches.session_parallel(log, catalog, lanes=8)
    losses = {}
    for rate in (0.0, 0.5):
        dropout = ksr.layers.ClickDropout(rate, mode, seed=2)
        model = ksr.models.GRU4Rec(catalog, units=[8], click_dropout=dropout, seed=1)
        model.compile(negatives=ksr.samplers.InBatch(), steps_per_execution=20)
        losses[rate] = model.fit(batches, epochs=3, verbose=0).history["loss"]
        assert losses[rate][-1] < losses[rate][0]
    assert losses[0.0] != losses[0.5]


def test_validation_on_whole_sessions_stops_early(world):
    log, catalog = world
    train, valid = ksr.data.split_random_sessions(log, 0.1)
    model = ksr.models.GRU4Rec(catalog, units=[8], embedding_dim=5, seed=1)
    model.compile(
        keras.optimizers.Adam(0.05), negatives=ksr.samplers.FullCatalog(), jit_compile=False
    )
    history = model.fit(
        prefixes(train, catalog, 64, max_length=4),
        validation_data=ksr.batches.whole_sessions(valid, catalog),
        epochs=40,
        callbacks=[keras.callbacks.EarlyStopping(patience=0)],
        verbose=0,
    ).history["val_loss"]
    assert len(history) < 40
    assert not set(train.session_ids) & set(valid.session_ids)
