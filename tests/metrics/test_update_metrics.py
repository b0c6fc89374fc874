"""Several metrics from one batch of scores equal each metric on its own."""

import keras
import numpy as np

from keras_sessrec.metrics import CoverageAtK, MRRAtK, PopularityAtK, RecallAtK
from keras_sessrec.metrics.list_metrics import update_metrics


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
