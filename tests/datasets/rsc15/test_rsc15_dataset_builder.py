import csv
import dataclasses
from datetime import datetime

import pytest

from harness import dataset
from keras_sessrec.datasets.log_builder import LogCounts
from keras_sessrec.datasets.rsc15 import Builder

DAY = 86_400


class TestFull(dataset.LogBuilderTestCase):
    DATASET_CLASS = Builder
    BUILDER_CONFIG_NAMES_TO_TEST = ("full",)
    SPLITS = {"train": 37, "test": 5}  # noqa: RUF012


class TestRecent(dataset.LogBuilderTestCase):
    DATASET_CLASS = Builder
    BUILDER_CONFIG_NAMES_TO_TEST = ("recent_4",)
    SPLITS = {"train": 11, "test": 5}  # noqa: RUF012


class TestWindow(dataset.LogBuilderTestCase):
    DATASET_CLASS = Builder
    BUILDER_CONFIG_NAMES_TO_TEST = ("window_1",)
    SPLITS = {"train": 31, "test": 3}  # noqa: RUF012


def cleaned_by_hand():
    """Session id to its (item, time), as the GRU4Rec paper says, in plain Python."""
    sessions = {}
    with dataset.dummy_file(Builder).open() as lines:
        for session, time, item, _ in csv.reader(lines):
            seconds = datetime.fromisoformat(time).timestamp()
            sessions.setdefault(int(session), []).append((int(item), seconds))
    for events in sessions.values():
        events.sort(key=lambda event: event[1])
    return dataset.without_short_and_rare(sessions)


def parts(sessions, first, cut, last):
    """Sessions that end in [first, cut] and in (cut, last]."""
    ends = {s: events[-1][1] for s, events in sessions.items()}
    train = {s: events for s, events in sessions.items() if first <= ends[s] <= cut}
    test = {s: events for s, events in sessions.items() if cut < ends[s] <= last}
    return train, dataset.with_items_of(test, train)


def test_full_is_the_last_day_and_all_before(tmp_path):
    sessions = cleaned_by_hand()
    last = max(events[-1][1] for events in sessions.values())
    train, test = parts(sessions, 0, last - DAY, last)
    logs = dataset.build(Builder, tmp_path, config="full")
    assert dataset.sessions_of(logs["train"]) == train
    assert dataset.sessions_of(logs["test"]) == test
    assert list(dataset.sessions_of(logs["train"])) != sorted(train), "order of time, not of ids"


def test_a_fraction_is_the_most_recent_sessions_with_the_same_test(tmp_path):
    full = dataset.build(Builder, tmp_path, config="full")
    recent = dataset.build(Builder, tmp_path, config="recent_16")
    assert dataset.sessions_of(recent["test"]) == dataset.sessions_of(full["test"])
    kept, everything = (dataset.sessions_of(logs["train"]) for logs in (recent, full))
    assert kept.items() <= everything.items()
    sequences = sum(len(events) - 1 for events in everything.values())
    oldest = min(kept, key=lambda s: kept[s][-1][1])
    held = sum(len(events) - 1 for events in kept.values())
    assert held - (len(kept[oldest]) - 1) < sequences / 16 <= held
    left_out = everything.keys() - kept.keys()
    assert max(everything[s][-1][1] for s in left_out) <= kept[oldest][-1][1]


def test_a_window_begins_five_days_after_the_first_click(tmp_path):
    sessions = cleaned_by_hand()
    first = min(events[0][1] for events in sessions.values()) + 5 * DAY
    train, test = parts(sessions, first, first + 30 * DAY, first + 31 * DAY)
    logs = dataset.build(Builder, tmp_path, config="window_1")
    assert dataset.sessions_of(logs["train"]) == train
    assert dataset.sessions_of(logs["test"]) == test


def test_windows_lie_side_by_side(tmp_path):
    """A window later than the invented month has nothing in it."""
    with pytest.raises(ValueError, match="Received: none for train"):
        dataset.build(Builder, tmp_path, config="window_3")


def test_the_configurations():
    names = [config.name for config in Builder.BUILDER_CONFIGS]
    assert names[:5] == ["full", "recent_4", "recent_16", "recent_64", "recent_256"]
    assert names[5:] == [f"window_{number}" for number in range(1, 6)]
    assert Builder.BUILDER_CONFIGS[3].fraction == 1 / 64


def test_published_counts_give_the_published_sequences():
    """23,670,981 in Tan et al., one less by an old slip, and 55,898 test sequences."""
    train, test = Builder.PUBLISHED["train"], Builder.PUBLISHED["test"]
    assert train.events - train.sessions == 23_670_982
    assert (train.events - train.sessions) // 64 == 369_859
    assert test.events - test.sessions == 55_898


@pytest.mark.parametrize("part", ["yoochoose-clicks.dat", "train", "test"])
def test_a_wrong_count_stops_the_build(part, tmp_path, monkeypatch):
    logs = dataset.build(Builder, tmp_path, config="full")
    right = {
        "yoochoose-clicks.dat": LogCounts(events=135),
        "train": LogCounts.of(logs["train"]),
        "test": LogCounts.of(logs["test"]),
    }
    monkeypatch.setattr(Builder, "PUBLISHED", right)
    checked = dataset.build(Builder, tmp_path / "right", config="full", check_counts=True)
    assert checked["test"].num_sessions == logs["test"].num_sessions
    wrong = dataclasses.replace(right[part], events=99)
    monkeypatch.setattr(Builder, "PUBLISHED", right | {part: wrong})
    with pytest.raises(ValueError, match=rf"rsc15, {part}: the published 99 events .* Received"):
        dataset.build(Builder, tmp_path / "wrong", config="full", check_counts=True)


def test_invented_data_have_not_the_published_counts(tmp_path):
    with pytest.raises(ValueError, match="33,003,944 events, 9,249,729 sessions, 52,739 items"):
        dataset.build(Builder, tmp_path, config="recent_64", check_counts=True)
