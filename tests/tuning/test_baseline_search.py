"""A search for a baseline: what it sees of the log, and what it gives back."""

import dataclasses

import numpy as np
import pytest

import keras_sessrec as ksr
from harness.model import chain_log

LOG = chain_log(num_sessions=100)
TRAIN, TEST = ksr.data.split_last_sessions(LOG, 20)


class Rules(ksr.baselines.SequentialRules):
    """Sequential rules that remember on what they were fitted and what they were asked.

    With `sign=-1` they recommend what they should not.
    """

    fitted = None

    def __init__(self, sign=1, **arguments):
        super().__init__(**arguments)
        self.sign = sign

    def fit(self, log, catalog):
        self.rows = 0
        self.fitted.append((self, log, catalog))
        return super().fit(log, catalog)

    def score(self, items):
        self.rows += len(items)
        return self.sign * super().score(items)


@pytest.fixture(autouse=True)
def fitted(monkeypatch):
    monkeypatch.setattr(Rules, "fitted", [])
    return Rules.fitted


def search(**changes):
    arguments = {
        "baseline": Rules,
        "train": TRAIN,
        "space": {"steps": [1, 5], "pruning": [1, None]},
        "random_trials": 2,
        "valid_size": TEST.num_sessions,
        "objective": "recall_at_1",
        "seed": 1,
        **changes,
    }
    return ksr.tuning.tune_baseline(**arguments)


def test_the_best_arguments_are_those_of_the_highest_score():
    found = search(space={"sign": [-1, 1], "steps": [1, 5]}, random_trials=4)
    assert len(found.trials) == 4
    assert found.arguments["sign"] == 1, "the others recommend the least likely"
    assert found.score == found.trials["recall_at_1"].max() > found.trials["recall_at_1"].min()
    rules = Rules(**found.arguments).fit(TRAIN, ksr.Catalog.from_log(TRAIN))
    assert ksr.evaluate(rules, TEST, k=1).recall(1) > 0.3
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.score = 1.0


def test_validation_is_the_end_of_train_and_the_test_is_not_seen(fitted):
    search()
    part, valid = ksr.data.split_last_sessions(TRAIN, TEST.num_sessions)
    cases = (valid.lengths - 1).sum()
    assert len(fitted) >= 2
    for baseline, log, catalog in fitted:
        np.testing.assert_array_equal(log.session_ids, part.session_ids)
        assert not set(log.session_ids) & (set(valid.session_ids) | set(TEST.session_ids))
        assert catalog == ksr.Catalog.from_log(part), "other counts would tell what comes"
        assert baseline.rows == cases


def test_a_sample_of_the_validation_is_the_seeds(fitted):
    tables = [search(valid_sample=5, seed=seed).trials for seed in (1, 1, 2)]
    assert all(0 < baseline.rows <= 5 * LOG.lengths.max() for baseline, *_ in fitted)
    metrics = ["recall_at_1", "mrr_at_1", "ndcg_at_1"]
    assert tables[0][metrics].equals(tables[1][metrics])
    assert tables[0]["steps"].tolist() == tables[1]["steps"].tolist()


def test_the_search_can_do_with_the_most_frequent_items(fitted):
    search(max_items=4)
    part, _ = ksr.data.split_last_sessions(TRAIN, TEST.num_sessions)
    whole = ksr.Catalog.from_log(part)
    for _, _, catalog in fitted:
        assert catalog.num_items == 4
        left_out = ~np.isin(whole.item_ids, catalog.item_ids)
        assert catalog.counts.min() >= whole.counts[left_out].max()


def test_values_stay_what_they_were():
    found = search(space={"pruning": [3, None]})
    assert found.trials["pruning"].tolist() in ([3, None], [None, 3])
    assert type(found.arguments["pruning"]) in (int, type(None))


def test_nothing_is_tried_twice(fitted):
    found = search(random_trials=4)
    assert len(fitted) == len(found.trials) == 4, "two values of two arguments"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"objective": "recall"}, "`objective` must be recall, mrr or ndcg.*'recall'"),
        ({"objective": "coverage_at_20"}, "`objective`"),
        ({"space": {}}, "`space` must give every name a list"),
        ({"space": {"steps": []}}, "`space` must give every name a list"),
        ({"random_trials": 0}, "`random_trials` must be at least 1"),
        ({"max_items": 0}, "`max_items` must be at least 1"),
        ({"valid_sample": 0}, "`valid_sample` must be at least 1"),
        ({"valid_size": 1.5}, "`test_size` must be a share"),
        ({"space": {"steps": [0]}}, "`steps` must be positive"),
    ],
)
def test_mistakes_are_named(changes, message):
    with pytest.raises(ValueError, match=message):
        search(**changes)
