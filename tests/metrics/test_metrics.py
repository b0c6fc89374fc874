"""What `metrics.get`, and so `compile(metrics=)`, takes and refuses."""

import keras
import pytest

from keras_sessrec import metrics

RECALL = metrics.RecallAtK(2)
TOP_K = keras.metrics.SparseTopKCategoricalAccuracy(600)


class OfOnesOwn(keras.metrics.Metric):
    """The mean score: it asks for no target."""

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.value = keras.ops.mean(y_pred)

    def result(self):
        return self.value


@pytest.mark.parametrize(
    ("given", "names"),
    [
        (None, []),
        ([], []),
        (RECALL, ["recall_at_2"]),
        ("recall_at_20", ["recall_at_20"]),
        (("mrr_at_5", RECALL, "ndcg_at_100"), ["mrr_at_5", "recall_at_2", "ndcg_at_100"]),
        ({"out": RECALL}, ["recall_at_2"]),
        (keras.metrics.serialize(metrics.MRRAtK(3)), ["mrr_at_3"]),
        (["sparse_top_k_categorical_accuracy"], ["sparse_top_k_categorical_accuracy"]),
        ([metrics.CoverageAtK(2, num_items=5)], ["coverage_at_2"]),
    ],
)
def test_one_some_or_none(given, names):
    assert [metric.name for metric in metrics.get(given)] == names


def test_a_name_carries_its_cut_off():
    metric = metrics.get("ndcg_at_7")[0]
    assert type(metric) is metrics.NDCGAtK and metric.k == 7


@pytest.mark.parametrize(
    "metric",
    [
        RECALL,
        TOP_K,
        keras.metrics.SparseCategoricalAccuracy(),
        keras.metrics.SparseCategoricalCrossentropy(from_logits=True),
        keras.metrics.MeanMetricWrapper(lambda y_true, scores: scores[:, 0]),
        OfOnesOwn(),
    ],
)
def test_metrics_of_a_column_and_scores_are_taken_as_they_are(metric):
    assert metrics.get([metric])[0] is metric


def test_trying_a_metric_out_leaves_it_alone():
    metric = keras.metrics.SparseTopKCategoricalAccuracy(1)
    metric.update_state([0, 1, 1, 1], [[1.0, 0.0]] * 4)
    assert float(metrics.get(metric)[0].result()) == 0.25


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("accuracy", r"one of \['mrr_at_20', .*Received: 'accuracy'"),
        (["recall_at_0"], "Received: 'recall_at_0'"),
        (["recall"], "'recall_at_20'"),
        (metrics.RecallAtK, r"not a class, e.g. `ksr.metrics.RecallAtK\(20\)`"),
        ([20], "Received: 20"),
        ([[RECALL]], "RecallAtK"),
        (keras.losses.Hinge(), "must be a `Metric`"),
        (keras.metrics.MeanSquaredError(), "it says: "),
        (keras.metrics.Recall(), "it says: "),
        (keras.metrics.Mean(), "it says: "),
        (keras.metrics.CategoricalAccuracy(), "the rank of the target does not matter"),
        (keras.metrics.SparseCategoricalCrossentropy(), "without `from_logits=True`"),
        ([RECALL, metrics.RecallAtK(2, ties="standard")], r"\['recall_at_2'\] more than once"),
    ],
)
def test_anything_else_is_refused(given, message):
    with pytest.raises((TypeError, ValueError), match="`metrics` must ") as raised:
        metrics.get(given)
    assert raised.match(message) and len(str(raised.value)) < 600


def test_a_metric_that_cannot_leave_events_out_is_refused():
    class WithoutWeights(keras.metrics.Metric):
        def update_state(self, y_true, y_pred):
            pass

    with pytest.raises(ValueError, match="sample_weight"):
        metrics.get(WithoutWeights())
