"""Vectors of 12 bits a number."""

import numpy as np
import pytest
import tensorflow as tf

from keras_sessrec.serving.packed_vectors import PackedVectors

RNG = np.random.default_rng(0)


def vectors_of(count, dim):
    vectors = RNG.normal(size=(count, dim)).astype("float32")
    vectors[0] = 0
    vectors[-1] *= 1000
    return vectors


@pytest.mark.parametrize(("dim", "screened"), [(1, 1), (5, 3), (8, 8), (10, 4)])
def test_numbers_come_back_with_the_error_that_is_stated(dim, screened):
    vectors = vectors_of(64, dim)
    packed = PackedVectors(vectors, size=16, screened=screened)
    places = RNG.integers(64, size=(3, 7)).astype("int32")
    got = packed.vectors(tf.constant(places)).numpy()
    largest = abs(vectors).max(axis=1)
    most = 1.001 * packed.error * largest[places] + 1e-30
    assert (abs(got - vectors[places]).max(axis=2) <= most).all()


def test_screening_is_a_product_of_the_first_coordinates_in_8_bits(monkeypatch):
    monkeypatch.setattr("keras_sessrec.serving.packed_vectors._SCREENED_AT_ONCE", 100)
    vectors, query = vectors_of(80, 6), RNG.normal(size=4).astype("float32")
    packed = PackedVectors(vectors, size=8, screened=4)
    groups = np.array([9, 0, 3, 4, 1], "int32")
    got = packed.screen(tf.constant(query), tf.constant(groups)).numpy()
    want = (vectors[:, :4] @ query).reshape(10, 8)[groups]
    scales = (abs(vectors).max(axis=1) / 127).reshape(10, 8)[groups]
    assert (abs(got - want) <= 0.501 * scales * abs(query).sum() + 1e-6).all()


def test_memory_is_12_bits_a_number_and_a_float():
    packed = PackedVectors(vectors_of(640, 20), size=64, screened=8)
    assert sum(v.dtype.size * v.shape.num_elements() for v in packed.variables) == 640 * (30 + 4)
