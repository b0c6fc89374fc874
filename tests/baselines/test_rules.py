"""Association and sequential rules against counts by hand and one pair at a time."""

from __future__ import annotations

import numpy as np
import pytest

from harness.scorer import log_of, random_sessions, run_scorer_test
from keras_sessrec.baselines import AssociationRules, MarkovChain, SequentialRules, rules
from keras_sessrec.catalog.catalog import Catalog
from reference.neighbours import association_rules, ordered, sequential_rules

WEIGHTS = {
    "same": lambda x: 1,
    "div": lambda x: 1 / x,
    "linear": lambda x: 1 - (x - 1) / 10,
    "quadratic": lambda x: 1 / x**2,
}


@pytest.mark.parametrize(
    "make",
    [AssociationRules, lambda: AssociationRules(2), SequentialRules, lambda: SequentialRules(2)],
)
def test_contract(make) -> None:
    run_scorer_test(make)


def test_association_rules_by_hand() -> None:
    # Sessions a b b | c a: an a stands beside two b and one c; each b beside one a and the other b.
    # Events a 2, b 2, c 1: places among popularities 1/2, 1/2, 0.
    log = log_of([["a", "b", "b"], ["c", "a"]])
    ar = AssociationRules().fit(log, Catalog(["a", "b", "c"]))
    scores = ar.score(np.array([[1], [2], [3]]))
    expected = [[-0.5, 2 * 1.0005, 1], [2 * 1.0005, 2 * 1.0005, -1], [1.0005, -0.5, -1]]
    np.testing.assert_allclose(scores, expected, rtol=1e-6)


def test_sequential_rules_by_hand() -> None:
    # Sessions a b c b | a c, up to two steps, weight 1 / steps.
    # a: b 1, c 1/2 | c 1        b: c 1, b 1/2        c: b 1
    # Events a 2, b 2, c 2, d 0: places 1/2 and, of d, 0.
    log = log_of([["a", "b", "c", "b"], ["a", "c"]])
    sr = SequentialRules(steps=2).fit(log, Catalog(["a", "b", "c", "d"]))
    scores = sr.score(np.array([[1], [2], [3], [4]]))
    more = 1.0005
    expected = [
        [-0.5, more, 1.5 * more, -1],
        [-0.5, 0.5 * more, more, -1],
        [-0.5, more, -0.5, -1],
        [-0.5, -0.5, -0.5, -1],
    ]
    np.testing.assert_allclose(scores, expected, rtol=1e-6)


def test_pruning_keeps_the_heaviest_then_the_most_popular() -> None:
    # After a: b twice; c, d and e once each, of which d is clicked most.
    log = log_of([["a", "b"], ["a", "b"], ["a", "c"], ["a", "d"], ["a", "e"], ["d"]])
    catalog = Catalog(["a", "b", "c", "d", "e"])
    for cls in (SequentialRules, AssociationRules):
        scores = cls(pruning=2).fit(log, catalog).score(np.array([[1]]))[0]
        assert np.flatnonzero(scores > 0).tolist() == [1, 3], cls


def test_one_step_is_the_markov_chain() -> None:
    log = log_of(random_sessions(seed=4, num_sessions=200, num_items=15))
    catalog = Catalog.from_log(log)
    every = np.arange(1, len(catalog) + 1)[:, None]
    sr = SequentialRules(steps=1).fit(log, catalog).score(every)
    counts = np.floor(MarkovChain().fit(log, catalog).score(every))
    np.testing.assert_array_equal(np.round(np.maximum(sr, 0)), counts)


def test_association_rules_equal_plain_python() -> None:
    sessions = random_sessions(seed=5, num_sessions=150, num_items=20)
    log = log_of(sessions)
    catalog = Catalog.from_log(log)
    ids = catalog.item_ids.tolist()
    scores = AssociationRules().fit(log, catalog).score(np.arange(1, len(ids) + 1)[:, None])
    for last, row in zip(ids, scores, strict=True):
        expected = ordered(association_rules(sessions, last), sessions, ids)
        np.testing.assert_allclose(row, expected, rtol=1e-5)


@pytest.mark.parametrize("weighting", WEIGHTS)
@pytest.mark.parametrize("steps", [1, 3, 20])
def test_sequential_rules_equal_plain_python(weighting: str, steps: int) -> None:
    sessions = random_sessions(seed=5, num_sessions=150, num_items=20)
    log = log_of(sessions)
    catalog = Catalog.from_log(log)
    ids = catalog.item_ids.tolist()
    sr = SequentialRules(steps, weighting).fit(log, catalog)
    scores = sr.score(np.arange(1, len(ids) + 1)[:, None])
    for last, row in zip(ids, scores, strict=True):
        found = sequential_rules(sessions, last, steps, WEIGHTS[weighting])
        np.testing.assert_allclose(row, ordered(found, sessions, ids), rtol=1e-5)


def test_of_an_overlong_session_the_end_makes_association_rules(monkeypatch) -> None:
    monkeypatch.setattr(rules, "MAX_SESSION_LENGTH", 2)
    ar = AssociationRules().fit(log_of([["a", "b", "c"]]), Catalog(["a", "b", "c"]))
    scores = ar.score(np.array([[1], [2], [3]]))
    assert (scores > 0).tolist() == [[False] * 3, [False, False, True], [False, True, False]]


def test_arguments_are_checked() -> None:
    with pytest.raises(ValueError, match=r"`pruning`.*Received: 0"):
        AssociationRules(pruning=0)
    with pytest.raises(ValueError, match=r"`steps`.*Received: 0"):
        SequentialRules(steps=0)
    with pytest.raises(ValueError, match=r"`weighting`.*Received: 'cubic'"):
        SequentialRules(weighting="cubic")
