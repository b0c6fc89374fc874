"""Ridge regression whose penalty is chosen by leaving out one row at a time."""

from __future__ import annotations

from typing import Any

import numpy as np

WIDEST = 1024  # columns; wider tables are read through so many directions
_CHUNK = 8192  # rows that are dense at once
_JUDGED = 20_000  # rows that the penalty is chosen by, the heaviest ones
# Penalties that are tried, times the mean eigenvalue of the columns' covariance.
_PENALTIES = 10.0 ** np.arange(-3, 3.1, 0.5)


class Ridge:
    """Linear maps from one table of features to any tables of targets.

    Minimises `sum_i w_i |y_i - c - x_i B|^2 + p |B|^2` with a free intercept c. The penalty p is
    the one of a grid by which rows are predicted best from all the others, which needs no second
    fit (Allen 1974; Golub, Heath and Wahba 1979): with h_i the leverage of row i, the error of a
    fit without it is

        e_i / (1 - h_i),   h_i = w_i (1 / sum w + x_i (X' W X + p I)^-1 x_i')

    Features of more than 1,024 columns, such as the words of titles, are projected on as many
    directions that hold most of their variance (Halko, Martinsson and Tropp 2011).

    Args:
        features: float array or SciPy sparse array `[n, F]`.
        weights: float `[n]`, not negative, one positive.

    Example:

    >>> rng = np.random.default_rng(1)
    >>> features = rng.normal(size=(50, 3))
    >>> ridge = Ridge(features, np.ones(50))
    >>> coefficients, intercept = ridge.fit(features @ [[1.0], [2.0], [0.0]] + 5.0)
    >>> coefficients.round(1).ravel().tolist(), intercept.round(1).tolist()
    ([1.0, 2.0, 0.0], [5.0])
    """

    def __init__(self, features: Any, weights: np.ndarray) -> None:
        self._features = features
        self._weights = weights = np.asarray(weights, np.float64) / np.mean(weights)
        self._mean = (features.T @ weights) / weights.sum()
        self._basis = _directions(features, np.sqrt(weights), self._mean)
        gram = sum(
            (rows * weights[part, None]).T @ rows for part, rows in self._reduced(range(len(self)))
        )
        values, vectors = np.linalg.eigh(gram)
        self._values, self._vectors = np.maximum(values, 0.0), vectors
        self._penalties = _PENALTIES * max(self._values.mean(), 1e-12)

    def __len__(self) -> int:
        return len(self._weights)

    def fit(self, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Fits one table of targets.

        Args:
            targets: float `[n, D]`.

        Returns:
            Tuple of float64 coefficients `[F, D]` and the intercept `[D]`: predictions are
            `features @ coefficients + intercept`.
        """
        targets, weights = np.asarray(targets, np.float64), self._weights
        center = weights @ targets / weights.sum()
        products = self._vectors.T @ sum(
            (rows * weights[part, None]).T @ (targets[part] - center)
            for part, rows in self._reduced(range(len(self)))
        )
        errors = np.zeros(len(self._penalties))
        for part, rows in self._reduced(np.argsort(-weights, kind="stable")[:_JUDGED]):
            rotated, wanted = rows @ self._vectors, targets[part] - center
            for number, penalty in enumerate(self._penalties):
                inverse = 1 / (self._values + penalty)
                leverage = weights[part] * (1 / weights.sum() + rotated**2 @ inverse)
                missed = wanted - rotated @ (products * inverse[:, None])
                missed /= np.maximum(1 - leverage, 1e-9)[:, None]
                errors[number] += weights[part] @ (missed**2).sum(axis=1)
        inverse = 1 / (self._values + self._penalties[errors.argmin()])
        coefficients = self._vectors @ (products * inverse[:, None])
        if self._basis is not None:
            coefficients = self._basis @ coefficients
        return coefficients, center - self._mean @ coefficients

    def _reduced(self, rows: Any) -> Any:
        """Places of rows and their centred features, dense, a part at a time."""
        rows = np.asarray(rows)
        for begin in range(0, len(rows), _CHUNK):
            part = rows[begin : begin + _CHUNK]
            features = self._features[part]
            if self._basis is not None:
                yield part, features @ self._basis - self._mean @ self._basis
            else:
                dense = features.toarray() if hasattr(features, "toarray") else features
                yield part, dense.astype(np.float64) - self._mean


def _directions(features: Any, scales: np.ndarray, mean: np.ndarray) -> np.ndarray | None:
    """Orthonormal float64 `[F, WIDEST]` that spans most of weighted rows; `None`: all columns."""
    width = features.shape[1]
    if width <= WIDEST:
        return None
    found = np.random.default_rng(0).normal(size=(width, WIDEST))
    squares = scales**2
    for _ in range(2):
        found, _ = np.linalg.qr(found)
        seen = features @ found - mean @ found
        found = features.T @ (seen * squares[:, None]) - np.outer(mean, squares @ seen)
    return np.linalg.qr(found)[0]
