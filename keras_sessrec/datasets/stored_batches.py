"""Reads a built data set in batches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import tensorflow as tf

if TYPE_CHECKING:
    import tensorflow_datasets as tfds

_BATCH_SIZE = 4096


def stored_batches(builder: tfds.core.DatasetBuilder, split: str) -> tf.data.Dataset:
    """Reads the sessions of a split, parsed a batch at a time.

    `builder.as_dataset` parses one session at a time, which takes many times as long: a log
    has millions of them, and each is small.

    Args:
        builder: A `LogBuilder` that has been built, in TensorFlow's record format.
        split: str, "train" or "test", or a part of one, as in `tfds.load`.

    Returns:
        `tf.data.Dataset` with elements `{"session_id": [sessions], "items": [sessions, events],
        "timestamps": int64 [sessions, events]}`, the last two ragged; in the stored order.

    Raises:
        ValueError: There is no such split.
    """
    types = {
        name: feature.tf_dtype for name, feature in builder.info.features.get_tensor_info().items()
    }
    spec = {
        "session_id": tf.io.FixedLenFeature([], types["session_id"]),
        "items": tf.io.RaggedFeature(types["items"]),
        "timestamps": tf.io.RaggedFeature(tf.int64),
    }
    records = tf.data.Dataset.from_tensor_slices(tf.constant([], tf.string))
    for part in builder.info.splits[split].file_instructions:
        file = tf.data.TFRecordDataset(part.filename)
        records = records.concatenate(file.skip(part.skip).take(part.take))
    return records.batch(_BATCH_SIZE).map(lambda batch: tf.io.parse_example(batch, spec))
