"""What is measured of a scorer."""

import json

import numpy as np
import pytest

import keras_sessrec as ksr
from keras_sessrec.reproduction.measuring import (
    both_conventions,
    by_events_read,
    by_training_count,
    measure,
)


@pytest.fixture(scope="module")
def scorer(logs):
    train, _ = logs
    catalog = ksr.Catalog.from_log(train)
    return ksr.baselines.ItemKNN().fit(train, catalog), catalog


def test_one_evaluation_gives_both_conventions(scorer, logs):
    scorer, catalog = scorer
    found = both_conventions(scorer, logs[1], catalog)
    assert found["miss"].num_unseen_targets > 0
    for unseen in ("drop", "miss"):
        alone = ksr.evaluate(scorer, logs[1], catalog, unseen=unseen, coverage=False)
        for name in ("rank", "session", "position", "target"):
            np.testing.assert_array_equal(getattr(found[unseen], name), getattr(alone, name))
        assert found[unseen].unseen == unseen
    assert found["drop"].num_cases < found["miss"].num_cases


def test_json_holds_all_of_it(scorer, logs):
    scorer, catalog = scorer
    found = json.loads(json.dumps(measure(scorer, logs[1], catalog), allow_nan=False))
    for unseen in ("drop", "miss"):
        alone = ksr.evaluate(scorer, logs[1], catalog, unseen=unseen, coverage=False)
        metrics = found["metrics"][unseen]
        assert metrics["recall@5"] == pytest.approx(alone.recall(5))
        assert metrics["mrr@20"] == pytest.approx(alone.mrr(20))
        low, high = found["intervals"][unseen]["mrr@20"]
        assert low < metrics["mrr@20"] < high
        assert found["cases"][unseen] == alone.num_cases
    assert sum(found["by_events_read"]["cases"]) == found["cases"]["drop"]


def test_nothing_to_predict_is_an_error(scorer, logs):
    with pytest.raises(ValueError, match="`test` must have a session with two events"):
        measure(scorer[0], logs[1], ksr.Catalog(["no such item"]))


@pytest.fixture(scope="module")
def result():
    shop = ksr.data.synthetic_shop(num_items=60, num_sessions=600, mean_length=6, seed=2)
    train, test = ksr.data.split_last_sessions(shop.log, 0.3)
    catalog = ksr.Catalog.from_log(train)
    knn = ksr.baselines.ItemKNN().fit(train, catalog)
    return ksr.evaluate(knn, test, catalog, coverage=False)


def expected(result, mine, k):
    rank = result.rank[mine]
    return mine.sum(), (rank <= k).mean(), np.where(rank <= k, 1 / rank, 0).mean()


def test_by_events_read(result):
    found = by_events_read(result, k=5)
    read = result.position - 1
    groups = [read == 1, read == 2, read == 3, read == 4, (read > 4) & (read < 10), read > 9]
    assert found["group"] == ["1", "2", "3", "4", "5-9", "10+"]
    for number, mine in enumerate(groups):
        numbers = [found[name][number] for name in ("cases", "recall", "mrr")]
        np.testing.assert_allclose(numbers, expected(result, mine, 5))


def test_by_training_count(result):
    found = by_training_count(result, k=5)
    counts = result.item_counts[result.target - 1]
    assert sum(found["cases"]) == result.num_cases
    for number, label in enumerate(found["group"]):
        low, high = (int(x.replace(",", "")) for x in label.split("-"))
        mine = (counts >= low) & (counts <= high)
        numbers = [found[name][number] for name in ("cases", "recall", "mrr")]
        np.testing.assert_allclose(numbers, expected(result, mine, 5))
