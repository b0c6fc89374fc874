"""Row-wise gradients stay row-wise only where that is right."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_sessrec.optimizers import SparseAdagrad
from keras_sessrec.optimizers.sparse_adagrad import gradients_for

SLICES = tf.IndexedSlices(tf.constant([[1.0], [2.0], [4.0]]), tf.constant([2, 0, 2]), [4, 1])
DENSE = [[2.0], [0.0], [5.0], [0.0]]


def test_sparse_adagrad_keeps_the_rows():
    given = [SLICES, None, tf.ones(3)]
    assert gradients_for(SparseAdagrad(), given) is given


@pytest.mark.parametrize(
    "optimizer",
    [
        keras.optimizers.Adam(),
        SparseAdagrad(clipnorm=1.0),
        SparseAdagrad(clipvalue=1.0),
        SparseAdagrad(global_clipnorm=1.0),
        SparseAdagrad(gradient_accumulation_steps=2),
    ],
    ids=["adam", "clipnorm", "clipvalue", "global_clipnorm", "accumulation"],
)
def test_others_get_the_dense_sum(optimizer):
    rows, missing, dense = gradients_for(optimizer, [SLICES, None, tf.ones(3)])
    np.testing.assert_array_equal(rows, DENSE)
    assert missing is None
    np.testing.assert_array_equal(dense, np.ones(3))
