import keras
import numpy as np
import pytest
import tensorflow as tf

from harness.loss import ACTIVATIONS, run_loss_test
from keras_sessrec.losses import CrossEntropy, Distillation
from reference import losses as reference

RNG = np.random.default_rng(5)
SCORES = RNG.normal(0, 2, (4, 7)).astype("float32")
OPINION = RNG.dirichlet(np.ones(7), 4).astype("float32")
LABELS = np.array([0, 3, 6, 2])


def by_hand(scores, labels, opinion, weight, temperature):
    """(1 - w) CE + w sum_j p_j (-log softmax(r / T)_j), row by row."""
    costs = []
    for row, label, p in zip(scores.astype(np.float64), labels, opinion, strict=True):
        hard = -np.log(np.exp(row[label]) / np.exp(row).sum())
        soft = np.exp(row / temperature) / np.exp(row / temperature).sum()
        costs.append((1 - weight) * hard - weight * (p * np.log(soft)).sum() if p.any() else hard)
    return np.array(costs)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_without_a_teacher_it_is_cross_entropy(activation):
    run_loss_test(Distillation, reference.cross_entropy, activation)


@pytest.mark.parametrize(("weight", "temperature"), [(0.2, 1.0), (0.7, 3.0), (1.0, 0.5)])
def test_blend_is_the_papers_formula(weight, temperature):
    loss = Distillation(weight, temperature)
    blended = loss.blend(loss.per_row(LABELS, SCORES), SCORES, OPINION)
    want = by_hand(SCORES, LABELS, OPINION, weight, temperature)
    np.testing.assert_allclose(blended, want, rtol=1e-5)


def test_named_columns_are_the_same_as_zeros_elsewhere():
    columns = np.array([[1, 4], [0, 6], [2, 3], [5, 1]])
    some = np.take_along_axis(OPINION, columns, 1)
    some /= some.sum(1, keepdims=True)
    everywhere = np.zeros_like(OPINION)
    np.put_along_axis(everywhere, columns, some, 1)
    loss = Distillation(0.3)
    hard = loss.per_row(LABELS, SCORES)
    np.testing.assert_allclose(
        loss.blend(hard, SCORES, some, columns), loss.blend(hard, SCORES, everywhere), rtol=1e-5
    )


def test_a_row_without_an_opinion_is_plain_cross_entropy():
    opinion = OPINION * np.array([[1], [0], [1], [0]], "float32")
    loss = Distillation(0.4)
    hard = np.asarray(loss.per_row(LABELS, SCORES))
    blended = np.asarray(loss.blend(hard, SCORES, opinion))
    np.testing.assert_allclose(blended, by_hand(SCORES, LABELS, opinion, 0.4, 1.0), rtol=1e-5)
    np.testing.assert_array_equal(blended[[1, 3]], hard[[1, 3]])
    np.testing.assert_allclose(hard, CrossEntropy().per_row(LABELS, SCORES), rtol=1e-6)


def test_gradient_pulls_to_the_blend_of_both_targets():
    loss, scores = Distillation(0.25), tf.constant(SCORES)
    with tf.GradientTape() as tape:
        tape.watch(scores)
        cost = tf.reduce_sum(loss.blend(loss.per_row(LABELS, scores), scores, OPINION))
    softmax = np.exp(SCORES) / np.exp(SCORES).sum(1, keepdims=True)
    want = softmax - 0.75 * np.eye(7)[LABELS] - 0.25 * OPINION
    np.testing.assert_allclose(tape.gradient(cost, scores), want, atol=1e-6)


def test_config_round_trip():
    config = keras.saving.serialize_keras_object(Distillation(0.4, temperature=2.0))
    again = keras.saving.deserialize_keras_object(config)
    assert (again.weight, again.temperature) == (0.4, 2.0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"weight": 1.5}, "`weight` must be in"), ({"temperature": 0}, "`temperature` must be")],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        Distillation(**arguments)
