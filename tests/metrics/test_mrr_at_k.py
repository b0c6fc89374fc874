import pytest

from harness.metric import run_metric_test
from keras_sessrec.metrics import MRRAtK
from reference import ranking


@pytest.mark.parametrize("ties", ["conservative", "standard", "median"])
@pytest.mark.parametrize("k", [1, 4, 20])
def test_contract_c29_micro_average_over_uneven_batches(k, ties):
    def expected(scores, targets):
        ranks = [ranking.rank(*pair, ties) for pair in zip(scores, targets, strict=True)]
        return ranking.mrr(ranks, k)

    run_metric_test(MRRAtK, {"k": k, "ties": ties}, expected)


def test_default_name_is_what_early_stopping_monitors():
    assert MRRAtK().name == "mrr_at_20"
    assert MRRAtK(5).name == "mrr_at_5"
    assert MRRAtK(5, name="other").name == "other"
