import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_sessrec.ops.selection import check_k, top_k
from reference import ranking


@pytest.mark.parametrize("values", ["distinct", "ties", "constant", "minus_infinity"])
@pytest.mark.parametrize(
    ("num_scores", "k"), [(1, 1), (63, 20), (64, 1), (65, 65), (641, 5), (1000, 3), (4097, 20)]
)
def test_equals_tensorflow_with_ties(num_scores, k, values):
    rng = np.random.default_rng(num_scores)
    scores = rng.permuted(np.tile(np.arange(num_scores), (7, 1)), axis=1).astype("float32")
    if values == "ties":
        scores = scores % 4
    elif values == "constant":
        scores = scores * 0
    elif values == "minus_infinity":  # Fewer finite scores than k: masked items are filled in.
        scores = np.where(scores < k // 2, scores, -np.inf).astype("float32")
    expected_values, expected_columns = tf.math.top_k(scores, k)
    got_values, got_columns = top_k(scores, k)
    np.testing.assert_array_equal(got_values, expected_values)
    np.testing.assert_array_equal(got_columns, expected_columns)
    assert np.asarray(got_columns).dtype == np.int32


def test_equals_definition():
    scores = np.random.default_rng(0).integers(0, 50, (5, 900)).astype("float32")
    _, columns = top_k(scores, 4)
    np.testing.assert_array_equal(columns, [ranking.best_columns(row, 4) for row in scores])


@pytest.mark.parametrize("jit_compile", [False, True])
def test_traced_with_unknown_number_of_rows(jit_compile):
    spec = tf.TensorSpec([None, 700], tf.float32)
    traced = tf.function(lambda scores: top_k(scores, 3), [spec], jit_compile=jit_compile)
    for rows in (0, 1, 5):
        scores = np.random.default_rng(rows).integers(0, 9, (rows, 700)).astype("float32")
        for got, expected in zip(traced(scores), tf.math.top_k(scores, 3), strict=True):
            np.testing.assert_array_equal(got, expected)


def test_survives_a_saved_model(tmp_path):
    module = tf.Module()
    module.top = tf.function(
        lambda scores: top_k(scores, 3), [tf.TensorSpec([None, 700], tf.float32)]
    )
    tf.saved_model.save(module, tmp_path)
    scores = np.random.default_rng(4).normal(size=(6, 700)).astype("float32")
    _, columns = tf.saved_model.load(tmp_path).top(scores)
    np.testing.assert_array_equal(columns, tf.math.top_k(scores, 3).indices)


def test_errors():
    with pytest.raises(ValueError, match="`k` must be at most the number of items, 3"):
        top_k(np.zeros((2, 3), "float32"), 4)
    with pytest.raises(ValueError, match="`k` must be a positive integer"):
        top_k(np.zeros((2, 3), "float32"), 0)
    with pytest.raises(ValueError, match=r"`scores` must be a matrix"):
        top_k(keras.ops.zeros(3), 1)


def test_a_cut_off_may_be_numpys():
    for k in (3, np.int64(3), np.uint8(3)):
        assert check_k(k) == 3 and type(check_k(k, most=3)) is int
    _, columns = top_k(np.arange(4, dtype="float32")[None], np.int32(2))
    assert np.asarray(columns).tolist() == [[3, 2]]


@pytest.mark.parametrize("k", [True, np.True_, 2.0, "20", None, -1, np.int64(0), [1] * 99])
def test_anything_else_is_shown_as_it_is(k):
    with pytest.raises(ValueError, match=r"`k` must be a positive integer\. Received: k=") as error:
        check_k(k)
    assert repr(k)[:100] in str(error.value) and len(str(error.value)) < 300
