"""From batches of sessions to a SessionLog."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
import tensorflow as tf

from keras_sessrec.data.session_log import SessionLog


def join_batches(batches: Iterable[Mapping[str, tf.Tensor | tf.RaggedTensor]]) -> SessionLog:
    """Joins batches of sessions into one log.

    Args:
        batches: Each `{"session_id": int64 or string [sessions], "items": int64 or string
            [sessions, events], "timestamps": int64 [sessions, events]}`, the last two ragged or
            of one length, the times in milliseconds.

    Returns:
        A `SessionLog` with timestamps in seconds (float64).

    Raises:
        ValueError: There is no batch.

    Example:

    >>> import tensorflow as tf
    >>> batch = {"session_id": tf.constant([7]), "items": tf.ragged.constant([["tea", "cup"]]),
    ...          "timestamps": tf.ragged.constant([[1500, 2000]])}
    >>> join_batches([batch])
    <SessionLog of 1 sessions, 2 events, 2 items>
    """
    ids, items, times, lengths = [], [], [], []
    for batch in batches:
        ids.append(batch["session_id"].numpy())
        lengths.append(_lengths(batch["items"]))
        items.append(_values(batch["items"]))
        times.append(_values(batch["timestamps"]))
    if not ids:
        raise ValueError(
            "`dataset` must hold at least one session. Received: an empty dataset. "
            "Name another split."
        )
    item_codes, item_ids = pd.factorize(np.concatenate(items))
    lengths = np.concatenate(lengths)
    return SessionLog.from_arrays(
        session_codes=np.repeat(np.arange(len(lengths)), lengths),
        item_codes=item_codes,
        timestamps=np.concatenate(times) / 1000,
        session_ids=_decoded(np.concatenate(ids)),
        item_ids=_decoded(item_ids),
    )


def _lengths(batch: tf.Tensor | tf.RaggedTensor) -> np.ndarray:
    if isinstance(batch, tf.RaggedTensor):
        return batch.row_lengths().numpy()
    return np.full(batch.shape[0], batch.shape[1])


def _values(batch: tf.Tensor | tf.RaggedTensor) -> np.ndarray:
    if isinstance(batch, tf.RaggedTensor):
        return batch.flat_values.numpy()
    return batch.numpy().reshape(-1)


def _decoded(ids: np.ndarray) -> np.ndarray:
    """Integers as int64; TensorFlow's bytes as strings."""
    if ids.dtype == object:
        return np.array([name.decode() for name in ids], object)
    return ids.astype(np.int64, copy=False)
