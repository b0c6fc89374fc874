"""The cosine distance, against plain numpy."""

import json

import keras
import numpy as np
import pytest

from harness.loss import ACTIVATIONS, value_and_gradient
from keras_sessrec.losses import CosineDistance, cosine_distance
from keras_sessrec.losses.ranking_loss import row_losses
from reference.losses import activate, central_difference

RNG = np.random.default_rng(7)
SCORES = RNG.uniform(-1, 1, (5, 9)).astype("float32")
COLUMNS = np.array([0, 3, 8, 3, 1])


def want(scores, columns=COLUMNS, **how):
    return 1 - activate(np.asarray(scores, np.float64), **how)[np.arange(len(columns)), columns]


@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_value_and_gradient(activation, jit):
    make, how = ACTIVATIONS[activation]
    rows, gradient = value_and_gradient(CosineDistance(make()), COLUMNS, SCORES, jit=jit)
    np.testing.assert_allclose(rows, want(SCORES, **how), rtol=1e-5, atol=1e-6)
    by_difference = central_difference(lambda moved: want(moved, **how).sum(), SCORES)
    np.testing.assert_allclose(gradient, by_difference, rtol=1e-4, atol=2e-6)


def test_of_vectors_it_is_the_textbook_distance():
    vectors, others = RNG.normal(size=(6, 4)), RNG.normal(size=(6, 4))
    unit = [v / np.linalg.norm(v, axis=1, keepdims=True) for v in (vectors, others)]
    rows = np.asarray(cosine_distance(np.arange(6), (unit[0] @ unit[1].T).astype("float32")))
    textbook = [
        1 - a @ b / (np.linalg.norm(a) * np.linalg.norm(b))
        for a, b in zip(vectors, others, strict=True)
    ]
    np.testing.assert_allclose(rows, textbook, rtol=1e-5, atol=1e-6)


def test_other_candidates_masked_or_not_do_not_matter():
    loss = CosineDistance()
    own = np.arange(9) == COLUMNS[:, None]
    for valid in (None, np.zeros((1, 9), bool), RNG.random((5, 9)) < 0.5):
        rows, gradient = value_and_gradient(loss, COLUMNS, np.where(own, SCORES, 1e4), valid)
        np.testing.assert_allclose(rows, want(SCORES), rtol=1e-5)
        assert (gradient[~own] == 0).all() and (gradient[own] == -1).all()
    # Alone in its row the positive has a loss too, unlike in a loss that ranks.
    rows, _ = value_and_gradient(loss, [0, 0], [[0.25], [-1.0]])
    assert rows.tolist() == [0.75, 2.0]


def test_is_a_keras_loss():
    loss, weights = CosineDistance(), np.array([1, 0, 2, 0, 1])
    assert float(loss(COLUMNS, SCORES)) == pytest.approx(want(SCORES).mean(), rel=1e-5)
    assert float(loss(COLUMNS[:, None], SCORES, sample_weight=weights)) == pytest.approx(
        (want(SCORES) * weights).sum() / 5, rel=1e-5
    )
    np.testing.assert_allclose(row_losses(loss, COLUMNS, SCORES), want(SCORES), rtol=1e-5)


def test_config_round_trip():
    loss = CosineDistance(activation="tanh", name="d", reduction="sum")
    stored = json.loads(json.dumps(keras.losses.serialize(loss)))
    again = keras.losses.deserialize(stored)
    assert type(again) is CosineDistance and again.get_config() == loss.get_config()
    np.testing.assert_array_equal(again(COLUMNS, SCORES), loss(COLUMNS, SCORES))
