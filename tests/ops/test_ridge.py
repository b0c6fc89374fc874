"""Ridge regression against normal equations that are solved anew without each row."""

import numpy as np
import pytest
import scipy.sparse

from keras_sessrec.ops import ridge as module
from keras_sessrec.ops.ridge import Ridge

RNG = np.random.default_rng(4)


def solved(features, targets, weights, penalty):
    """Coefficients and intercept of one penalty: the intercept is a column without penalty."""
    columns = np.column_stack([features, np.ones(len(features))])
    gram = columns.T @ (weights[:, None] * columns) + penalty * np.diag([1.0] * 6 + [0.0])
    found = np.linalg.solve(gram, columns.T @ (weights[:, None] * targets))
    return found[:-1], found[-1]


def problem(noise=0.5, n=40):
    features = RNG.normal(size=(n, 6)) * [1, 1, 2, 1, 1, 0.1]
    targets = features @ RNG.normal(size=(6, 3)) + 2 + noise * RNG.normal(size=(n, 3))
    return features, targets, RNG.uniform(0.1, 3, n)


@pytest.mark.parametrize("noise", [0.1, 3.0, 30.0])
def test_it_is_the_penalty_that_misses_least_when_each_row_is_left_out(noise):
    features, targets, weights = problem(noise)
    weights /= weights.mean()
    centered = features - np.average(features, axis=0, weights=weights)
    mean_eigenvalue = np.trace(centered.T @ (weights[:, None] * centered)) / 6
    errors = {}
    for power in np.arange(-3, 3.1, 0.5):
        penalty, total = 10**power * mean_eigenvalue, 0.0
        for i in range(len(features)):
            rest = np.arange(len(features)) != i
            b, c = solved(features[rest], targets[rest], weights[rest], penalty)
            total += weights[i] * ((targets[i] - features[i] @ b - c) ** 2).sum()
        errors[penalty] = total
    want = solved(features, targets, weights, min(errors, key=errors.get))
    got = Ridge(features, weights).fit(targets)
    np.testing.assert_allclose(got[0], want[0], rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(got[1], want[1], rtol=1e-6, atol=1e-9)


def test_sparse_features_and_parts_change_nothing(monkeypatch):
    features, targets, weights = problem()
    features[RNG.random(features.shape) < 0.6] = 0
    want = Ridge(features, weights).fit(targets)
    monkeypatch.setattr(module, "_CHUNK", 7)
    got = Ridge(scipy.sparse.csr_array(features), weights).fit(targets)
    for ours, theirs in zip(got, want, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12)


def test_a_row_of_no_weight_counts_for_nothing():
    features, targets, weights = problem()
    weights[5] = 0
    want = Ridge(features, weights).fit(targets)
    targets[5], features[5] = 1e3, -1e3
    for ours, theirs in zip(Ridge(features, weights).fit(targets), want, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6)


@pytest.mark.parametrize("as_given", [np.asarray, scipy.sparse.csr_array])
def test_wide_features_are_read_through_the_directions_that_vary(as_given, monkeypatch):
    hidden = RNG.normal(size=(60, 3))
    features = hidden @ RNG.normal(size=(3, 50))
    targets = hidden @ [[1.0], [2.0], [-1.0]]
    monkeypatch.setattr(module, "WIDEST", 5)
    coefficients, intercept = Ridge(as_given(features), np.ones(60)).fit(targets)
    assert coefficients.shape == (50, 1)
    np.testing.assert_allclose(features @ coefficients + intercept, targets, atol=0.05)


def test_constant_features_predict_the_weighted_mean():
    _, targets, weights = problem()
    coefficients, intercept = Ridge(np.ones((40, 2)), weights).fit(targets)
    np.testing.assert_allclose(
        coefficients.sum(axis=0) + intercept, np.average(targets, axis=0, weights=weights)
    )
