"""Ranks of targets and the metrics made of them, against their definitions."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from harness.metric import run_metric_test
from keras_sessrec.metrics import MRRAtK, NDCGAtK, RankMetric, RecallAtK
from keras_sessrec.metrics.rank_metrics import rank_of_target
from reference import ranking

RULES = ("conservative", "standard", "median")


@pytest.mark.parametrize("ties", RULES)
def test_rank_by_hand(ties):
    # Target 4.0: one greater (9), three equal (4, 4, 4) with its own.
    scores = np.array([[4.0, 9.0, 4.0, 1.0, 4.0]], "float32")
    expected = {"conservative": 4.0, "standard": 2.0, "median": 3.0}[ties]
    for column in (0, 2, 4):
        assert float(rank_of_target(scores, [column], ties)[0]) == expected


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("ties", RULES)
def test_rank_equals_definition_with_ties(ties, dtype):
    rng = np.random.default_rng(1)
    scores = rng.integers(-3, 3, (50, 17)).astype(dtype)
    target = rng.integers(0, 17, 50)
    expected = [ranking.rank(row, column, ties) for row, column in zip(scores, target, strict=True)]
    np.testing.assert_array_equal(rank_of_target(scores, target, ties), expected)


def test_leading_dimensions_and_infinite_scores():
    scores = np.array([[[1, -np.inf, 3], [-np.inf, -np.inf, np.inf]]], "float32")
    rank = rank_of_target(scores, np.array([[0, 1]]))
    np.testing.assert_array_equal(rank, [[2, 3]])


def test_c28_all_equal_scores_follow_the_tie_rule():
    scores = np.zeros((1, 50), "float32")
    got = [float(rank_of_target(scores, [7], ties)[0]) for ties in RULES]
    assert got == [50.0, 1.0, 25.5]


@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("ties", RULES)
def test_d_tf3_nan_never_ranks_well(ties, jit_compile):
    scores = np.array(
        [[np.nan, 1, 2, 3], [4, np.nan, 2, 3], [np.nan] * 4, [4, 1, 2, np.inf]], "float32"
    )

    @tf.function(jit_compile=jit_compile)
    def traced(scores):
        return rank_of_target(scores, np.array([0, 0, 0, 3]), ties)

    np.testing.assert_array_equal(traced(scores), [4, 4, 4, 1])


def test_unknown_tie_rule_is_named():
    with pytest.raises(ValueError, match=r"`ties` must be one of .*Received: ties='best'"):
        rank_of_target(keras.ops.zeros((1, 2)), [0], "best")


FORMULAS = {RecallAtK: ranking.recall, MRRAtK: ranking.mrr, NDCGAtK: ranking.ndcg}


@pytest.mark.parametrize("ties", RULES)
@pytest.mark.parametrize("k", [1, 4, 20])
@pytest.mark.parametrize("cls", FORMULAS)
def test_contract_c29_micro_average_over_uneven_batches(cls, k, ties):
    def expected(scores, targets):
        ranks = [ranking.rank(*pair, ties) for pair in zip(scores, targets, strict=True)]
        return FORMULAS[cls](ranks, k)

    run_metric_test(cls, {"k": k, "ties": ties}, expected)


@pytest.mark.parametrize(
    ("cls", "name"), [(RecallAtK, "recall"), (MRRAtK, "mrr"), (NDCGAtK, "ndcg")]
)
def test_default_name_is_what_early_stopping_monitors(cls, name):
    assert cls().name == f"{name}_at_20"
    assert cls(5).name == f"{name}_at_5"
    assert cls(5, name="other").name == "other"


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
        default_name = "mean_rank"

        def value_of_rank(self, rank):
            return rank

    metric = MeanRank(k=3)
    assert metric.name == "mean_rank_at_3"
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


def test_a_numpy_cut_off_is_an_int():
    metric = RecallAtK(np.int64(2))
    assert metric.name == "recall_at_2" and type(metric.get_config()["k"]) is int


def test_a_cut_off_beyond_the_items_is_refused():
    metric = RecallAtK(4)
    with pytest.raises(ValueError, match="`k` must be at most the number of items, 3"):
        metric.update_state([0], np.zeros((1, 3), "float32"))
    metric.update_state([0], np.zeros((1, 4), "float32"))
