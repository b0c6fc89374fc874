"""Coordinates in which the first ones matter most."""

import numpy as np

from keras_sessrec.serving.query_basis import QueryBasis

RNG = np.random.default_rng(0)


def queries_of(rows=500, dim=24):
    """Their sizes fall from axis to axis; axes lie anywhere."""
    turn, _ = np.linalg.qr(RNG.normal(size=(dim, dim)))
    return (RNG.normal(size=(rows, dim)) * 0.7 ** np.arange(dim) @ turn).astype("float32")


def test_products_are_as_before():
    queries, items = queries_of(), RNG.normal(size=(30, 24)).astype("float32")
    basis = QueryBasis(queries)
    got = queries @ basis.turn @ basis.of_items(items).T
    np.testing.assert_allclose(got, queries @ items.T, rtol=1e-4, atol=1e-4)


def test_the_kept_coordinates_hold_nine_tenths_of_the_energy():
    queries = queries_of()
    basis = QueryBasis(queries)
    assert basis.kept == 8
    axes = basis.turn / np.linalg.norm(basis.turn, axis=0)
    along = ((queries @ axes) ** 2).sum(axis=0)
    assert along[: basis.kept].sum() > 0.9 * (queries**2).sum()
    assert (np.diff(along) < 1e-3 * along[0]).all()


def test_usual_queries_are_of_size_one_along_the_strong_axes():
    queries = queries_of()
    turned = queries @ QueryBasis(queries).turn
    np.testing.assert_allclose(np.sqrt((turned[:, :8] ** 2).mean(axis=0)), 1, rtol=1e-3)


def test_queries_of_few_directions_leave_finite_numbers():
    queries = np.outer(RNG.normal(size=9), np.ones(6)).astype("float32")
    basis = QueryBasis(queries)
    assert basis.kept == 6 and np.isfinite(basis.turn).all()
    unusual = RNG.normal(size=(4, 6)).astype("float32")
    items = RNG.normal(size=(5, 6)).astype("float32")
    np.testing.assert_allclose(
        unusual @ basis.turn @ basis.of_items(items).T, unusual @ items.T, atol=1e-3
    )
