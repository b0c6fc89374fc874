"""Stored sessions of TensorFlow Datasets and of Beam, read back as a `SessionLog`."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from keras_sessrec.data.session_log import SessionLog
from keras_sessrec.datasets.join_batches import join_batches

_BATCH_SIZE = 1024
_FEATURES = {"session_id", "items", "timestamps"}


def to_log(dataset: tf.data.Dataset) -> SessionLog:
    """Makes a click log of a dataset with one session per element.

    Such as the builders of this package make: `to_log(tfds.load("rsc15", split="train"))`.
    For a whole split `load` does the same in a fraction of the time.

    Args:
        dataset: `tf.data.Dataset` with elements
            `{"session_id": int64 or string, "items": int64 or string [events],
            "timestamps": int64 [events]}`, the times in milliseconds. Events with equal times
            keep their order.

    Returns:
        A `SessionLog` with timestamps in seconds (float64).

    Raises:
        ValueError: The elements are not of this form, or there is none.

    Example:

    >>> import tensorflow as tf
    >>> sessions = tf.data.Dataset.from_tensors(
    ...     {"session_id": 7, "items": ["tea", "cup"], "timestamps": [1500, 2000]})
    >>> log = to_log(sessions)
    >>> log, log.timestamps.tolist()
    (<SessionLog of 1 sessions, 2 events, 2 items>, [1.5, 2.0])
    """
    spec = dataset.element_spec
    if not isinstance(spec, dict) or not set(spec) >= _FEATURES:
        raise ValueError(
            f"`dataset` must have elements with {sorted(_FEATURES)}. Received: {spec}. "
            "Load it without `as_supervised` and before batching."
        )
    if set(spec) != _FEATURES:
        dataset = dataset.map(lambda session: {name: session[name] for name in _FEATURES})
    return join_batches(dataset.ragged_batch(_BATCH_SIZE))


_TYPES = {"int64_list": tf.int64, "bytes_list": tf.string}


def to_record(session_id: int | str, items: list[int] | list[str], seconds: np.ndarray) -> bytes:
    """Encodes a session as the builders of this package store it.

    Args:
        session_id: int or str.
        items: Raw ids of the events, all int or all str.
        seconds: float64 or int64 `[events]`; stored to the millisecond.

    Returns:
        bytes of a `tf.train.Example`.
    """
    milliseconds = np.rint(np.asarray(seconds) * 1000).astype(np.int64)
    features = {
        "session_id": _feature([session_id]),
        "items": _feature(items),
        "timestamps": _feature(milliseconds),
    }
    example = tf.train.Example(features=tf.train.Features(feature=features))
    return example.SerializeToString()


def session_records(prefix: str) -> tf.data.Dataset:
    """Reads the sessions that `clean_with_beam` wrote.

    Args:
        prefix: str, as given to `clean_with_beam`; the files are `<prefix>-*.tfrecord`.

    Returns:
        `tf.data.Dataset` with elements `{"session_id": int64 or string, "items": int64 or string
        [events], "timestamps": int64 [events]}`, the times in milliseconds; `to_log` makes a
        `SessionLog` of it.

    Raises:
        ValueError: There are no such files, or no session in them.

    Example:

    >>> import tensorflow as tf
    >>> with tf.io.TFRecordWriter("log-0-of-1.tfrecord") as file:
    ...     file.write(to_record(7, ["tea", "cup"], np.array([1.5, 2])))
    >>> ksr.datasets.to_log(session_records("log"))
    <SessionLog of 1 sessions, 2 events, 2 items>
    """
    files = sorted(tf.io.gfile.glob(f"{prefix}-*.tfrecord"))
    records = tf.data.TFRecordDataset(files)
    first = next(iter(records.take(1)), None) if files else None
    if first is None:
        raise ValueError(
            f"`prefix` must be that of files with sessions. Received: prefix={prefix!r}, "
            f"{len(files)} files without a session."
        )
    kinds = tf.train.Example.FromString(first.numpy()).features.feature
    types = {name: _TYPES[kinds[name].WhichOneof("kind")] for name in ("session_id", "items")}
    spec = {
        "session_id": tf.io.FixedLenFeature([], types["session_id"]),
        "items": tf.io.RaggedFeature(types["items"]),
        "timestamps": tf.io.RaggedFeature(tf.int64),
    }
    return records.map(lambda record: tf.io.parse_single_example(record, spec))


def _feature(values: Any) -> tf.train.Feature:
    if isinstance(values[0], str):
        encoded = [value.encode() for value in values]
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=encoded))
    return tf.train.Feature(int64_list=tf.train.Int64List(value=values))
