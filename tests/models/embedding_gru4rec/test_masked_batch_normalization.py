"""Batch normalisation over the rows that count, against plain numpy."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_sessrec.models.embedding_gru4rec.masked_batch_normalization import (
    MaskedBatchNormalization,
)

RNG = np.random.default_rng(0)
ROWS = (RNG.normal(size=(6, 3)) * [1, 5, 0.1] + [0, 3, -1]).astype("float32")
LIVE = np.array([True, False, True, True, False, True])


def layer_of(**arguments):
    layer = MaskedBatchNormalization(**arguments)
    layer.build((None, 3))
    layer.scale.assign([2.0, 0.5, 1.0])
    layer.shift.assign([0.0, -1.0, 3.0])
    return layer


def normalised(rows, mean, variance, epsilon=1e-3):
    return [2.0, 0.5, 1.0] * (rows - mean) / np.sqrt(variance + epsilon) + [0.0, -1.0, 3.0]


@pytest.mark.parametrize("jit", [False, True])
def test_training_uses_the_live_rows_of_the_batch(jit):
    layer = layer_of(momentum=0.9)
    call = tf.function(lambda: layer(ROWS, LIVE, training=True), autograph=False, jit_compile=jit)
    mean, variance = ROWS[LIVE].mean(axis=0), ROWS[LIVE].var(axis=0)
    np.testing.assert_allclose(call(), normalised(ROWS, mean, variance), rtol=1e-4, atol=1e-5)
    step = (1 - 0.9) * 4 / 6
    np.testing.assert_allclose(layer.moving_mean, step * mean, rtol=1e-5)
    np.testing.assert_allclose(layer.moving_variance, 1 + step * (variance - 1), rtol=1e-5)


def test_inference_uses_the_moving_averages_and_leaves_them():
    layer = layer_of()
    layer.moving_mean.assign([1.0, 2.0, 3.0])
    layer.moving_variance.assign([4.0, 5.0, 6.0])
    want = normalised(ROWS, [1, 2, 3], np.array([4, 5, 6]))
    np.testing.assert_allclose(layer(ROWS), want, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(layer(ROWS, LIVE), want, rtol=1e-5, atol=1e-6)
    assert layer.moving_mean.numpy().tolist() == [1, 2, 3]
    assert layer.moving_variance.numpy().tolist() == [4, 5, 6]


def test_without_a_mask_it_is_keras_own():
    ours, theirs = layer_of(), keras.layers.BatchNormalization()
    theirs.build((None, 3))
    theirs.gamma.assign(ours.scale)
    theirs.beta.assign(ours.shift)
    for rows in (ROWS, ROWS[:4] * 3, ROWS[::2]):
        np.testing.assert_allclose(
            ours(rows, training=True), theirs(rows, training=True), rtol=1e-4, atol=1e-5
        )
    np.testing.assert_allclose(ours.moving_mean, theirs.moving_mean, rtol=1e-5)
    np.testing.assert_allclose(ours.moving_variance, theirs.moving_variance, rtol=1e-5)


def test_what_is_not_live_does_not_matter():
    layer = layer_of()
    other = np.where(LIVE[:, None], ROWS, 1e4).astype("float32")
    np.testing.assert_array_equal(
        layer(ROWS, LIVE, training=True).numpy()[LIVE],
        layer(other, LIVE, training=True).numpy()[LIVE],
    )


def test_batches_of_one_live_row_hardly_move_the_averages():
    layer, rng = layer_of(momentum=0.95), np.random.default_rng(1)
    full = rng.normal(4.0, 3.0, size=(100, 64, 3)).astype("float32")
    for rows in full:
        layer(rows, np.ones(64, bool), training=True)
    for rows in full[:30]:  # the tail of an epoch: one lane of 64
        layer(rows, np.arange(64) == 5, training=True)
    np.testing.assert_allclose(layer.moving_variance, 9, rtol=0.2)
    np.testing.assert_allclose(layer.moving_mean, 4, rtol=0.2)


def test_a_batch_without_a_live_row_changes_nothing():
    layer = layer_of()
    output = layer(ROWS, np.zeros(6, bool), training=True)
    assert np.isfinite(output).all()
    assert layer.moving_mean.numpy().tolist() == [0, 0, 0]
    assert layer.moving_variance.numpy().tolist() == [1, 1, 1]


def test_gradient_is_that_of_the_batch_formula():
    layer = layer_of()
    rows = tf.constant(ROWS)
    with tf.GradientTape() as tape:
        tape.watch(rows)
        total = tf.reduce_sum(layer(rows, LIVE, training=True)[0] * [1.0, 2.0, 3.0])
    gradient = tape.gradient(total, rows).numpy()
    assert (gradient[~LIVE] == 0).all()

    def value(moved):
        mean, variance = moved[LIVE].mean(axis=0), moved[LIVE].var(axis=0)
        return (normalised(moved, mean, variance)[0] * [1, 2, 3]).sum()

    for place in ((0, 0), (2, 1), (5, 2)):
        ends = []
        for sign in (1, -1):
            moved = ROWS.astype(np.float64)
            moved[place] += sign * 1e-5
            ends.append(value(moved))
        assert gradient[place] == pytest.approx((ends[0] - ends[1]) / 2e-5, rel=1e-3, abs=1e-3)


def test_weights_config_and_half_precision():
    layer = layer_of(momentum=0.5, epsilon=0.1, dtype="mixed_bfloat16")
    assert sorted(w.name for w in layer.trainable_weights) == ["scale", "shift"]
    assert {w.dtype for w in layer.weights} == {"float32"}
    assert layer(ROWS, LIVE, training=True).dtype == tf.bfloat16
    stored = json.loads(json.dumps(keras.saving.serialize_keras_object(layer)))
    again = keras.saving.deserialize_keras_object(stored)
    assert again.get_config() == layer.get_config()
    assert (again.momentum, again.epsilon) == (0.5, 0.1)


@pytest.mark.parametrize("arguments", [{"momentum": 1.0}, {"momentum": -0.1}, {"epsilon": 0.0}])
def test_bad_arguments(arguments):
    name = next(iter(arguments))
    with pytest.raises(ValueError, match=f"`{name}` must be .*Received: {name}="):
        MaskedBatchNormalization(**arguments)
