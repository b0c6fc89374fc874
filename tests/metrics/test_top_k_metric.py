import numpy as np
import pytest

from keras_sessrec.metrics import TopKMetric


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
