"""Scores added."""

import numpy as np

import keras_sessrec as ksr


def test_equals_one_output_matrix_for_the_concatenated_vectors():
    fusion = ksr.models.ParallelFusion(seed=1)
    fusion.attach(6, [3, 2], [1.0, 1.0])
    rng = np.random.default_rng(2)
    for weight in fusion.trainable_weights:
        weight.assign(rng.normal(size=weight.shape))
    hidden = [rng.normal(size=(4, dim)).astype("f") for dim in (3, 2)]
    matrix = np.concatenate([np.array(s.table)[1:] for s in fusion.scorers], axis=1)
    bias = sum(np.array(s.bias)[1:] for s in fusion.scorers)
    expected = np.concatenate(hidden, axis=1) @ matrix.T + bias
    np.testing.assert_allclose(fusion(hidden), expected, atol=1e-5)
