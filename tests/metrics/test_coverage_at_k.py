import numpy as np
import pytest

from harness.metric import run_metric_test
from keras_sessrec.metrics import CoverageAtK
from reference import ranking


@pytest.mark.parametrize("k", [1, 3, 30])
def test_contract(k):
    def expected(scores, targets):
        return ranking.coverage([ranking.best_columns(row, k) for row in scores], 30)

    run_metric_test(CoverageAtK, {"k": k, "num_items": 30}, expected)


def test_update_top_k_uses_the_first_k_columns():
    metric = CoverageAtK(2, num_items=10)
    metric.update_top_k(np.array([[0, 1, 7], [1, 2, 8], [5, 6, 9]]), np.array([1.0, 1.0, 0.0]))
    assert float(metric.result()) == pytest.approx(0.3)
    metric.update_top_k(np.array([[0, 4, 7]]))
    assert float(metric.result()) == pytest.approx(0.4)


def test_errors():
    with pytest.raises(ValueError, match="`num_items` must be at least k=5"):
        CoverageAtK(5, num_items=4)
    with pytest.raises(ValueError, match="at least k=3 recommendations"):
        CoverageAtK(3, num_items=4).update_top_k(np.array([[0, 1]]))
