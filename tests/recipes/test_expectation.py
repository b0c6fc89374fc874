"""Published figures."""

import pytest

import keras_sessrec as ksr
from keras_sessrec.recipes import Expectation

EXPECTED = [e for name in ksr.recipes.list() for e in ksr.recipes.get(name).expects]


def test_figures_are_shares_with_a_source():
    assert len(EXPECTED) >= 40
    for expected in EXPECTED:
        assert 0 < expected.value < 1
        assert 0 < expected.tolerance < 0.02
        assert expected.source
        assert expected.metric in ("recall@20", "mrr@20")
        assert expected.unseen in ("drop", "miss")


@pytest.mark.parametrize(
    ("name", "recall", "mrr"),
    [
        ("tan_m2_100", 0.7129, 0.3091),
        ("tan_m4_1000", 0.6676, 0.2847),
        ("gru4rec_2016_rsc15_top1_1000", 0.6206, 0.2693),
        ("gru4rec_retailrocket_bprmax_shared", 0.5186, 0.2175),
        ("prnn_parallel_image_residual_100", 0.7028, 0.4440),
    ],
)
def test_the_papers_figures(name, recall, mrr):
    found = {e.metric: e.value for e in ksr.recipes.get(name).expects}
    assert found == {"recall@20": recall, "mrr@20": mrr}


def test_only_vidxl_is_ranked_among_the_50_000_most_supported():
    # p-RNN, section 5.2; RSC15 and CLASS are ranked in full.
    assert {(e.dataset, e.most_supported) for e in EXPECTED if e.most_supported} == {
        ("vidxl", 50_000)
    }
    assert all(e.most_supported for e in EXPECTED if e.dataset == "vidxl")


def test_an_expectation_is_a_value():
    assert Expectation("a", "mrr@20", 0.1, "b") == Expectation("a", "mrr@20", 0.1, "b")
