"""Stored sessions read back as a log."""

import numpy as np
import pytest
import tensorflow as tf

from keras_sessrec.data.session_log import SessionLog
from keras_sessrec.datasets import session_records, to_log
from keras_sessrec.datasets.records import to_record

SPEC = {
    "session_id": tf.TensorSpec((), tf.int64),
    "items": tf.TensorSpec((None,), tf.int64),
    "timestamps": tf.TensorSpec((None,), tf.int64),
}


def dataset_of(sessions, item_type=tf.int64, session_type=tf.int64):
    spec = SPEC | {
        "session_id": tf.TensorSpec((), session_type),
        "items": tf.TensorSpec((None,), item_type),
    }
    names = ("session_id", "items", "timestamps")
    elements = [dict(zip(names, session, strict=True)) for session in sessions]
    return tf.data.Dataset.from_generator(lambda: iter(elements), output_signature=spec)


def test_sessions_are_sorted_by_time_and_times_are_seconds():
    log = to_log(dataset_of([(7, [31, 30], [5_000, 5_250]), (9, [30, 30, 32], [1, 2, 3])]))
    assert log.session_ids.tolist() == [9, 7]
    assert log.item_ids[log.item_codes].tolist() == [30, 30, 32, 31, 30]
    assert log.timestamps.tolist() == [0.001, 0.002, 0.003, 5.0, 5.25]
    assert log.item_ids.dtype == log.session_ids.dtype == np.int64
    assert log.item_codes.dtype == np.int32


def test_milliseconds_of_today_stay_exact():
    times = 1_790_000_000_123 + np.arange(4)
    log = to_log(dataset_of([(1, [1, 2, 3, 4], times)]))
    np.testing.assert_array_equal(np.rint(log.timestamps * 1000).astype(np.int64), times)


def test_events_of_one_time_keep_their_order():
    log = to_log(dataset_of([(1, [5, 3, 4, 3], [60_000] * 4)]))
    assert log.item_ids[log.item_codes].tolist() == [5, 3, 4, 3]


def test_ids_may_be_strings():
    sessions = [("a@0", ["tea", "7"], [1, 2]), ("b@0", ["täglich", "tea"], [3, 4])]
    log = to_log(dataset_of(sessions, tf.string, tf.string))
    assert log.session_ids.tolist() == ["a@0", "b@0"]
    assert log.item_ids[log.item_codes].tolist() == ["tea", "7", "täglich", "tea"]


def test_more_sessions_than_one_batch_holds():
    rng = np.random.default_rng(1)
    lengths = rng.integers(1, 5, 2500)
    items = [rng.integers(0, 50, length) for length in lengths]
    sessions = [(s, its, np.arange(len(its)) + s) for s, its in enumerate(items)]
    log = to_log(dataset_of(sessions))
    assert isinstance(log, SessionLog)
    np.testing.assert_array_equal(log.lengths, lengths)
    np.testing.assert_array_equal(log.item_ids[log.item_codes], np.concatenate(items))


def test_further_features_are_ignored():
    dataset = dataset_of([(7, [1, 2], [5, 6])])
    wider = dataset.map(lambda session: session | {"title": tf.constant("x")})
    assert to_log(wider).session_ids.tolist() == [7]


@pytest.mark.parametrize("wrong", [{"items": [1]}, [1, 2]])
def test_another_form_is_refused(wrong):
    with pytest.raises(ValueError, match=r"`dataset` must have elements with .*Received"):
        to_log(tf.data.Dataset.from_tensors(wrong))


def test_an_empty_dataset_is_refused():
    with pytest.raises(ValueError, match="at least one session"):
        to_log(dataset_of([]))


def write(path, sessions):
    with tf.io.TFRecordWriter(str(path)) as file:
        for session in sessions:
            file.write(to_record(*session))


def test_integers_strings_and_milliseconds_come_back(tmp_path):
    times = 1_790_000_000 + np.arange(3) / 1000
    write(tmp_path / "a-0-of-2.tfrecord", [("täglich", [7, 8, 7], times)])
    write(tmp_path / "a-1-of-2.tfrecord", [("x", [9], np.array([5]))])
    log = to_log(session_records(str(tmp_path / "a")))
    assert log.session_ids.tolist() == ["x", "täglich"]
    assert log.item_ids[log.item_codes].tolist() == [9, 7, 8, 7]
    assert log.item_ids.dtype == np.int64
    assert np.rint(log.timestamps * 1000).astype(int).tolist() == [5000] + [
        1_790_000_000_000 + n for n in range(3)
    ]


def test_an_empty_file_among_others_does_not_matter(tmp_path):
    write(tmp_path / "a-0-of-2.tfrecord", [])
    write(tmp_path / "a-1-of-2.tfrecord", [(7, ["tea", "cup"], np.array([1, 2]))])
    (element,) = session_records(str(tmp_path / "a")).as_numpy_iterator()
    assert element["session_id"] == 7
    assert element["items"].tolist() == [b"tea", b"cup"]
    assert element["timestamps"].tolist() == [1000, 2000]


def test_no_files_and_no_sessions_are_errors(tmp_path):
    with pytest.raises(ValueError, match=r"`prefix` must be.*0 files"):
        session_records(str(tmp_path / "a"))
    write(tmp_path / "a-0-of-1.tfrecord", [])
    with pytest.raises(ValueError, match=r"`prefix` must be.*1 files without a session"):
        session_records(str(tmp_path / "a"))
