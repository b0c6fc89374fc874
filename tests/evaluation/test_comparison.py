import numpy as np
import pandas as pd
import pytest

from keras_sessrec.evaluation.comparison import compare
from keras_sessrec.evaluation.result import EvaluationResult

SESSIONS = 400


def make_result(rank, **changes):
    arguments = {
        "rank": np.asarray(rank, float),
        "session": np.repeat(np.arange(SESSIONS), 3),
        "position": np.tile([2, 3, 4], SESSIONS),
        "target": np.ones(3 * SESSIONS, int),
        "item_counts": np.array([1]),
        "recommended": {},
        "k": (20,),
        "ties": "conservative",
        "unseen": "drop",
        "most_supported": 30,
        "num_unseen_targets": 0,
    }
    return EvaluationResult(**{**arguments, **changes})


def random_ranks(seed):
    return np.random.default_rng(seed).integers(1, 50, 3 * SESSIONS)


@pytest.mark.parametrize("metric", ["recall", "mrr", "ndcg"])
def test_difference_is_that_of_the_metrics(metric):
    first, second = make_result(random_ranks(0)), make_result(random_ranks(1))
    got = compare(first, second, metric, k=10)
    expected = getattr(first, metric)(10) - getattr(second, metric)(10)
    assert got.difference == pytest.approx(expected)
    assert got.low < got.difference < got.high
    assert got.sessions == SESSIONS
    other_way = compare(second, first, metric, k=10)
    assert other_way.difference == pytest.approx(-expected)
    assert other_way.p_value == pytest.approx(got.p_value)


def test_pairing_finds_what_the_two_intervals_hide():
    # One session in eight gains a place; both metrics alone vary far more than that.
    ranks = random_ranks(2)
    better = ranks.copy()
    better[::24] = np.maximum(1, better[::24] - 1)
    first, second = make_result(better), make_result(ranks)
    got = compare(first, second)
    assert got.difference > 0 and got.low > 0 and got.p_value < 0.01
    assert first.confidence_interval("mrr", 20)[0] < second.mrr(20)


def test_equal_results():
    got = compare(make_result(random_ranks(3)), make_result(random_ranks(3)))
    assert (got.difference, got.low, got.high, got.p_value) == (0.0, 0.0, 0.0, 1.0)
    assert str(got) == (
        "mrr@20: +0.0000 (95% interval +0.0000 to +0.0000, p = 1.0000, 400 sessions)"
    )


def test_frames_of_several_make_a_table():
    first, second = make_result(random_ranks(5)), make_result(random_ranks(6))
    found = [compare(first, second, metric) for metric in ("recall", "mrr")]
    table = pd.concat(comparison.to_frame() for comparison in found)
    assert table["metric"].tolist() == ["recall", "mrr"]
    assert table["difference"].tolist() == [comparison.difference for comparison in found]
    assert table.columns.tolist()[-2:] == ["p_value", "sessions"]


def test_other_cases_are_refused():
    first = make_result(random_ranks(4))
    with pytest.raises(ValueError, match=r"same cases.*differ in `target`"):
        compare(first, make_result(random_ranks(4), target=np.zeros(3 * SESSIONS, int)))
    with pytest.raises(ValueError, match="differ in `session`"):
        compare(first, make_result(random_ranks(4)[:3], session=np.zeros(3, int)))
    with pytest.raises(ValueError, match=r"same `ties`. Received: 'conservative' and 'median'"):
        compare(first, make_result(random_ranks(4), ties="median"))
