"""What every builder of a click log must do, and short ways to build one of made-up data."""

from unittest import mock

import tensorflow_datasets as tfds

from keras_sessrec.datasets.records import to_log

DOWNLOAD_MANAGER = "tensorflow_datasets.core.download.DownloadManager"


class LogBuilderTestCase(tfds.testing.DatasetBuilderTestCase):
    """TensorFlow Datasets' own tests, on data too small for the published counts.

    Use it as `dataset.LogBuilderTestCase`: a test class imported by name is collected itself.
    """

    def _make_builder(self, config=None):
        return self.dataset_class(
            data_dir=self.tmp_dir, config=config, version=self.VERSION, check_counts=False
        )

    def test_it_says_what_it_is(self):
        metadata = self.dataset_class.get_metadata()
        self.assertTrue(metadata.description.startswith("# "))
        self.assertIn("ml.task.sequence-modeling", metadata.tags)
        self.assertEqual(self.dataset_class.name, self.dataset_class.code_path.parent.name)
        has_source = self.dataset_class.HOMEPAGE is not None
        self.assertEqual(has_source, bool(metadata.citation))


def dummy_file(builder_class):
    """The one file of invented rows in the real one's format."""
    [path] = (builder_class.code_path.parent / "dummy_data").iterdir()
    return path


def build(builder_class, data_dir, file=None, **kwargs):
    """Builds from `file`, by default the invented one; split name to log."""
    file = file or dummy_file(builder_class)
    builder = builder_class(data_dir=data_dir, **{"check_counts": False, **kwargs})
    with mock.patch(f"{DOWNLOAD_MANAGER}.download", lambda _, url: file):
        builder.download_and_prepare(
            download_config=tfds.download.DownloadConfig(manual_dir=file.parent)
        )
    return {split: to_log(builder.as_dataset(split=split)) for split in builder.info.splits}


def sessions_of(log):
    """Session id to its list of (item, time)."""
    pairs = list(zip(log.item_ids[log.item_codes].tolist(), log.timestamps.tolist(), strict=True))
    return {
        session: pairs[begin:end]
        for session, begin, end in zip(
            log.session_ids.tolist(), log.offsets[:-1], log.offsets[1:], strict=True
        )
    }


def without_short_and_rare(sessions, rounds=1):
    """Sessions of one event, items of fewer than five, sessions of one event; in plain Python."""
    for _ in range(rounds):
        sessions = {s: events for s, events in sessions.items() if len(events) > 1}
        items = [item for events in sessions.values() for item, _ in events]
        common = {item for item in items if items.count(item) >= 5}
        sessions = {s: [e for e in events if e[0] in common] for s, events in sessions.items()}
        sessions = {s: events for s, events in sessions.items() if len(events) > 1}
    return sessions


def with_items_of(test, train):
    """The test's sessions without the items that the training part lacks."""
    known = {item for events in train.values() for item, _ in events}
    test = {s: [event for event in events if event[0] in known] for s, events in test.items()}
    return {s: events for s, events in test.items() if len(events) > 1}
