import numpy as np
import pytest
import tensorflow as tf

from keras_sessrec.optimizers.sparse_adagrad import sum_duplicates


@pytest.fixture(params=[False, True], ids=["eager", "xla"])
def run(request):
    def call(rows, values, first_seen):
        return sum_duplicates(tf.IndexedSlices(values, rows), first_seen)

    return tf.function(call, jit_compile=True) if request.param else call


def scratch(height):
    return tf.Variable(np.zeros(height, np.int64), trainable=False)


def test_every_occurrence_gets_the_sum(run):
    rows = tf.constant([2, 0, 2, 3, 2])
    values = tf.constant([[1.0, 10], [2, 20], [3, 30], [4, 40], [5, 50]])
    got_rows, got = run(rows, values, scratch(4))
    assert got_rows.numpy().tolist() == [2, 0, 2, 3, 2]
    np.testing.assert_array_equal(got, [[9, 90], [2, 20], [9, 90], [4, 40], [9, 90]])


def test_what_the_scratch_space_held_does_not_matter(run):
    rng = np.random.default_rng(0)
    first_seen = tf.Variable(rng.integers(-50, 50, 30), trainable=False)
    for _ in range(5):
        rows = rng.integers(0, 30, 64).astype("int32")
        values = rng.normal(size=(64, 3)).astype("float32")
        _, got = run(tf.constant(rows), tf.constant(values), first_seen)
        want = np.zeros((30, 3))
        np.add.at(want, rows, values.astype(np.float64))
        np.testing.assert_allclose(got, want[rows], rtol=1e-4, atol=1e-5)


def test_biases_and_int64_rows(run):
    rows = tf.constant([1, 1, 0], tf.int64)
    _, got = run(rows, tf.constant([1.0, 2.0, 4.0]), scratch(2))
    np.testing.assert_array_equal(got, [3, 3, 4])


def test_nothing_read(run):
    rows, got = run(tf.zeros([0], tf.int32), tf.zeros([0, 3]), scratch(4))
    assert rows.shape == (0,) and got.shape == (0, 3)
