"""SLIST against matrices by hand and the slope of its objective."""

from __future__ import annotations

import math

import numpy as np
import pytest

from harness.scorer import log_of, pad, random_sessions, run_scorer_test
from keras_sessrec.baselines import SLIST, slist
from keras_sessrec.catalog.catalog import Catalog
from reference.slist import slope

HALF = 1 / math.log(2)  # exp(-x / HALF) is 2^-x


@pytest.mark.parametrize("make", [SLIST, lambda: SLIST(1.0, 2.0, None, None, 50.0, 0.0)])
def test_contract(make) -> None:
    run_scorer_test(make)


def test_similarity_by_hand() -> None:
    # One session a b, X = (1 1), X'X all ones J: B = (J + I)^-1 J = J / 3.
    log, catalog = log_of([["a", "b"]]), Catalog(["a", "b"])
    slis = SLIST(alpha=1.0, regularization=1.0).fit(log, catalog)
    np.testing.assert_allclose(slis.item_matrix, [[1 / 3, 1 / 3], [1 / 3, 1 / 3]], rtol=1e-5)
    # P = I - J / 3 has 2/3 on its diagonal and -1/3 elsewhere; to bring 1/3 to 0 takes
    # m = (1/3) / (2/3) = 1/2, and the others become 1/3 + 1/3 * 1/2.
    bound = SLIST(alpha=1.0, regularization=1.0, max_diagonal=0.0).fit(log, catalog)
    np.testing.assert_allclose(bound.item_matrix, [[0, 1 / 2], [1 / 2, 0]], rtol=1e-5, atol=1e-6)


def test_transitions_and_scores_by_hand() -> None:
    # Session a b c with halving decays. Cuts: a | b c and a b | c.
    # S = (1 0 0; 1/2 1 0), T = (0 1 1/2; 0 0 1); S'S + I = (9/4 1/2 0; 1/2 2 0; 0 0 1), whose
    # upper part has the inverse (2 -1/2; -1/2 9/4) / (17/4). S'T = (0 1 1; 0 0 1; 0 0 0).
    # B = (0 2 3/2; 0 -1/2 7/4; 0 0 0) / (17/4).
    arguments = {"position_decay": HALF, "inference_decay": HALF}
    slit = SLIST(alpha=0.0, regularization=1.0, **arguments)
    slit.fit(log_of([["a", "b", "c"]]), Catalog(["a", "b", "c"]))
    expected = np.array([[0, 8, 6], [0, -2, 7], [0, 0, 0]]) / 17
    np.testing.assert_allclose(slit.item_matrix, expected, rtol=1e-5, atol=1e-6)
    # After a b: 1/2 a + b.   After b a: b 1/2, a 1.   After a b a: a 1, b 1/2.
    scores = slit.score(pad([[1, 2], [2, 1], [1, 2, 1]], width=3))
    np.testing.assert_allclose(
        scores, np.array([[0, 2, 10], [0, 7, 9.5], [0, 7, 9.5]]) / 17, rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("sizes", [(1, 3), (512, 2_000_000)])
@pytest.mark.parametrize(
    ("alpha", "regularization", "decay", "recency"),
    [(0.0, 2.0, 1.5, None), (1.0, 5.0, 1.0, None), (0.3, 10.0, 0.7, 100.0), (0.6, 1.0, None, 40.0)],
)
def test_it_is_the_minimum_of_the_objective(
    monkeypatch, sizes, alpha: float, regularization: float, decay, recency
) -> None:
    monkeypatch.setattr(slist, "ROWS_PER_BLOCK", sizes[0])
    monkeypatch.setattr(slist, "ENTRIES_PER_BLOCK", sizes[1])
    sessions, log, catalog, weights = world(recency)
    found = SLIST(alpha, regularization, decay, recency_decay=recency).fit(log, catalog)
    arguments = (sessions, weights, alpha, regularization, decay or math.inf)
    matrix = found.item_matrix.astype(np.float64)
    np.testing.assert_allclose(slope(matrix, *arguments), 0, atol=2e-4)
    assert np.abs(slope(np.zeros_like(matrix), *arguments)).max() > 1


def test_a_bound_of_the_diagonal_is_kept_at_the_least_cost(monkeypatch) -> None:
    monkeypatch.setattr(slist, "ENTRIES_PER_BLOCK", 7)
    sessions, log, catalog, weights = world(None)
    free = np.diag(SLIST(0.4, 2.0, 1.0).fit(log, catalog).item_matrix)
    bound = float(np.median(free))
    found = SLIST(0.4, 2.0, 1.0, max_diagonal=bound).fit(log, catalog)
    matrix = found.item_matrix.astype(np.float64)
    slopes = slope(matrix, sessions, weights, 0.4, 2.0, 1.0)
    held = free > bound
    np.testing.assert_allclose(np.diag(matrix)[held], bound, atol=1e-5)
    np.testing.assert_allclose(np.diag(matrix)[~held], free[~held], atol=1e-5)
    # The slope is 0 but where the bound holds; there the cost would fall beyond it.
    np.testing.assert_allclose(slopes[~np.eye(len(matrix), dtype=bool)], 0, atol=2e-4)
    np.testing.assert_allclose(np.diag(slopes)[~held], 0, atol=2e-4)
    assert (np.diag(slopes)[held] < -2e-4).all()


def world(recency: float | None) -> tuple:
    """Sessions of columns, their log and catalog, and their weights by time."""
    sessions = random_sessions(seed=3, num_sessions=60, num_items=12)
    log = log_of(sessions)
    catalog = Catalog.from_log(log)
    columns = [(catalog.encode(session) - 1).tolist() for session in sessions]
    ages = [int(log.end_times.max() - end) for end in log.end_times]
    return columns, log, catalog, [math.exp(-age / (recency or math.inf)) for age in ages]


def test_of_an_overlong_session_the_end_counts(monkeypatch) -> None:
    monkeypatch.setattr(slist, "MAX_SESSION_LENGTH", 2)
    catalog = Catalog(["a", "b", "c"])
    long = SLIST().fit(log_of([["c", "a", "b"], ["c"]]), catalog).item_matrix
    short = SLIST().fit(log_of([["a", "b"], ["c"]]), catalog).item_matrix
    np.testing.assert_array_equal(long, short)


def test_a_catalog_that_does_not_fit_is_refused(monkeypatch) -> None:
    monkeypatch.setattr(slist, "MAX_ITEMS", 2)
    with pytest.raises(ValueError, match=r"`catalog` must have at most 2 items.*Received: 3 items"):
        SLIST().fit(log_of([["a", "b", "c"]]), Catalog(["a", "b", "c"]))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("alpha", 1.1),
        ("regularization", 0),
        ("position_decay", 0),
        ("inference_decay", -1),
        ("recency_decay", 0),
    ],
)
def test_arguments_are_checked(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"`{name}`.*Received: {value}"):
        SLIST(**{name: value})
