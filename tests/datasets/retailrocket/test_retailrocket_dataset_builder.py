import csv

import pytest

from harness import dataset
from keras_sessrec.datasets.retailrocket import Builder

WEEK = 7 * 86_400


class TestRetailRocket(dataset.LogBuilderTestCase):
    DATASET_CLASS = Builder
    SPLITS = {"train": 9, "test": 11}  # noqa: RUF012


def sessions_by_hand():
    """`visitor@first time` to its (item, time): views, cut at pauses, without repeats."""
    views = {}
    with dataset.dummy_file(Builder).open() as lines:
        for row in csv.DictReader(lines):
            if row["event"] == "view":
                event = int(row["itemid"]), int(row["timestamp"]) / 1000
                views.setdefault(int(row["visitorid"]), []).append(event)
    sessions = {}
    for visitor, events in views.items():
        events.sort(key=lambda event: event[1])
        before = None
        for item, time in events:
            if before is None or time - before[1] > 3600:
                session = f"{visitor}@{str(time).removesuffix('.0')}"
            if session not in sessions or before[0] != item:
                sessions.setdefault(session, []).append((item, time))
            before = item, time
    return sessions


def test_sessions_that_begin_in_the_last_week_are_the_test(tmp_path):
    sessions = dataset.without_short_and_rare(sessions_by_hand(), rounds=9)
    cut = max(events[-1][1] for events in sessions.values()) - WEEK
    train = {
        s: [event for event in events if event[1] < cut]
        for s, events in sessions.items()
        if events[0][1] < cut
    }
    train = {s: events for s, events in train.items() if len(events) > 1}
    assert any(len(train[s]) < len(sessions[s]) for s in train), "one goes on into the test"
    test = {s: events for s, events in sessions.items() if events[0][1] >= cut}
    logs = dataset.build(Builder, tmp_path)
    assert dataset.sessions_of(logs["train"]) == train
    assert dataset.sessions_of(logs["test"]) == dataset.with_items_of(test, train)


def test_invented_data_have_not_the_published_counts(tmp_path):
    with pytest.raises(ValueError, match=r"events\.csv: the published 2,756,101 events"):
        dataset.build(Builder, tmp_path, check_counts=True)
