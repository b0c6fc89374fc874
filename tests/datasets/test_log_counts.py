import pytest

from harness.scorer import log_of
from keras_sessrec.datasets.log_counts import LogCounts

PUBLISHED = LogCounts(events=5_000, sessions=2, items=3)


def test_counts_of_a_log():
    assert LogCounts.of(log_of([["a", "b", "a"], ["c", "a"]])) == LogCounts(5, 2, 3)


def test_items_that_do_not_occur_are_not_counted():
    log = log_of([["a", "b", "a"], ["c", "a"]]).select_sessions([1])
    assert LogCounts.of(log) == LogCounts(2, 1, 2)


@pytest.mark.parametrize("field", ["events", "sessions", "items"])
def test_the_message_names_the_count_that_differs_and_no_other(field):
    counts = {"events": 5_000, "sessions": 2, "items": 3}
    with pytest.raises(ValueError) as error:
        PUBLISHED.check(LogCounts(**counts | {field: 1_234}), "tea, train")
    said = str(error.value)
    assert said.startswith(f"tea, train: the published {counts[field]:,} {field} were expected. ")
    assert f"Received: 1,234 {field}. " in said and "check_counts=False" in said
    assert sum(f" {other} " in said or f" {other}." in said for other in counts) == 1


def test_what_is_not_published_may_be_anything():
    published = LogCounts(events=5_000)
    published.check(LogCounts(5_000, 7, 8), "tea")
    with pytest.raises(ValueError, match=r"5,000 events were expected\. Received: 4,999 events"):
        published.check(LogCounts(4_999, 7, 8), "tea")
