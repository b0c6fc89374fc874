"""Stored sessions of TensorFlow Datasets and of Beam, read back as a `SessionLog`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import tensorflow as tf

from keras_sessrec.data.session_log import SessionLog

if TYPE_CHECKING:
    import tensorflow_datasets as tfds

_BATCH_SIZE = 4096
_FEATURES = {"session_id", "items", "timestamps"}
_TYPES = {"int64_list": tf.int64, "bytes_list": tf.string}


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
    spec = _spec(types)
    return records.map(lambda record: tf.io.parse_single_example(record, spec))


def stored_batches(builder: tfds.core.DatasetBuilder, split: str) -> tf.data.Dataset:
    """Reads a split of a built `LogBuilder` in its order, as `join_batches` takes it.

    `builder.as_dataset` parses one session at a time, which takes many times as long: a log
    has millions of them, and each is small.

    Raises:
        ValueError: There is no such split.
    """
    features = builder.info.features.get_tensor_info().items()
    spec = _spec({name: feature.tf_dtype for name, feature in features})
    records = tf.data.Dataset.from_tensor_slices(tf.constant([], tf.string))
    for part in builder.info.splits[split].file_instructions:
        file = tf.data.TFRecordDataset(part.filename)
        records = records.concatenate(file.skip(part.skip).take(part.take))
    return records.batch(_BATCH_SIZE).map(lambda batch: tf.io.parse_example(batch, spec))


def join_batches(batches: Iterable[Mapping[str, tf.Tensor | tf.RaggedTensor]]) -> SessionLog:
    """Joins batches of sessions as `to_log` takes them, ragged or of one length, into one log.

    Raises:
        ValueError: There is no batch.
    """
    ids, items, times, lengths = [], [], [], []
    for batch in batches:
        ids.append(batch["session_id"].numpy())
        events = [_ragged(batch[name]) for name in ("items", "timestamps")]
        lengths.append(events[0].row_lengths().numpy())
        items.append(events[0].flat_values.numpy())
        times.append(events[1].flat_values.numpy())
    if not ids:
        raise ValueError(
            "`dataset` must hold at least one session. Received: an empty dataset. "
            "Name another split."
        )
    item_codes, item_ids = pd.factorize(np.concatenate(items))
    counts = np.concatenate(lengths)
    return SessionLog.from_arrays(
        session_codes=np.repeat(np.arange(len(counts)), counts),
        item_codes=item_codes,
        timestamps=np.concatenate(times) / 1000,
        session_ids=_decoded(np.concatenate(ids)),
        item_ids=_decoded(item_ids),
    )


def to_record(session_id: int | str, items: list[int] | list[str], seconds: np.ndarray) -> bytes:
    """Encodes a session as the builders of this package store it, to the millisecond."""
    milliseconds = np.rint(np.asarray(seconds) * 1000).astype(np.int64)
    features = {
        "session_id": _feature([session_id]),
        "items": _feature(items),
        "timestamps": _feature(milliseconds),
    }
    example = tf.train.Example(features=tf.train.Features(feature=features))
    return example.SerializeToString()


def _spec(types: Mapping[str, tf.DType]) -> dict[str, Any]:
    """How a record is parsed."""
    return {
        "session_id": tf.io.FixedLenFeature([], types["session_id"]),
        "items": tf.io.RaggedFeature(types["items"]),
        "timestamps": tf.io.RaggedFeature(tf.int64),
    }


def _ragged(batch: tf.Tensor | tf.RaggedTensor) -> tf.RaggedTensor:
    return batch if isinstance(batch, tf.RaggedTensor) else tf.RaggedTensor.from_tensor(batch)


def _decoded(ids: np.ndarray) -> np.ndarray:
    """Integers as int64; TensorFlow's bytes as strings."""
    if ids.dtype == object:
        return np.array([name.decode() for name in ids], object)
    return ids.astype(np.int64, copy=False)


def _feature(values: Any) -> tf.train.Feature:
    if isinstance(values[0], str):
        encoded = [value.encode() for value in values]
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=encoded))
    return tf.train.Feature(int64_list=tf.train.Int64List(value=values))
