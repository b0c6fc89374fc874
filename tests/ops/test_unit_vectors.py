"""Vectors of length 1."""

import numpy as np
import pytest
import tensorflow as tf

from keras_sessrec.ops.unit_vectors import unit_vectors


def test_divides_by_the_length_whatever_it_is():
    vectors = np.array([[[3.0, 4.0]], [[-1e-3, 0.0]], [[0.0, 1e6]]], "float32")
    found = np.asarray(unit_vectors(vectors))
    np.testing.assert_allclose(found, [[[0.6, 0.8]], [[-1, 0]], [[0, 1]]], atol=1e-6)


def test_half_precision_does_not_overflow():
    found = unit_vectors(tf.constant([[30_000.0, 40_000.0]], tf.float16))
    assert found.dtype == tf.float32
    np.testing.assert_allclose(found, [[0.6, 0.8]], atol=1e-3)


def test_the_gradient_is_orthogonal_to_the_vector_and_finite_at_zero():
    vectors = tf.constant([[3.0, 4.0], [0.0, 0.0]])
    with tf.GradientTape() as tape:
        tape.watch(vectors)
        total = tf.reduce_sum(unit_vectors(vectors)[:, 0])
    gradient = tape.gradient(total, vectors).numpy()
    # d (x / |x|) / dx: (1 - 0.36, -0.48) / 5.
    assert gradient[0] == pytest.approx([0.128, -0.096], abs=1e-6)
    assert np.isfinite(gradient).all()
