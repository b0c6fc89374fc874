"""The output layer."""

import numpy as np
import pytest
import tensorflow as tf

from harness.layer import run_layer_test
from keras_sessrec.layers import ItemScorer

HIDDEN = np.random.default_rng(0).normal(size=(3, 4)).astype("float32")


def test_contract():
    run_layer_test(
        lambda **kwargs: ItemScorer(num_items=5, dim=4, **kwargs),
        lambda scorer: None,
        lambda scorer: scorer(HIDDEN),
        output_shape=(3, 5),
        weight_shapes=[(6, 4), (6,)],
    )


@pytest.mark.parametrize("use_bias", [True, False])
def test_c30_scores_every_item_and_nothing_else(use_bias):
    scorer = ItemScorer(num_items=5, dim=4, use_bias=use_bias, seed=1)
    bias = np.zeros(6)
    if use_bias:
        bias = np.arange(6.0) / 10
        scorer.bias.assign(bias)
    scores = np.asarray(scorer(HIDDEN))
    assert scores.shape == (3, 5)
    np.testing.assert_allclose(
        scores, (HIDDEN @ np.asarray(scorer.table).T + bias)[:, 1:], atol=1e-6
    )
    # Column j belongs to item j + 1; candidates may repeat.
    np.testing.assert_allclose(scorer(HIDDEN, np.array([4, 4, 1])), scores[:, [3, 3, 0]], atol=1e-6)


def test_c6_only_candidates_get_a_gradient():
    scorer = ItemScorer(num_items=5, dim=4, seed=1)
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(scorer(HIDDEN, np.array([4, 4, 1])))
    for gradient in tape.gradient(total, [scorer.table.value, scorer.bias.value]):
        assert isinstance(gradient, tf.IndexedSlices)
        np.testing.assert_array_equal(gradient.indices, [4, 4, 1])


def test_c17_scale_of_the_item_vectors():
    table = np.asarray(ItemScorer(num_items=90, dim=60, seed=1).table)
    bound = (6 / 150) ** 0.5  # the padding row does not count
    assert 0.99 * bound < np.abs(table).max() <= bound


def test_half_precision_scores_are_float32():
    scorer = ItemScorer(num_items=5, dim=4, seed=1, dtype="mixed_float16")
    assert scorer(HIDDEN).dtype == tf.float32


@pytest.mark.parametrize("use_bias", [True, False])
def test_the_score_table_gives_the_scores(use_bias):
    scorer = ItemScorer(num_items=5, dim=4, use_bias=use_bias, seed=1)
    if use_bias:
        scorer.bias.assign(np.arange(6.0))
    vectors, bias = scorer.score_table()
    assert vectors.dtype == bias.dtype == np.float32 and vectors.shape == (5, 4)
    np.testing.assert_allclose(HIDDEN @ vectors.T + bias, scorer(HIDDEN), atol=1e-6)


def test_normalized_scores_are_cosines_with_a_scale_and_a_bias():
    scorer = ItemScorer(num_items=2, dim=2, normalize=True, scale=10)
    scorer.table.assign([[0, 0], [3, 4], [0, -2]])
    scorer.bias.assign([0, 1, 2])
    # The cosines of (2, 0) with (3, 4) and (0, -2) are 0.6 and 0.
    np.testing.assert_allclose(scorer(np.array([[2.0, 0.0]], "f")), [[7, 2]], atol=1e-6)
    np.testing.assert_allclose(scorer.lookup([1, 2, 0]), [[0.6, 0.8], [0, -1], [0, 0]], atol=1e-6)


def test_the_score_table_gives_normalized_scores():
    scorer = ItemScorer(num_items=5, dim=4, normalize=True, scale=7, seed=1)
    vectors, bias = scorer.score_table()
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    query = np.asarray(scorer.query(HIDDEN))
    np.testing.assert_allclose(query @ vectors.T + bias, scorer(HIDDEN), atol=1e-5)


def test_normalized_scores_of_zeros_have_finite_gradients():
    scorer = ItemScorer(num_items=5, dim=4, normalize=True, seed=1)
    with tf.GradientTape() as tape:
        hidden = tf.zeros((2, 4))
        tape.watch(hidden)
        total = tf.reduce_sum(scorer(hidden, np.array([4, 4, 1])))
    gradients = tape.gradient(total, [hidden, scorer.table.value])
    assert isinstance(gradients[1], tf.IndexedSlices)
    assert all(np.isfinite(part).all() for part in (gradients[0], gradients[1].values))


@pytest.mark.parametrize("scale", [0, -1.0, float("nan"), float("inf")])
def test_a_scale_that_is_not_positive_is_refused(scale):
    with pytest.raises(ValueError, match="`scale` must be positive"):
        ItemScorer(num_items=5, dim=4, normalize=True, scale=scale)
