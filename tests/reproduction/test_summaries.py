"""Seeds put together, and what was published."""

import numpy as np
import pytest

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


def test_baselines_have_no_published_figure(make_record):
    assert published_rows(summarized([make_record("POP", 0, 0.1, 0.1, is_baseline=True)]), "") == []
