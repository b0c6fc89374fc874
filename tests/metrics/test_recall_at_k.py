import pytest

from harness.metric import run_metric_test
from keras_sessrec.metrics import RecallAtK
from reference import ranking


@pytest.mark.parametrize("ties", ["conservative", "standard", "median"])
@pytest.mark.parametrize("k", [1, 4, 20])
def test_contract_c29_micro_average_over_uneven_batches(k, ties):
    def expected(scores, targets):
        ranks = [ranking.rank(*pair, ties) for pair in zip(scores, targets, strict=True)]
        return ranking.recall(ranks, k)

    run_metric_test(RecallAtK, {"k": k, "ties": ties}, expected)


def test_default_name_is_what_early_stopping_monitors():
    assert RecallAtK().name == "recall_at_20"
    assert RecallAtK(5).name == "recall_at_5"
    assert RecallAtK(5, name="other").name == "other"
