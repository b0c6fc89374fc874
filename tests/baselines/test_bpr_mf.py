"""BPR-MF: one update by hand, its gradient numerically, and a world whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from harness.scorer import log_of, pad, random_sessions, run_scorer_test
from keras_sessrec.baselines import BPRMF
from keras_sessrec.baselines.bpr_mf import ascend
from keras_sessrec.catalog.catalog import Catalog


def test_contract() -> None:
    run_scorer_test(lambda: BPRMF(dimension=3, epochs=2, batch_size=50))


def test_one_update_by_hand() -> None:
    # Last column: bias of an item, constant 1 of a session.
    users = np.array([[1.0, 1.0]])
    items = np.array([[2.0, 0.5], [1.0, 1.5]])
    # margin = 1 * (2 - 1) + (0.5 - 1.5) = 0, so the slope is sigmoid(0) = 1/2.
    ascend(users, items, np.array([0]), np.array([0]), np.array([1]), 0.1, 0.0)
    # u += 0.1 * 1/2 * (2 - 1);  v_pos += 0.1 * 1/2 * u;  v_neg -= the same;  biases +-0.1 * 1/2
    np.testing.assert_allclose(users, [[1.05, 1.0]])
    np.testing.assert_allclose(items, [[2.05, 0.55], [0.95, 1.45]])


def test_regularization_by_hand() -> None:
    users, items = np.array([[1.0, 1.0]]), np.array([[2.0, 0.5], [1.0, 1.5]])
    ascend(users, items, np.array([0]), np.array([0]), np.array([1]), 0.1, 0.2)
    # As above, and every parameter x of the event loses 0.1 * 0.2 * x of its old value.
    np.testing.assert_allclose(users, [[1.05 - 0.02, 1.0]])
    np.testing.assert_allclose(items, [[2.05 - 0.04, 0.55 - 0.01], [0.95 - 0.02, 1.45 - 0.03]])


def test_update_is_the_gradient_of_the_batch_with_repeated_rows_added() -> None:
    rng = np.random.default_rng(8)
    users, items = rng.normal(size=(3, 5)), rng.normal(size=(4, 5))
    users[:, -1] = 1
    owners, positives, negatives = (
        np.array([0, 1, 0, 2, 0]),
        np.array([1, 1, 3, 0, 1]),
        np.array([2, 0, 1, 0, 2]),
    )

    def objective(users: np.ndarray, items: np.ndarray) -> float:
        margins = (users[owners] * (items[positives] - items[negatives])).sum(axis=1)
        return float(-np.log1p(np.exp(-margins)).sum())

    new_users, new_items = users.copy(), items.copy()
    ascend(new_users, new_items, owners, positives, negatives, 1.0, 0.0)
    np.testing.assert_array_equal(new_users[:, -1], 1)
    for table, step in [(users, new_users - users), (items, new_items - items)]:
        for cell in np.ndindex(table.shape):
            if table is users and cell[1] == 4:
                continue
            kept = table[cell]
            table[cell] = kept + 1e-6
            above = objective(users, items)
            table[cell] = kept - 1e-6
            below = objective(users, items)
            table[cell] = kept
            assert step[cell] == pytest.approx((above - below) / 2e-6, abs=1e-6)


def test_scores_with_the_mean_of_the_items_of_the_session() -> None:
    log = log_of(random_sessions(seed=9, num_sessions=30, num_items=6))
    baseline = BPRMF(dimension=2, epochs=3).fit(log, Catalog.from_log(log))
    baseline.item_vectors = np.array([[1, 0], [0, 2], [1, 1], [0, 0], [0, 0], [0, 0]], np.float32)
    baseline.item_biases = np.array([0, 0, 0.5, 1, 0, 0], np.float32)
    # Session 1 2 2: mean ((1, 0) + (0, 2) + (0, 2)) / 3 = (1/3, 4/3).
    scores = baseline.score(pad([[1, 2, 2], [3]], width=3))
    np.testing.assert_allclose(
        scores, [[1 / 3, 8 / 3, 5 / 3 + 0.5, 1, 0, 0], [1, 2, 2.5, 1, 0, 0]], rtol=1e-6
    )


def test_learns_two_separate_worlds() -> None:
    # Sessions stay within items 1-8 or within 9-16: the other half must rank lower.
    rng = np.random.default_rng(10)
    halves = rng.integers(2, size=400)
    sessions = [(rng.choice(8, size=5, replace=False) + 8 * half + 1).tolist() for half in halves]
    baseline = BPRMF(dimension=8, epochs=40, learning_rate=0.2, batch_size=64)
    scores = baseline.fit(log_of(sessions), Catalog(range(1, 17))).score(np.arange(1, 17)[:, None])
    low, high = scores[:, :8], scores[:, 8:]
    assert (low[:8].min(axis=1) > high[:8].max(axis=1)).all()
    assert (high[8:].min(axis=1) > low[8:].max(axis=1)).all()


def test_popular_items_get_a_larger_bias() -> None:
    log = log_of([[1, 2]] * 50 + [[1, 3]] * 5)
    baseline = BPRMF(dimension=2, epochs=30, batch_size=8).fit(log, Catalog([1, 2, 3]))
    assert baseline.item_biases[0] > baseline.item_biases[1] > baseline.item_biases[2]


def test_seed_decides_the_result_and_leaves_the_global_generator_alone() -> None:
    log = log_of(random_sessions(seed=11, num_sessions=30, num_items=6))
    catalog = Catalog.from_log(log)
    np.random.seed(0)
    before = np.random.get_state()[1].copy()
    one, same, other = (BPRMF(4, 2, seed=s).fit(log, catalog).item_vectors for s in (1, 1, 2))
    np.testing.assert_array_equal(np.random.get_state()[1], before)
    np.testing.assert_array_equal(one, same)
    assert not np.allclose(one, other)


@pytest.mark.filterwarnings("ignore:overflow", "ignore:invalid value")
def test_divergence_is_an_error_not_a_nan() -> None:
    log = log_of(random_sessions(seed=12, num_sessions=200, num_items=6))
    with pytest.raises(ValueError, match="`learning_rate`"):
        BPRMF(learning_rate=1e30, epochs=5).fit(log, Catalog.from_log(log))


@pytest.mark.parametrize("name", ["dimension", "epochs", "learning_rate", "batch_size"])
def test_arguments_must_be_positive(name: str) -> None:
    with pytest.raises(ValueError, match=f"`{name}`.*Received: 0"):
        BPRMF(**{name: 0})


def test_regularization_must_not_be_negative() -> None:
    with pytest.raises(ValueError, match=r"`regularization`.*Received: -1"):
        BPRMF(regularization=-1)
