"""Sessions in TFRecord files."""

import numpy as np
import pytest
import tensorflow as tf

from keras_sessrec.datasets import session_records, to_log
from keras_sessrec.datasets.records import to_record


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
