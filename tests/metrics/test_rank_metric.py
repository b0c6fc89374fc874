import keras
import numpy as np
import pytest

from keras_sessrec.metrics import MRRAtK, RankMetric, RecallAtK


def test_update_rank_equals_update_state():
    rng = np.random.default_rng(2)
    scores, targets = rng.normal(size=(20, 9)).astype("float32"), rng.integers(0, 9, 20)
    rank = (scores >= scores[np.arange(20), targets, None]).sum(1)
    from_scores, from_rank = MRRAtK(4), MRRAtK(4)
    from_scores.update_state(targets, scores)
    from_rank.update_rank(rank)
    assert float(from_rank.result()) == pytest.approx(float(from_scores.result()))


def test_update_rank_over_lanes_and_steps_with_weights():
    # Ranks [[1, 3], [2, 1]], the 3 is padding: (1 + 1/2 + 1) / 3.
    metric = MRRAtK(20)
    metric.update_rank(np.array([[1, 3], [2, 1]]), sample_weight=np.array([[1.0, 0.0], [1.0, 1.0]]))
    assert float(metric.result()) == pytest.approx(2.5 / 3)


def test_c28_rank_k_counts():
    metric = RecallAtK(20)
    metric.update_rank(np.array([20.0, 21.0]))
    assert float(metric.result()) == 0.5


def test_d_tf3_a_diverged_model_has_recall_zero():
    for ties in ("conservative", "standard", "median"):
        metric = RecallAtK(3, ties=ties)
        metric.update_state([0, 1], np.full((2, 8), np.nan, "float32"))
        assert float(metric.result()) == 0.0


def test_agrees_with_keras_next_to_it_when_nothing_is_tied():
    rng = np.random.default_rng(3)
    scores, targets = rng.normal(size=(200, 30)).astype("float32"), rng.integers(0, 30, 200)
    ours, theirs = RecallAtK(5), keras.metrics.SparseTopKCategoricalAccuracy(5)
    ours.update_state(targets, scores)
    theirs.update_state(targets, scores)
    assert float(ours.result()) == pytest.approx(float(theirs.result()))


def test_a_metric_of_ones_own_overrides_one_method():
    class MeanRank(RankMetric):
        def value_of_rank(self, rank):
            return rank

    metric = MeanRank(name="mean_rank")
    metric.update_state([0, 2], [[3.0, 2.0, 1.0], [3.0, 2.0, 1.0]])
    assert float(metric.result()) == 2.0
    with pytest.raises(NotImplementedError, match="RankMetric must implement"):
        RankMetric(name="none").update_rank(np.array([1.0]))


@pytest.mark.parametrize("k", [0, -1, 2.5, True, "20"])
def test_k_must_be_a_positive_integer(k):
    with pytest.raises(ValueError, match=r"`k` must be a positive integer. Received"):
        RecallAtK(k)


def test_unknown_tie_rule():
    with pytest.raises(ValueError, match="`ties` must be one of"):
        RecallAtK(ties="random")
