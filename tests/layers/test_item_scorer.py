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
