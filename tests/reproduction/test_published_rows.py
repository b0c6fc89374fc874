"""Published against ours."""

import pytest

from keras_sessrec.reproduction.published_rows import published_rows
from keras_sessrec.reproduction.summaries import summarized


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
