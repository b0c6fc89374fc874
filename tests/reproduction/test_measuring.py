"""What is measured of a scorer."""

import json

import numpy as np
import pytest

import keras_sessrec as ksr
from keras_sessrec.reproduction import measuring
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


def ranks_among(scorer, test, catalog, number, unseen):
    """Ranks among the items with the most clicks in training and the target, one by one."""
    best = sorted(range(catalog.num_items), key=lambda n: (-catalog.counts[n], n))[:number]
    ranks = []
    for session in range(test.num_sessions):
        codes = test.item_codes[test.offsets[session] : test.offsets[session + 1]]
        items = catalog.encode(test.item_ids[codes])
        if unseen == "drop":
            items = items[items > 0]
        for place in range(1, len(items)):
            read, target = items[:place], items[place]
            if target == 0:
                ranks.append(np.inf)
                continue
            known = read[read > 0]
            scores = scorer.score(np.array([known if len(known) else [0]]))[0]
            others = np.array([column for column in best if column != target - 1])
            ranks.append(1 + (scores[others] >= scores[target - 1]).sum())
    return np.array(ranks)


def test_ranked_among_the_most_supported(scorer, logs):
    scorer, catalog = scorer
    found = json.loads(json.dumps(measure(scorer, logs[1], catalog, [25])))
    assert found["most_supported"]["25"]["items"] == 25 < catalog.num_items
    for unseen in ("drop", "miss"):
        rank = ranks_among(scorer, logs[1], catalog, 25, unseen)
        metrics = found["most_supported"]["25"]["metrics"][unseen]
        for k in (1, 5, 10, 20):
            assert metrics[f"recall@{k}"] == pytest.approx((rank <= k).mean())
            assert metrics[f"mrr@{k}"] == pytest.approx(np.where(rank <= k, 1 / rank, 0).mean())
        assert metrics["mrr@20"] > found["metrics"][unseen]["mrr@20"]


def test_a_catalog_without_more_items_is_ranked_once(scorer, logs, monkeypatch):
    scorer, catalog = scorer
    rankings = []

    def counted(*arguments, **options):
        rankings.append(options["most_supported"])
        return ksr.evaluate(*arguments, **options)

    monkeypatch.setattr(measuring, "evaluate", counted)
    found = measure(scorer, logs[1], catalog, [catalog.num_items, 50_000])
    assert rankings == [None]
    for number in (catalog.num_items, 50_000):
        among = found["most_supported"][str(number)]
        assert among == {"items": catalog.num_items, "metrics": found["metrics"]}
    assert measure(scorer, logs[1], catalog)["most_supported"] == {}


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
