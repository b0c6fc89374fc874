"""Coverage and popularity of what is recommended, and several metrics from one batch."""

import keras
import numpy as np
import pytest

from harness.metric import run_metric_test
from keras_sessrec.metrics import CoverageAtK, MRRAtK, PopularityAtK, RecallAtK, TopKMetric
from keras_sessrec.metrics.list_metrics import update_metrics
from reference import ranking


@pytest.mark.parametrize("k", [1, 3, 30])
def test_contract_of_coverage(k):
    def expected(scores, targets):
        return ranking.coverage([ranking.best_columns(row, k) for row in scores], 30)

    run_metric_test(CoverageAtK, {"k": k, "num_items": 30}, expected)


def test_coverage_uses_the_first_k_columns():
    metric = CoverageAtK(2, num_items=10)
    metric.update_top_k(np.array([[0, 1, 7], [1, 2, 8], [5, 6, 9]]), np.array([1.0, 1.0, 0.0]))
    assert float(metric.result()) == pytest.approx(0.3)
    metric.update_top_k(np.array([[0, 4, 7]]))
    assert float(metric.result()) == pytest.approx(0.4)


def test_errors_of_coverage():
    with pytest.raises(ValueError, match="`num_items` must be at least k=5"):
        CoverageAtK(5, num_items=4)
    with pytest.raises(ValueError, match="at least k=3 recommendations"):
        CoverageAtK(3, num_items=4).update_top_k(np.array([[0, 1]]))


COUNTS = [(7 * item) % 31 for item in range(30)]


@pytest.mark.parametrize("k", [1, 3, 30])
def test_contract_of_popularity(k):
    def expected(scores, targets):
        return ranking.popularity([ranking.best_columns(row, k) for row in scores], COUNTS)

    run_metric_test(PopularityAtK, {"k": k, "counts": COUNTS}, expected)


def test_popularity_by_hand():
    # Row 1: (10 + 5) / 2 / 10 = 0.75; row 2: (1 + 5) / 2 / 10 = 0.3; row 3 has weight 0.
    metric = PopularityAtK(2, counts=[10, 5, 1])
    metric.update_top_k(np.array([[0, 1, 2], [2, 1, 0], [0, 1, 2]]), np.array([1.0, 1.0, 0.0]))
    assert float(metric.result()) == pytest.approx(0.525)


def test_counts_must_not_be_all_zero():
    with pytest.raises(ValueError, match="`counts` must"):
        PopularityAtK(2, counts=[0, 0, 0])


def test_a_metric_of_ones_own_overrides_one_method():
    class MeanBestColumn(TopKMetric):
        def update_top_k(self, columns, sample_weight=None):
            self.value = float(np.asarray(columns)[:, 0].mean())

        def result(self):
            return self.value

    metric = MeanBestColumn(1, "best")
    metric.update_state([0, 0], [[0.0, 5.0, 1.0], [0.0, 1.0, 7.0]])
    assert metric.result() == 1.5
    with pytest.raises(NotImplementedError, match="must implement `update_top_k`"):
        TopKMetric(1, "none").update_top_k(np.array([[0]]))


def make():
    return [
        RecallAtK(3),
        MRRAtK(5, ties="standard"),
        CoverageAtK(2, num_items=30),
        PopularityAtK(4, counts=np.arange(1, 31)),
        keras.metrics.SparseTopKCategoricalAccuracy(k=3),
    ]


def test_shared_update_equals_separate_updates():
    rng = np.random.default_rng(0)
    together, apart = make(), make()
    for rows in (7, 2):
        scores = rng.integers(0, 12, size=(rows, 30)).astype("float32")
        columns = rng.integers(0, 30, rows).astype("int32")
        weight = rng.integers(0, 2, rows).astype("float32")
        update_metrics(together, columns, scores, weight)
        for metric in apart:
            metric.update_state(columns, scores, sample_weight=weight)
    ours = [float(m.result()) for m in together]
    np.testing.assert_allclose(ours, [float(m.result()) for m in apart], rtol=1e-6)
    assert all(0 < value < 1 for value in ours)


@pytest.mark.parametrize(
    "metric", [CoverageAtK(2, num_items=5), PopularityAtK(2, counts=[3, 2, 1, 1, 1])]
)
def test_a_metric_of_another_catalog_is_refused(metric):
    scores = np.zeros((1, 6), "float32")
    with pytest.raises(ValueError, match=r"catalog that is scored, 6 items\..*one of 5"):
        metric.update_state([0], scores)
    with pytest.raises(ValueError, match="6 items"):
        update_metrics([metric], np.array([0]), scores, np.ones(1))


def test_a_cut_off_beyond_the_items_is_refused():
    metrics = [RecallAtK(2), MRRAtK(7)]
    with pytest.raises(ValueError, match="`k` must be at most the number of items, 6"):
        update_metrics(metrics, np.array([0]), np.zeros((1, 6), "float32"), np.ones(1))
