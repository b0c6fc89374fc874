"""Stored sessions read back as a log."""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds

from harness import dataset
from keras_sessrec.data.session_log import SessionLog
from keras_sessrec.datasets import session_records
from keras_sessrec.datasets.records import join_batches, stored_batches, to_log, to_record
from keras_sessrec.datasets.retailrocket import Builder as RetailRocket
from keras_sessrec.datasets.rsc15 import Builder as RSC15

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


PARTS = ["train", "test", "train[3:7]", "train[-25%:]", "train+test", "train[:2]+train[5:6]"]


@pytest.fixture(scope="module", params=[RSC15, RetailRocket])
def builder(request, tmp_path_factory):
    """A built one: integer session ids, string session ids."""
    data_dir = tmp_path_factory.mktemp("built")
    dataset.build(request.param, data_dir)
    return request.param(data_dir=data_dir)


@pytest.mark.parametrize("split", PARTS)
def test_they_hold_what_tfds_reads(builder, split):
    stored = join_batches(stored_batches(builder, split))
    expected = to_log(builder.as_dataset(split=split))
    assert dataset.sessions_of(stored) == dataset.sessions_of(expected)
    assert stored.session_ids.dtype == expected.session_ids.dtype


def test_sessions_come_in_the_stored_order(builder):
    ids = [batch["session_id"].numpy() for batch in stored_batches(builder, "train")]
    expected = [session["session_id"] for session in builder.as_dataset(split="train")]
    np.testing.assert_array_equal(np.concatenate(ids), np.array(expected))


def test_a_split_of_many_files(builder, tmp_path):
    """Shards as TensorFlow Datasets makes them of a large log."""
    config = tfds.download.DownloadConfig(
        manual_dir=dataset.dummy_file(type(builder)).parent, num_shards=3
    )
    sharded = type(builder)(data_dir=tmp_path, check_counts=False)
    sharded.download_and_prepare(download_config=config)
    assert sharded.info.splits["train"].num_shards == 3
    for split in ("train", "train[1:6]"):
        one, three = (join_batches(stored_batches(b, split)) for b in (builder, sharded))
        assert dataset.sessions_of(three) == dataset.sessions_of(one)


def test_an_unknown_split_is_refused(builder):
    with pytest.raises(ValueError, match="valid"):
        stored_batches(builder, "valid")


def test_events_are_ragged(builder):
    spec = stored_batches(builder, "train").element_spec
    assert isinstance(spec["items"], tf.RaggedTensorSpec)
    assert spec["timestamps"].dtype == tf.int64


def batch(ids, items, times):
    return {
        "session_id": tf.constant(ids),
        "items": tf.ragged.constant(items),
        "timestamps": tf.ragged.constant(times, dtype=tf.int64),
    }


def test_codes_are_of_all_batches_together():
    log = join_batches(
        [batch([2], [[5, 6]], [[9, 10]]), batch([1, 3], [[6], [7, 5]], [[1], [2, 3]])]
    )
    assert log.session_ids.tolist() == [1, 3, 2]
    assert log.lengths.tolist() == [1, 2, 2]
    assert log.item_ids[log.item_codes].tolist() == [6, 7, 5, 5, 6]
    assert log.num_items == 3
    assert log.timestamps.tolist() == [0.001, 0.002, 0.003, 0.009, 0.01]


def test_batches_may_have_sessions_of_one_length():
    dense = {
        "session_id": tf.constant([b"b", b"a"]),
        "items": tf.constant([["x", "y"], ["y", "z"]]),
        "timestamps": tf.constant([[4_000, 5_000], [1_000, 2_000]], tf.int64),
    }
    log = join_batches([dense])
    assert log.session_ids.tolist() == ["a", "b"]
    assert log.item_ids[log.item_codes].tolist() == ["y", "z", "x", "y"]
    assert log.timestamps.tolist() == [1, 2, 4, 5]


def test_no_batch_is_refused():
    with pytest.raises(ValueError, match="at least one session"):
        join_batches([])
