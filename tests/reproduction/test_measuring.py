"""What is measured of a scorer."""

import json

import numpy as np
import pytest

import keras_sessrec as ksr
from keras_sessrec.reproduction.measuring import both_conventions, measure


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
