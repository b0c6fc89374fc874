"""Sessions in TFRecord files, as a data pipeline writes them."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

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
