"""From a TensorFlow dataset of sessions to a SessionLog."""

from __future__ import annotations

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
