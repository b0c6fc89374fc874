"""Item-KNN against cosines computed by hand and by plain sets."""

from __future__ import annotations

import numpy as np
import pytest

from harness.scorer import log_of, pad, random_sessions, run_scorer_test
from keras_sessrec.baselines import ItemKNN, item_knn
from keras_sessrec.catalog.catalog import Catalog

# Sessions with a 3, b 3, c 2, d 1, e 1; together: ab 2, ac 1, bc 1, de 1. In the session b c c
# the two c count once.
SESSIONS = [["a", "b"], ["a", "b"], ["a", "c"], ["b", "c", "c"], ["d", "e", "e"]]
CATALOG = Catalog(["a", "b", "c", "d", "e"])


def cosines(sessions: list[list[int]], catalog: Catalog, regularization: float) -> np.ndarray:
    """Regularised cosine of all pairs of items, by plain sets; 0 on the diagonal."""
    holders = [
        {s for s, session in enumerate(sessions) if raw_id in session}
        for raw_id in catalog.item_ids.tolist()
    ]
    size = len(holders)
    result = np.zeros((size, size))
    for i in range(size):
        for j in range(size):
            norm = (len(holders[i]) + regularization) * (len(holders[j]) + regularization)
            result[i, j] = len(holders[i] & holders[j]) / np.sqrt(norm) if i != j else 0
    return result


@pytest.mark.parametrize("make", [ItemKNN, lambda: ItemKNN(k=2, regularization=0)])
def test_contract(make) -> None:
    run_scorer_test(make)


def test_regularised_cosine_by_hand() -> None:
    scores = ItemKNN(k=10, regularization=1).fit(log_of(SESSIONS), CATALOG).score(np.array([[1]]))
    # sim(a, b) = 2 / sqrt((3 + 1)(3 + 1)) = 1/2;  sim(a, c) = 1 / sqrt((3 + 1)(2 + 1)) = 0.288675
    np.testing.assert_allclose(scores[0, 1:3], [0.5, 0.288675], rtol=1e-5)
    # Not similar: a itself, d, e. Events: a 3, b 3, c 3, d 1, e 2; distinct 1, 2, 3 -> places
    # 0, 1/3, 2/3, less 1.
    np.testing.assert_allclose(scores[0, [0, 3, 4]], [2 / 3 - 1, -1, 1 / 3 - 1], rtol=1e-6)


def test_regularization_holds_back_items_that_met_by_chance() -> None:
    # x and y met in the only session of both; p and q met in 8 of their 10 sessions.
    sessions = [["x", "y", "p"], *[["p", "q"]] * 8, ["p", "r"], ["q", "r"], ["q", "r"]]
    log, catalog = log_of(sessions), Catalog(["p", "q", "r", "x", "y"])

    def similarity(regularization: float, item: int, other: int) -> float:
        knn = ItemKNN(regularization=regularization).fit(log, catalog)
        return float(knn.score(np.array([[item]]))[0, other - 1])

    assert similarity(0, 4, 5) == pytest.approx(1.0)
    assert similarity(0, 1, 2) == pytest.approx(8 / 10)
    assert similarity(20, 4, 5) == pytest.approx(1 / 21)
    assert similarity(20, 1, 2) == pytest.approx(8 / 30)


def test_keeps_the_k_most_similar() -> None:
    scores = ItemKNN(k=1, regularization=1).fit(log_of(SESSIONS), CATALOG).score(np.array([[1]]))
    assert (scores[0] > 0).tolist() == [False, True, False, False, False]


def test_ties_for_the_last_place_go_to_the_item_of_more_sessions() -> None:
    # Without regularisation sim(a, b) = 1 / sqrt(2 * 2) and sim(a, c) = 2 / sqrt(2 * 8) are both
    # 1/2; c is in 8 sessions, b in 2.
    sessions = [["a", "b", "c"], ["a", "c"], ["b"], *[["c"]] * 6]
    catalog = Catalog(["a", "b", "c"])
    scores = ItemKNN(k=1, regularization=0).fit(log_of(sessions), catalog).score(np.array([[1]]))
    assert (scores[0] > 0).tolist() == [False, False, True]


def test_only_the_last_item_counts() -> None:
    baseline = ItemKNN().fit(log_of(SESSIONS), CATALOG)
    scores = baseline.score(pad([[2], [4, 3, 2]], width=3))
    np.testing.assert_array_equal(scores[0], scores[1])


@pytest.mark.parametrize("pairs_per_block", [1, 50, 4_000_000])
def test_equals_plain_sets_in_blocks_of_any_size(monkeypatch, pairs_per_block: int) -> None:
    monkeypatch.setattr(item_knn, "PAIRS_PER_BLOCK", pairs_per_block)
    sessions = random_sessions(seed=5, num_sessions=150, num_items=20)
    log = log_of(sessions)
    catalog = Catalog.from_log(log)
    expected = cosines(sessions, catalog, regularization=3)
    scores = (
        ItemKNN(k=20, regularization=3)
        .fit(log, catalog)
        .score(np.arange(1, len(catalog) + 1)[:, None])
    )
    np.testing.assert_allclose(np.maximum(scores, 0), expected, rtol=1e-5)


def test_of_an_overlong_session_the_end_counts(monkeypatch) -> None:
    monkeypatch.setattr(item_knn, "MAX_SESSION_LENGTH", 2)
    catalog = Catalog(["a", "b", "c"])
    scores = ItemKNN().fit(log_of([["a", "b", "c"]]), catalog).score(np.array([[1], [2], [3]]))
    assert (scores > 0).tolist() == [[False] * 3, [False, False, True], [False, True, False]]


def test_items_that_never_met_have_no_neighbours() -> None:
    scores = (
        ItemKNN()
        .fit(log_of([["a"], ["b"], ["b"]]), Catalog(["a", "b"]))
        .score(np.array([[1], [2]]))
    )
    assert (scores < 0).all()
    assert (scores[:, 1] > scores[:, 0]).all()


def test_arguments_are_checked() -> None:
    with pytest.raises(ValueError, match=r"`k`.*Received: 0"):
        ItemKNN(k=0)
    with pytest.raises(ValueError, match=r"`regularization`.*Received: -1"):
        ItemKNN(regularization=-1)
