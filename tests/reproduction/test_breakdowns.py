"""Groups of next clicks against plain numpy."""

import numpy as np
import pytest

import keras_sessrec as ksr
from keras_sessrec.reproduction.breakdowns import by_events_read, by_training_count


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
