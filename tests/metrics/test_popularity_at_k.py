import numpy as np
import pytest

from harness.metric import run_metric_test
from keras_sessrec.metrics import PopularityAtK
from reference import ranking

COUNTS = [(7 * item) % 31 for item in range(30)]


@pytest.mark.parametrize("k", [1, 3, 30])
def test_contract(k):
    def expected(scores, targets):
        return ranking.popularity([ranking.best_columns(row, k) for row in scores], COUNTS)

    run_metric_test(PopularityAtK, {"k": k, "counts": COUNTS}, expected)


def test_update_top_k_by_hand():
    # Row 1: (10 + 5) / 2 / 10 = 0.75; row 2: (1 + 5) / 2 / 10 = 0.3; row 3 has weight 0.
    metric = PopularityAtK(2, counts=[10, 5, 1])
    metric.update_top_k(np.array([[0, 1, 2], [2, 1, 0], [0, 1, 2]]), np.array([1.0, 1.0, 0.0]))
    assert float(metric.result()) == pytest.approx(0.525)


def test_counts_must_not_be_all_zero():
    with pytest.raises(ValueError, match="`counts` must"):
        PopularityAtK(2, counts=[0, 0, 0])
