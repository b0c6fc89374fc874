"""Rows of our losses and of Keras' own, with columns left out."""

import keras
import numpy as np

from keras_sessrec.losses import BPR, CrossEntropy
from keras_sessrec.losses.ranking_loss import row_losses

SCORES = np.random.default_rng(0).normal(size=(3, 5)).astype("float32")
COLUMNS = np.array([0, 4, 2], "int32")
VALID = np.array([[True, False, True, True, False]])


def by_hand(row, column):
    """Cross-entropy over the valid columns and the positive."""
    kept = [j for j in range(5) if VALID[0, j] or j == column]
    return np.log(np.exp(row[kept].astype("float64")).sum()) - row[column]


def test_keras_loss_leaves_the_same_columns_out_as_ours():
    expected = [by_hand(row, column) for row, column in zip(SCORES, COLUMNS, strict=True)]
    keras_loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    for loss in (CrossEntropy(), keras_loss):
        np.testing.assert_allclose(row_losses(loss, COLUMNS, SCORES, VALID), expected, rtol=1e-5)


def test_without_a_mask_all_columns_count():
    pairs = np.log1p(np.exp(SCORES - SCORES[np.arange(3), COLUMNS][:, None]))
    pairs[np.arange(3), COLUMNS] = 0
    np.testing.assert_allclose(row_losses(BPR(), COLUMNS, SCORES), pairs.sum(1) / 4, rtol=1e-5)
