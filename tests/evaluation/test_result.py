import numpy as np
import pytest

from keras_sessrec.evaluation.result import EvaluationResult, session_sums


def make_result(**changes):
    arguments = {
        # Three sessions; ranks of 2, 3 and 1 events.
        "rank": np.array([1.0, 4.0, 2.0, np.inf, 25.0, 2.0]),
        "session": np.array([0, 0, 2, 2, 2, 3]),
        "position": np.array([2, 3, 2, 3, 4, 2]),
        "target": np.array([1, 2, 3, 0, 4, 4]),
        "item_counts": np.array([10, 10, 4, 1]),
        "recommended": {1: np.array([5, 1, 0, 0]), 2: np.array([6, 3, 3, 0])},
        "k": (1, 2),
        "ties": "conservative",
        "unseen": "miss",
        "most_supported": 30,
        "num_unseen_targets": 1,
    }
    return EvaluationResult(**{**arguments, **changes})


def test_metrics_by_hand():
    result = make_result()
    assert result.num_cases == 6
    assert result.recall(20) == pytest.approx(4 / 6)
    assert result.recall(25) == pytest.approx(5 / 6)
    assert result.mrr(20) == pytest.approx((1 + 1 / 4 + 1 / 2 + 1 / 2) / 6)
    # 1/log2(2) = 1, 1/log2(5) = 0.430677, 1/log2(3) = 0.630930.
    assert result.ndcg(20) == pytest.approx((1 + 0.430677 + 2 * 0.630930) / 6, abs=1e-6)
    assert result.coverage(1) == 0.5 and result.coverage(2) == 0.75
    assert result.popularity(1) == 1.0
    assert result.popularity(2) == pytest.approx((6 + 3 + 3 * 0.4) / 12)
    assert list(result.metrics())[:2] == ["recall_at_1", "recall_at_2"]
    assert result.metrics()["coverage_at_2"] == 0.75


def test_unknown_metric_and_cutoff():
    with pytest.raises(ValueError, match="`metric` must be one of recall, mrr, ndcg"):
        make_result().values("map", 20)
    with pytest.raises(ValueError, match=r"counted for k in \[1, 2\]. Received: k=3"):
        make_result().coverage(3)
    with pytest.raises(ValueError, match="`k` must be a positive integer"):
        make_result().recall(0)
    for limits in ({}, {"most_supported": None, "item_counts": np.ones(30, int)}):
        with pytest.raises(ValueError, match="`k` must be at most the number of items, 30"):
            make_result(**limits).recall(10**6)
    with pytest.raises(ValueError, match="`last` must be at least 2"):
        make_result().by_position(last=1)


def test_by_position():
    frame = make_result().by_position(k=20, last=4)
    assert frame.index.tolist() == ["2", "3", "4+"]
    assert frame["cases"].tolist() == [3, 2, 1]
    assert frame["recall"].tolist() == [1.0, 0.5, 0.0]
    assert frame["mrr"].tolist() == pytest.approx([(1 + 0.5 + 0.5) / 3, 0.125, 0.0])
    pooled = make_result().by_position(k=20, last=3)
    assert pooled["cases"].tolist() == [3, 3]
    longer = make_result().by_position(k=20)
    assert longer["cases"].tolist() == [3, 2, 1, 0, 0, 0, 0, 0, 0]
    assert np.isnan(longer["recall"].iloc[3])


def test_by_popularity():
    # Halves of the catalog: counts 1 and 4, and 10 twice. The unseen target has its own row.
    frame = make_result().by_popularity(k=20, buckets=2)
    assert frame.index.tolist() == ["1-4", "10-10", "unseen"]
    assert frame["items"].tolist() == [2, 2, 0]
    assert frame["cases"].tolist() == [3, 2, 1]
    assert frame["recall"].tolist() == pytest.approx([2 / 3, 1.0, 0.0])
    assert (frame["recall"] * frame["cases"]).sum() / 6 == pytest.approx(make_result().recall(20))


def test_by_popularity_keeps_equal_counts_together():
    result = make_result(item_counts=np.array([7, 7, 7, 7]))
    frame = result.by_popularity(buckets=5)
    assert frame.index.tolist() == ["7-7", "unseen"]
    assert frame["items"].tolist() == [4, 0]


def test_session_sums():
    sums, counts = session_sums(np.array([0, 0, 2, 5]), np.array([1.0, 2.0, 4.0, 8.0]))
    assert sums.tolist() == [3.0, 4.0, 8.0] and counts.tolist() == [2, 1, 1]


def test_confidence_interval_holds_the_metric_and_is_seeded():
    rng = np.random.default_rng(0)
    session = np.repeat(np.arange(300), 4)
    result = make_result(rank=rng.integers(1, 60, 1200).astype(float), session=session)
    low, high = result.confidence_interval("recall", 20)
    assert low < result.recall(20) < high
    assert (low, high) == result.confidence_interval("recall", 20)
    assert (low, high) != result.confidence_interval("recall", 20, seed=1)
    wider = result.confidence_interval("recall", 20, level=0.99)
    assert wider[0] < low and high < wider[1]


def test_table_shows_protocol_and_numbers():
    lines = make_result(most_supported=None).table().splitlines()
    assert lines[0] == "6 cases of 3 sessions, ranked against 4 items"
    assert lines[1] == "ties conservative; 1 unseen targets counted as misses"
    assert lines[2].split() == ["k", "recall", "mrr", "ndcg", "coverage", "popularity"]
    assert lines[4].split() == ["2", "0.5000", "0.3333", "0.3770", "0.7500", "0.8500"]
    assert repr(make_result()) == make_result().table()
    other = make_result(recommended={}, unseen="drop", most_supported=3, max_length=19).table()
    assert "left out; the last 19 events read\n" in other
    assert "against the 3 most supported of 4 items" in other and "left out" in other
    assert "coverage" not in other


def test_frame_by_hand():
    frame = make_result().to_frame()
    assert frame.index.name == "k" and frame.index.tolist() == [1, 2]
    assert frame.columns.tolist() == ["recall", "mrr", "ndcg", "coverage", "popularity"]
    assert frame.loc[2, "recall"] == pytest.approx(3 / 6)
    assert frame.loc[2, "mrr"] == pytest.approx((1 + 1 / 2 + 1 / 2) / 6)
    assert frame["coverage"].tolist() == [0.5, 0.75]
    assert make_result(recommended={}).to_frame().columns.tolist() == ["recall", "mrr", "ndcg"]
