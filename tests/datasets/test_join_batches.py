import pytest
import tensorflow as tf

from keras_sessrec.datasets.join_batches import join_batches


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
