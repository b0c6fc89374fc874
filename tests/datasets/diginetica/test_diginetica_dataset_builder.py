import csv
from datetime import date

import pytest

from harness import dataset
from keras_sessrec.datasets.diginetica import Builder

DAY = 86_400


class TestDiginetica(dataset.LogBuilderTestCase):
    DATASET_CLASS = Builder
    SPLITS = {"train": 9, "test": 11}  # noqa: RUF012


def read_by_hand():
    """Session id to its (item, milliseconds), and to its day's Unix time."""
    sessions, days = {}, {}
    with dataset.dummy_file(Builder).open() as lines:
        for row in csv.DictReader(lines, delimiter=";"):
            session = int(row["sessionId"])
            sessions.setdefault(session, []).append((int(row["itemId"]), int(row["timeframe"])))
            days[session] = (date.fromisoformat(row["eventdate"]) - date(1970, 1, 1)).days * DAY
    for events in sessions.values():
        events.sort(key=lambda event: event[1])
    return sessions, days


def in_seconds(sessions, days):
    return {
        s: [(item, (days[s] * 1000 + time) / 1000) for item, time in events]
        for s, events in sessions.items()
    }


def test_the_last_seven_days_are_the_test_and_the_day_before_is_in_neither(tmp_path):
    sessions, days = read_by_hand()
    sessions = dataset.without_short_and_rare(sessions)
    cut = max(days[s] for s in sessions) - 7 * DAY
    train = {s: events for s, events in sessions.items() if days[s] < cut}
    test = {s: events for s, events in sessions.items() if days[s] > cut}
    assert len(train) + len(test) < len(sessions), "the invented file has the day in between"
    logs = dataset.build(Builder, tmp_path)
    assert dataset.sessions_of(logs["train"]) == in_seconds(train, days)
    test = dataset.with_items_of(test, train)
    assert dataset.sessions_of(logs["test"]) == in_seconds(test, days)


def test_published_counts_give_the_published_sequences():
    """719,470 and 60,858 sequences and 982,961 clicks in the papers' tables."""
    train, test = Builder.PUBLISHED["train"], Builder.PUBLISHED["test"]
    assert train.events - train.sessions == 719_470
    assert test.events - test.sessions == 60_858
    assert train.events + test.events == 982_961


def test_invented_data_have_not_the_published_counts(tmp_path):
    with pytest.raises(ValueError, match=r"train-item-views\.csv: the published 1,235,380 events"):
        dataset.build(Builder, tmp_path, check_counts=True)


def test_a_missing_file_is_named_with_what_to_do(tmp_path):
    manual = tmp_path / "manual"
    manual.mkdir()
    (manual / "train-queries.csv").write_text("queryId\n")
    with pytest.raises(FileNotFoundError, match=r"train-item-views.csv` was expected.*CIKM Cup"):
        dataset.build(Builder, tmp_path, file=manual / "train-queries.csv")


def test_an_empty_manual_directory_says_what_to_do(tmp_path):
    with pytest.raises(AssertionError, match=r"does not exist or is empty(.|\n)*CIKM Cup"):
        dataset.build(Builder, tmp_path, file=tmp_path / "nowhere" / "train-item-views.csv")
