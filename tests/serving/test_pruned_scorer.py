"""Queries into the best items, most of the catalog unseen."""

import numpy as np
import pytest
import tensorflow as tf

import keras_sessrec as ksr
from keras_sessrec.serving import pruned_scorer
from keras_sessrec.serving.catalog_scorer import NO_SCORE, CatalogScorer
from keras_sessrec.serving.pruned_scorer import SIZE, PrunedScorer
from keras_sessrec.serving.query_basis import QueryBasis

RNG = np.random.default_rng(0)
DIM = 6


def model_of(num_items):
    catalog = ksr.Catalog(range(num_items), RNG.permutation(num_items))
    model = ksr.models.GRU4Rec(catalog, units=[DIM], seed=1)
    model.network.scorer.bias.assign(RNG.normal(size=num_items + 1))
    return model


def scorers(num_items, k=5):
    """A pruned one, and the exact one that it stands for."""
    model = model_of(num_items)
    vectors, bias = model.head().table()
    counts = model.catalog.counts.astype("float32")
    basis = QueryBasis(queries(200))
    return PrunedScorer(vectors, bias, counts, k, basis), CatalogScorer(model, k)


def queries(rows):
    return (RNG.normal(size=(rows, DIM)) * [3, 2, 1, 1, 0.5, 0.1]).astype("float32")


def ask(scorer, query, events=None, excluded=None):
    events = np.ones(len(query), "float32") if events is None else np.array(events, "float32")
    excluded = np.zeros((len(query), 0), "int32") if excluded is None else excluded
    items, scores = tf.function(scorer.top_k)(*map(tf.constant, (query, events, excluded)))
    return items.numpy(), scores.numpy()


@pytest.mark.parametrize("num_items", [1, 5, 63, 64, 700, 9000])
def test_with_all_groups_looked_at_answers_are_the_exact_ones(num_items):
    pruned, exact = scorers(num_items)
    assert pruned.groups_read == pruned.num_groups and pruned.k == exact.k == min(5, num_items)
    query, events = queries(9), [1, 0, 2, 3, 4, 5, 6, 0, 1]
    (items, scores), (want, best) = ask(pruned, query, events), ask(exact, query, events)
    # The vectors are of 12 bits: nearly equal scores may change places, no other.
    np.testing.assert_allclose(scores, best, rtol=2e-3, atol=2e-3)
    assert (items == want).mean() > 0.95
    np.testing.assert_array_equal(items[[1, 7]], want[[1, 7]])  # those of the counts


def test_scores_of_the_answered_items_are_those_of_score():
    pruned, exact = scorers(700)
    query, events = queries(4), np.array([1, 0, 2, 3], "float32")
    items, scores = ask(pruned, query, events)
    np.testing.assert_allclose(pruned.score(query, events, items), scores, rtol=1e-5, atol=1e-5)
    candidates = np.array([[0, 700, 3]] * 4, "int32")
    got = pruned.score(query, events, tf.constant(candidates)).numpy()
    want = exact.score(query, events, tf.constant(candidates)).numpy()
    np.testing.assert_allclose(got, want, rtol=2e-3, atol=2e-3)
    assert (got[:, 0] == NO_SCORE).all()


def test_only_items_of_the_promising_groups_are_answered():
    pruned, exact = scorers(9000)
    pruned.groups_read, pruned.finalists = 7, 64
    query = queries(40)
    items, _ = ask(pruned, query)
    best = np.argsort(-pruned.promises(query, 0), axis=1)[:, :7]
    for row, groups in zip(pruned.group_of[items], best, strict=True):
        assert set(row) <= set(groups)
    wanted = ask(exact, query)[0]
    shares = [np.isin(*pair).mean() for pair in zip(wanted, items, strict=True)]
    assert np.mean(shares) > 0.9  # of 142 groups


def test_a_bonus_goes_to_groups_of_unlike_items():
    pruned, _ = scorers(2000)
    query = queries(30)
    plain, with_bonus = pruned.promises(query, 0), pruned.promises(query, 2)
    more = (with_bonus - plain)[:, : 2000 // SIZE]
    assert (more > 0).all() and np.ptp(more, axis=0).max() < 1e-4
    before, _ = ask(pruned, query)
    pruned.set_bonus(2.0)
    np.testing.assert_array_equal(ask(pruned, query)[0], before)  # all are looked at


@pytest.mark.parametrize("groups_read", [1, 3, 142])
def test_excluded_items_are_never_answered_and_k_are_wherever_there_are(groups_read):
    pruned, _ = scorers(300, k=20)
    pruned.groups_read = min(groups_read, pruned.num_groups)
    pruned.finalists = 64
    query = queries(5)
    # None; the answer itself; whatever is looked at; all but 21 items; all but 3.
    first, _ = ask(pruned, query)
    excluded = np.zeros((5, 297), "int32")
    excluded[1, :20] = first[1]
    near = np.flatnonzero(
        np.isin(pruned.group_of[1:], np.argsort(-pruned.promises(query, 0))[2, :3])
    )
    excluded[2, : len(near)] = near + 1
    excluded[3, :279] = RNG.permutation(300)[:279] + 1
    excluded[4] = RNG.permutation(300)[:297] + 1
    for events in (np.ones(5), np.zeros(5)):  # by the network, by the counts
        items, scores = ask(pruned, query, events, excluded)
        for row, out, left in zip(items, excluded, [20, 20, 20, 20, 3], strict=True):
            found = row[row > 0]
            assert len(set(found)) == left and not set(found) & set(out)
            assert (row[left:] == 0).all()
        assert (scores[items == 0] == NO_SCORE).all() and (scores[items > 0] > NO_SCORE).all()
        assert (np.diff(scores) <= 0).all()


def test_rows_that_look_at_everything_are_looked_at_in_parts(monkeypatch):
    pruned, exact = scorers(700, k=5)
    pruned.finalists = 8
    query = queries(9)
    excluded = np.concatenate([ask(scorer, query)[0] for scorer in (pruned, exact)], axis=1)
    want, best = ask(exact, query, excluded=excluded)
    monkeypatch.setattr(pruned_scorer, "_SCORES_AT_ONCE", 2 * pruned.num_groups * SIZE)
    items, scores = ask(pruned, query, excluded=excluded)
    np.testing.assert_allclose(scores, best, rtol=2e-3, atol=2e-3)
    assert (items == want).mean() > 0.9


def test_no_rows_and_no_infinity():
    pruned, _ = scorers(100, k=100)
    items, scores = ask(pruned, queries(0))
    assert items.shape == scores.shape == (0, 100)
    odd = np.array([[np.nan] * DIM, [3e38] * DIM, [-np.inf] * DIM], "float32")
    assert np.isfinite(ask(pruned, odd)[1]).all()
    assert np.isfinite(pruned.score(odd, np.ones(3, "float32"), tf.constant([[1]] * 3))).all()


def test_a_k_of_more_than_the_usual_finalists():
    pruned, _ = scorers(9000, k=2000)
    items, scores = ask(pruned, queries(1))
    assert len(set(items[0])) == 2000 and (scores > NO_SCORE).all()
