import numpy as np
import pytest

from keras_sessrec.data.shop.best_predictor import best_possible, predictions
from keras_sessrec.data.shop.shop import synthetic_shop


@pytest.fixture(scope="module")
def shop():
    return synthetic_shop(num_sessions=20_000, num_items=400, num_categories=8, seed=4)


@pytest.fixture(scope="module")
def split(shop):
    """Places of the sessions of all days but the last two, and of the last two."""
    day = (shop.log.start_times - shop.start_time) // 86_400
    return shop.log.select_sessions(day < 26), shop.log.select_sessions(day >= 26)


def ranks_of_targets(scores, log):
    """Ranks (ties against the target) of each click but the first, given its predecessor."""
    is_target = np.ones(log.num_events, bool)
    is_target[log.offsets[:-1]] = False
    targets = np.flatnonzero(is_target)
    rows = scores[log.item_codes[targets - 1]]
    own = rows[np.arange(len(targets)), log.item_codes[targets]]
    return (rows >= own[:, None]).sum(axis=1)


def markov_scores(log, num_items):
    """Counts of direct successions, popularity breaking ties."""
    inner = np.ones(log.num_events, bool)
    inner[log.offsets[:-1]] = False
    later = np.flatnonzero(inner)
    counts = np.zeros((num_items, num_items))
    np.add.at(counts, (log.item_codes[later - 1], log.item_codes[later]), 1)
    popularity = np.bincount(log.item_codes, minlength=num_items)
    return counts + popularity / (popularity.sum() + 1)


def knn_scores(log, num_items):
    """Cosine of the items' sets of sessions."""
    sessions = np.zeros((log.num_sessions, num_items), np.float32)
    sessions[log.session_of_event, log.item_codes] = 1
    together = sessions.T @ sessions
    np.fill_diagonal(together, 0)
    norms = np.sqrt(sessions.sum(axis=0) + 10)
    return together / np.outer(norms, norms)


def test_no_baseline_reaches_the_ceiling(shop, split):
    train, test = split
    best = shop.ceiling(test, k=20)
    for scores in (markov_scores, knn_scores):
        ranks = ranks_of_targets(scores(train, 400), test)
        assert (ranks <= 20).mean() < 0.95 * best.recall
        assert np.where(ranks <= 20, 1 / ranks, 0).mean() < 0.95 * best.mrr


def test_a_markov_chain_with_endless_data_stays_below_the_ceiling(split):
    # 100 times the data on the same process, without drift: what is missing is memory.
    shop = synthetic_shop(
        num_sessions=300_000, num_items=200, num_days=1, num_categories=8, drift=0, turnover=0
    )
    half = np.arange(300_000) < 290_000
    train, test = shop.log.select_sessions(half), shop.log.select_sessions(~half)
    ranks = ranks_of_targets(markov_scores(train, 200), test)
    best = shop.ceiling(test, k=10)
    assert (ranks <= 10).mean() < 0.93 * best.recall


def test_expected_and_realised_values_agree(shop):
    best = shop.ceiling(k=10)
    events = shop.log.num_events - shop.log.num_sessions
    assert best.num_events == events
    # Hits are independent given the prefixes, with variance at most 1/4.
    four_errors = 4 * 0.5 / np.sqrt(events)
    assert abs(best.recall - best.expected_recall) < four_errors
    assert abs(best.mrr - best.expected_mrr) < four_errors


def test_values_equal_a_count_over_full_sorts(shop, split):
    log = split[1].select_sessions(np.arange(40))
    items = log.item_codes.astype(int)
    days = (log.start_times - shop.start_time) // 86_400
    hits, reciprocal, expected, expected_reciprocal, seen = [], [], [], [], []
    for targets, probabilities in predictions(shop.world, days, items, log.offsets):
        seen.extend(targets)
        for target, row in zip(targets, probabilities, strict=True):
            order = np.argsort(-row)
            rank = 1 + list(order).index(items[target])
            hits.append(rank <= 5)
            reciprocal.append(1 / rank if rank <= 5 else 0)
            top = row[order[:5]]
            expected.append(top.sum())
            expected_reciprocal.append(top @ (1 / np.array([1, 2, 3, 4, 5])))
    assert sorted(seen) == [
        e for e in range(log.num_events) if e not in set(log.offsets[:-1].tolist())
    ]
    best = shop.ceiling(log, k=5)
    assert best.recall == pytest.approx(np.mean(hits))
    assert best.mrr == pytest.approx(np.mean(reciprocal))
    assert best.expected_recall == pytest.approx(np.mean(expected))
    assert best.expected_mrr == pytest.approx(np.mean(expected_reciprocal))


def test_cut_off_is_inclusive_and_at_most_the_number_of_candidates(shop, split):
    log = split[1].select_sessions(np.arange(300))
    recalls = [shop.ceiling(log, k=k).recall for k in (1, 5, 20, 100)]
    assert recalls == sorted(recalls) and recalls[0] > 0
    assert shop.ceiling(log, k=1).mrr == pytest.approx(recalls[0])
    everything = shop.ceiling(log, k=1000)
    assert everything.recall == 1
    assert everything.expected_recall == pytest.approx(1)
    assert everything.k == 400


def test_candidates_are_ranked_among_themselves(shop, split):
    log = split[1].select_sessions(np.arange(300))
    items = log.item_codes.astype(int)
    days = (log.start_times - shop.start_time) // 86_400
    allowed = np.zeros(400, bool)
    allowed[np.unique(items)] = True
    assert 100 < allowed.sum() < 350
    few = best_possible(shop.world, days, items, log.offsets, 20, allowed)
    every = best_possible(shop.world, days, items, log.offsets, 20, np.ones(400, bool))
    assert few.recall > every.recall and few.expected_recall > every.expected_recall
    of_candidates = shop.ceiling(log, k=20, candidates=shop.item_ids[allowed])
    assert of_candidates == few
