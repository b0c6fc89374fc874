"""Coordinates in which the first ones matter most for usual queries."""

from __future__ import annotations

import numpy as np

_ENERGY = 0.9  # share of the queries' energy that is screened with
_STEP = 8  # number of coordinates that are screened with is a multiple
_FLOOR = 1e-3  # of the greatest energy: bounds what an unusual query is stretched by


class QueryBasis:
    """Turns and stretches queries and items, so that products are as before.

    Axes are those of the queries' second moments, the strongest first. Along each one queries
    are divided by their usual size, and items multiplied by it. So equal distances of
    items are equal differences of scores, and rounding harms no score more than another.

    Args:
        queries: float32 `[rows, dim]`, usual ones.

    Attributes:
        turn: float32 `[dim, dim]`, what queries are multiplied by.
        kept: int, how many of the first coordinates hold 90% of the queries' energy.

    Example:

    >>> basis = QueryBasis(np.array([[3.0, 3.0], [-2.0, -2.1]], "float32"))
    >>> query, items = np.array([[1.0, 2.0]], "float32"), np.array([[4.0, 5.0]], "float32")
    >>> float((query @ basis.turn @ basis.of_items(items).T)[0, 0].round(3))
    14.0
    """

    def __init__(self, queries: np.ndarray) -> None:
        queries = np.asarray(queries, "float64")
        energies, axes = np.linalg.eigh(queries.T @ queries / len(queries))
        energies, axes = np.maximum(energies[::-1], 1e-30), axes[:, ::-1]
        enough = np.searchsorted(np.cumsum(energies) / energies.sum(), _ENERGY) + 1
        self.kept = min(len(energies), _STEP * -(-int(enough) // _STEP))
        sizes = np.sqrt(np.maximum(energies, _FLOOR * energies[0]))
        self.turn = (axes / sizes).astype("float32")
        self._of_items = (axes * sizes).astype("float32")

    def of_items(self, vectors: np.ndarray) -> np.ndarray:
        """Returns items' vectors in this basis, float32 `[N, dim]`."""
        return vectors @ self._of_items
