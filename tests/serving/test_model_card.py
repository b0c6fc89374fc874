"""What a model card says."""

import json
import re

import pytest

import keras_sessrec as ksr
from harness.model import chain_sessions
from harness.scorer import log_of
from harness.served import ODD_IDS
from keras_sessrec.serving.model_card import metrics_with_intervals, write_model_card


def card_of(served):
    return (served.folder / "assets.extra" / "model_card.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def evaluation(served):
    sessions = [[ODD_IDS[i - 100] for i in session] for session in chain_sessions(30, seed=5)]
    return ksr.evaluate(served.model, log_of(sessions), served.model.catalog, k=(1, 5))


def test_sizes_and_versions(served):
    card = card_of(served)
    catalog = served.model.catalog
    assert card.startswith("# odd shop, version 7\n")
    assert f"GRU4Rec on 10 items ({catalog.counts.sum():,} training events)" in card
    # A table for the input; kernels and biases; one to score with: bias and count are rows too.
    weights = 11 * 12 + (12 * 36 + 12 * 36 + 36) + (12 + 2) * 64
    assert f"{weights:,} weights are served" in card


def test_nothing_is_left_to_fill_in(served):
    card = card_of(served)
    assert "{" not in re.sub(r"```json\n.*?```", "", card, flags=re.DOTALL)
    assert "Not stated by whoever exported it." in card
    assert "`export` was given no `evaluation`" in card


def test_the_example_is_a_real_one(served):
    request, response = (
        json.loads(block) for block in re.findall(r"```json\n(.*?)\n```", card_of(served))
    )
    (instance,) = request["instances"]
    answer = served.ask(session=[instance["session"]], exclude=[instance["exclude"]])
    (prediction,) = response["predictions"]
    assert prediction["item_ids"] == [i.decode() for i in answer["item_ids"][0, :3]]
    assert prediction["known"] == answer["known"][0] == 2
    assert prediction["scores"] == pytest.approx(answer["scores"][0, :3].tolist(), abs=1e-5)


def test_integer_ids(served_integers):
    card = card_of(served_integers)
    assert "Ids are integers" in card and "`-1` is padding" in card


def test_metrics_with_intervals(served, evaluation, module):
    data = "Clicks of a chain; last day held out."
    card = write_model_card("shop", 3, served.model, module, data, evaluation)
    metrics = metrics_with_intervals(evaluation)
    assert metrics["recall_at_5"]["value"] == evaluation.recall(5)
    assert metrics["mrr_at_5"]["interval"] == list(evaluation.confidence_interval("mrr", 5))
    assert "interval" not in metrics["coverage_at_5"]
    json.dumps(metrics)
    low, high = evaluation.confidence_interval("mrr", 5)
    assert f"| mrr_at_5 | {evaluation.mrr(5):.4f} | {low:.4f} to {high:.4f} |" in card
    assert data in card and evaluation.table() in card


def test_the_search_is_described(served, pruned):
    assert "## Search\n\nEvery item is scored.\n" in card_of(served)
    card = card_of(pruned)
    numbers = re.search(
        r"of (\d+) groups of 64 items the (\d+) most.*?\((.*?)%\).*?answered to (.*?)% \(95.00% "
        r"were asked for\).*?measured on (\d+) held-back.*?takes (.*?) MB, (\d+)% of the (.*?) MB",
        card,
        flags=re.DOTALL,
    )
    groups, read, share, agreement, sessions, size, part, whole = map(float, numbers.groups())
    assert share == pytest.approx(100 * read / groups, abs=0.1)
    assert 95 <= agreement <= 100 and sessions == pytest.approx(pruned.log.num_sessions / 2, abs=2)
    assert part == pytest.approx(100 * size / whole, abs=30) and part < 65
    served_weights = int(re.search(r"([\d,]+) weights are served", card)[1].replace(",", ""))
    items, groups = pruned.model.catalog.num_items, int(groups)
    # Input table; kernels and biases; vectors, scales, biases, counts; means; the queries' turn.
    network = (items + 1) * 24 + 3 * 24 * (24 + 24 + 1)
    vectors = 64 * groups * (24 + 3)
    assert network + vectors + 24 * 24 < served_weights < network + vectors + 24 * 24 + 25 * groups
    assert "the items' vectors as 12-bit numbers" in card
