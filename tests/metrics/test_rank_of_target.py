import keras
import numpy as np
import pytest
import tensorflow as tf

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
