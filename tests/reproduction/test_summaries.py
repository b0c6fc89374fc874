"""Seeds put together."""

import numpy as np
import pytest

from keras_sessrec.reproduction.summaries import strongest_baseline, summarized


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
