"""One-call contract of the layers of this package."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf


def run_layer_test(
    make: Callable[..., keras.layers.Layer],
    prepare: Callable[[Any], None],
    run: Callable[[Any], Any],
    output_shape: Sequence[int],
    weight_shapes: Sequence[Sequence[int]],
) -> keras.layers.Layer:
    """Checks a layer whose weights are created with a seed.

    Args:
        make: Makes the layer; takes `seed` and `dtype`.
        prepare: Creates its weights.
        run: Calls it; returns its first output.
        output_shape: Shape of that output.
        weight_shapes: Shapes of all weights, in any order.

    Returns:
        The layer, with weights.
    """

    def made(seed: int = 3, dtype: Any = None) -> keras.layers.Layer:
        layer = make(seed=seed, dtype=dtype)
        prepare(layer)
        return layer

    layer = made()
    assert sorted(tuple(w.shape) for w in layer.trainable_weights) == sorted(weight_shapes)
    output = np.asarray(run(layer))
    assert output.shape == tuple(output_shape) and output.dtype == np.float32
    assert np.isfinite(output).all()

    np.testing.assert_array_equal(np.asarray(run(made())), output, "same seed, other weights")
    assert not np.allclose(np.asarray(run(made(seed=4))), output), "the seed has no effect"

    config = layer.get_config()
    json.dumps(config)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert type(again) is type(layer) and again.get_config() == config
    prepare(again)
    np.testing.assert_array_equal(np.asarray(run(again)), output, "config round trip")
    again.set_weights([np.zeros_like(w) for w in again.get_weights()])
    again.set_weights(layer.get_weights())
    np.testing.assert_array_equal(np.asarray(run(again)), output, "weights round trip")

    traced = tf.function(lambda: run(layer), autograph=False)()
    np.testing.assert_allclose(traced, output, atol=1e-6, err_msg="graph")

    weights = layer.trainable_weights
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(tf.square(run(layer)))
    for weight, gradient in zip(
        weights, tape.gradient(total, [w.value for w in weights]), strict=True
    ):
        gradient = tf.convert_to_tensor(gradient)
        assert np.isfinite(gradient).all(), weight.path
        assert np.abs(gradient).max() > 0, f"{weight.path} takes no part"

    half = made(dtype="mixed_bfloat16")
    assert {w.dtype for w in half.trainable_weights} == {"float32"}
    np.testing.assert_allclose(
        tf.cast(run(half), tf.float32), output, rtol=0.05, atol=0.05, err_msg="bfloat16"
    )
    return layer
