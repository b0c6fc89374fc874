"""Seeds put together, and what was published."""

import dataclasses

import numpy as np
import pytest

from keras_sessrec.recipes import Expectation
from keras_sessrec.reproduction.provenance import recipe_data
from keras_sessrec.reproduction.summaries import (
    published_rows,
    strongest_baseline,
    summarized,
    whole_log_rows,
)


@pytest.fixture
def rows(make_record):
    return summarized(
        [
            make_record("net", 2, 0.7, 0.3),
            make_record("net", 1, 0.6, 0.4),
            make_record("net", 1, 0.5, 0.2, fraction=1 / 4),
            make_record("strong", 0, 0.4, 0.2, is_baseline=True),
            make_record("weak", 0, 0.5, 0.1, is_baseline=True),
        ]
    )


def test_baselines_come_first_weak_to_strong(rows):
    assert [row.label for row in rows] == ["weak", "strong", "net", "net, 1/4"]
    assert strongest_baseline(rows).name == "strong"
    assert strongest_baseline(rows[2:]) is None


def test_means_and_deviations(rows):
    net = rows[2]
    assert [record["seed"] for record in net.records] == [1, 2]
    assert net.mean("recall@20") == pytest.approx(0.65)
    assert net.mean("recall@20", "miss") == pytest.approx(0.325)
    assert net.deviation("recall@20") == pytest.approx(np.std([0.6, 0.7], ddof=1))
    assert net.percent("recall@20") == "65.00 ± 7.07"
    assert rows[0].deviation("mrr@20") is None
    assert rows[0].percent("mrr@20") == "10.00"


def test_the_greatest_fraction_stands_for_a_network(make_record):
    records = [make_record("net", 1, 0.5, 0.2, fraction=f) for f in (1 / 4, 1 / 16)]
    assert [row.fraction for row in whole_log_rows(summarized(records))] == [1 / 4]


def test_a_difference_on_the_same_data(make_record):
    rows = summarized([make_record("net", 1, 0.6, 0.3), make_record("net", 2, 0.5, 0.3)])
    (found,) = published_rows(rows, "shop")
    assert found["published"] == 0.5
    assert found["difference"] == pytest.approx(0.05)
    assert (found["why_not"], found["source"]) == ("", "Somebody, table 1")


def test_no_difference_on_other_data_or_another_training(make_record):
    rows = summarized([make_record("net", 1, 0.6, 0.3), make_record("net", 1, 0.5, 0.3, 1 / 4)])
    other = published_rows(rows, "shop_64")
    assert [found["difference"] for found in other] == [None, None]
    assert other[0]["why_not"] == "other data (shop)"
    whole, quarter = published_rows(rows, "shop")
    assert whole["difference"] is not None
    assert (quarter["difference"], quarter["why_not"]) == (None, "not trained as published")


@pytest.fixture
def among(make_record, recipe):
    """A row whose figure was ranked among 30 items; the function takes what was measured so."""
    figure = Expectation("shop", "recall@20", 0.5, "Somebody", most_supported=30)
    changed = recipe_data(dataclasses.replace(recipe, expects=(figure,)))

    def make(most_supported):
        record = make_record("net", 1, 0.6, 0.3) | {"recipe": changed}
        return summarized([record | {"most_supported": most_supported}])

    return make


def test_a_figure_among_the_most_supported_is_held_against_ours_measured_so(among):
    metrics = {unseen: {"recall@20": 0.75} for unseen in ("drop", "miss")}
    (found,) = published_rows(among({"30": {"items": 30, "metrics": metrics}}), "shop")
    assert (found["ours"], found["ours_text"], found["difference"]) == (0.75, "75.00", 0.25)
    assert (found["among"], found["why_not"]) == ("30 most supported", "")
    (small,) = published_rows(among({"30": {"items": 12, "metrics": metrics}}), "shop")
    assert small["among"] == "30 most supported: all 12 items"


@pytest.mark.parametrize("dataset", ["shop", "else"])
def test_no_figure_stands_beside_one_that_was_measured_otherwise(among, dataset):
    metrics = {"drop": {"recall@20": 0.75}}
    for measured in ({}, {"40": {"items": 40, "metrics": metrics}}):
        (found,) = published_rows(among(measured), dataset)
        assert (found["ours"], found["ours_text"], found["difference"]) == (None, "-", None)
        assert found["why_not"] == "not ranked among the 30 most supported items"


def test_figures_of_the_whole_catalog_are_held_against_the_whole(make_record):
    record = make_record("net", 1, 0.6, 0.3)
    record["most_supported"] = {"30": {"items": 30, "metrics": {"drop": {"recall@20": 0.75}}}}
    (found,) = published_rows(summarized([record]), "shop")
    assert (found["ours"], found["among"]) == (0.6, "all items")
    for figure in record["recipe"]["expects"]:
        del figure["most_supported"]  # as records had it before
    assert published_rows(summarized([record]), "shop")[0]["ours"] == 0.6


def test_baselines_have_no_published_figure(make_record):
    assert published_rows(summarized([make_record("POP", 0, 0.1, 0.1, is_baseline=True)]), "") == []
