import pytest

from harness.metric import run_metric_test
from keras_sessrec.metrics import NDCGAtK
from reference import ranking


@pytest.mark.parametrize("ties", ["conservative", "standard", "median"])
@pytest.mark.parametrize("k", [1, 4, 20])
def test_contract_c29_micro_average_over_uneven_batches(k, ties):
    def expected(scores, targets):
        ranks = [ranking.rank(*pair, ties) for pair in zip(scores, targets, strict=True)]
        return ranking.ndcg(ranks, k)

    run_metric_test(NDCGAtK, {"k": k, "ties": ties}, expected)


def test_default_name_is_what_early_stopping_monitors():
    assert NDCGAtK().name == "ndcg_at_20"
    assert NDCGAtK(5).name == "ndcg_at_5"
    assert NDCGAtK(5, name="other").name == "other"
