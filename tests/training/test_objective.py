"""What a training step minimises, and the mini-batch that it reads."""

import keras
import numpy as np
import pytest

import keras_sessrec as ksr
from keras_sessrec.training.objective import Batch, Objective

CATALOG = ksr.Catalog(range(6))


def batch_of(items, y, weight=None, **x):
    x = {"item": np.array(items, np.int32), **x}
    weight = None if weight is None else np.array(weight, np.float32)
    return Batch.of((x, np.array(y, np.int32), weight))


def test_rows_are_targets_one_below_the_other():
    batch = batch_of([[1, 2], [3, 0]], [[2, 4], [5, 0]])
    assert batch.targets.numpy().tolist() == [2, 4, 5, 0]
    assert batch.live.numpy().tolist() == [True, True, True, False]
    assert batch.sessions.numpy().tolist() == [0, 0, 1, 1]
    assert batch_of([[1, 2]], [[3]]).sessions is None


def test_hidden_vectors_before_the_targets():
    hidden = np.arange(12.0).reshape(2, 3, 2)
    last = batch_of([[1, 2, 3]] * 2, [[4], [5]]).at_targets({"a": hidden})["a"]
    np.testing.assert_array_equal(last, hidden[:, -1])
    every = batch_of([[1, 2, 3]] * 2, np.ones((2, 3))).at_targets({"a": hidden})["a"]
    np.testing.assert_array_equal(every, hidden.reshape(6, 2))


def test_the_mean_is_over_targets_and_the_cost_over_lanes():
    losses = np.array([1.0, 2.0, 9.0], np.float32)
    lanes = {"is_start": np.ones(3, bool)}
    batch = batch_of([[1], [2], [0]], [[2], [3], [0]], **lanes)
    assert float(batch.mean(losses)) == 1.5
    assert float(batch.cost(losses)) == 1.0, "three lanes, one of them idle"
    stateless = batch_of([[1], [2], [0]], [[2], [3], [0]])
    assert float(stateless.cost(losses)) == 1.5
    weighted = batch_of([[1], [2], [0]], [[2], [3], [0]], [[3.0], [1.0], [1.0]])
    assert float(weighted.mean(losses)) == pytest.approx(1.25)


def test_weights_of_zero_cost_nothing():
    losses = np.ones(2, np.float32)
    for x in ({}, {"is_start": np.ones(2, bool)}):
        batch = batch_of([[1], [2]], [[2], [3]], [[0.0], [0.0]], **x)
        assert float(batch.mean(losses)) == float(batch.cost(losses)) == 0.0


def test_an_array_and_targets_of_one_dimension():
    batch = Batch.of((np.array([[1, 2]]), np.array([3])))
    assert batch.is_start is None and batch.targets.numpy().tolist() == [3]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ((np.zeros((2, 3, 1), int), np.zeros((2, 3), int)), "`x` must be items.*batched twice"),
        (({"items": np.zeros((2, 3), int)}, np.zeros((2, 3), int)), "`x` must be items"),
        ((np.zeros((2, 3), int), None), "`y` must be the next items"),
        ((np.zeros((2, 3), int), np.zeros((2, 3, 4), int)), "`y` must be the next items"),
    ],
)
def test_what_is_no_batch(data, message):
    with pytest.raises(ValueError, match=message):
        Batch.of(data)


def test_a_teachers_opinion_needs_a_loss_that_listens():
    negatives = ksr.samplers.FullCatalog().built_for(CATALOG)
    seed = keras.random.SeedGenerator(1)
    opinion = {"soft_probability": np.full((1, 6), 1 / 6, np.float32)}
    batch = batch_of([[1]], [[2]], **opinion)
    scores = np.array([[0.0, 3.0, 0.0, 0.0, 0.0, 0.0]], np.float32)
    deaf = Objective(ksr.losses.CrossEntropy(), negatives, seed)
    with pytest.raises(ValueError, match="Batches with soft labels need"):
        deaf.losses(scores, deaf.candidates(batch), batch)
    listens = Objective(ksr.losses.Distillation(0.5), negatives, seed)
    hard = listens.losses(scores, listens.candidates(batch), batch_of([[1]], [[2]]))
    soft = listens.losses(scores, listens.candidates(batch), batch)
    log_total = np.log(np.exp(scores).sum())
    assert float(hard[0]) == pytest.approx(log_total - 3, rel=1e-5)
    assert float(soft[0]) == pytest.approx(log_total - 0.5 * 3 - 0.5 * 0.5, rel=1e-5)
