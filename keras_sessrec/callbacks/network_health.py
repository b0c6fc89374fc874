"""Saturation, vector norms and gradients, to be looked at in TensorBoard."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from tensorboard.plugins.histogram.metadata import create_summary_metadata

from keras_sessrec.losses.ranking_loss import row_losses
from keras_sessrec.ops.identifiers import shown
from keras_sessrec.ops.padding import padded_rows

MAX_SCORES = 2**24  # of all events and items: 64 MB of float32, several times over
SATURATED = 0.99
BUCKETS = 30  # as TensorBoard's own histograms


class NetworkHealth(keras.callbacks.Callback):
    """Writes what shows whether a recurrent network can still learn, after every epoch.

    The weights themselves are what `keras.callbacks.TensorBoard(histogram_freq=1)` shows. This
    callback adds, from a few sessions that were best not trained on:

    - `hidden/size`: how large the hidden vectors' entries are (histogram), and
      `hidden/saturated`: the share of them beyond 0.99. A tanh there passes hardly any gradient.
    - `item_vectors/norm`: lengths of the vectors that make up the scores (histogram), for
      models that have a `score_table`.
    - `gradient/<weight>` (histogram) and `gradient_norm/<weight>`: gradients of the loss among
      all items, without dropout, and `gradient_norm/all`. The histogram leaves zeros out: an
      input table has them in the rows of all items that are not in the sessions.

    They are computed once an epoch, outside the compiled training program, which stays as
    fast as it is. The run is `health`.

    Args:
        path: str or path, the run's folder, as for `keras.callbacks.TensorBoard`.
        sessions: Iterable of sessions, each a sequence of raw item ids, oldest first. Unknown
            ids are left out. For a large catalog only the first sessions are read: as many as
            give 2**24 scores, such as 400 events and 40,000 items.

    Raises:
        ValueError: When training begins: no session has two items of the catalog.

    Example:

    >>> log = ksr.data.synthetic_shop(num_items=40, num_sessions=100, seed=1).log
    >>> catalog = ksr.Catalog.from_log(log)
    >>> model = ksr.models.GRU4Rec(catalog, units=[8], seed=1)
    >>> model.compile(negatives=ksr.samplers.InBatch(), jit_compile=False)
    >>> callback = NetworkHealth("logs/run", sessions=[log.item_ids[:3].tolist()])
    >>> batches = ksr.batches.session_parallel(log, catalog, lanes=8)
    >>> history = model.fit(batches, verbose=0, callbacks=[callback])
    >>> import os
    >>> len(os.listdir("logs/run/health"))
    1
    """

    only_chief = True  # see FitCallbacks

    def __init__(self, path: str | Path, sessions: Iterable[Sequence[Any]]) -> None:
        super().__init__()
        self.path = Path(path)
        self.sessions = list(sessions)

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        measure = partial(_hidden_and_gradients, self.model, *self._read_sessions())
        self._measure = tf.function(measure, autograph=False)
        self._writer = tf.summary.create_file_writer(str(self.path / "health"))

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        hidden, gradients = self._measure()
        size = np.abs(hidden.numpy())
        vectors, _ = self.model.head().table()
        with self._writer.as_default(step=epoch):
            _write_histogram("hidden/size", size)
            tf.summary.scalar("hidden/saturated", (size > SATURATED).mean())
            _write_histogram("item_vectors/norm", np.linalg.norm(vectors, axis=1))
            norms = []
            for weight, gradient in zip(self.model.trainable_variables, gradients, strict=True):
                values = gradient.numpy()
                norms.append(float(np.linalg.norm(values)))
                _write_histogram(f"gradient/{weight.path}", values[values != 0])
                tf.summary.scalar(f"gradient_norm/{weight.path}", norms[-1])
            tf.summary.scalar("gradient_norm/all", np.linalg.norm(norms))
        self._writer.flush()

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        self._writer.close()

    def _read_sessions(self) -> tuple[np.ndarray, np.ndarray]:
        """Items that are read and those that come next, int32 `[sessions, steps]`, 0 = none."""
        catalog = self.model.catalog
        encoded = [catalog.encode_known(session, "sessions") for session in self.sessions]
        encoded = [items for items in encoded if len(items) > 1]
        if not encoded:
            raise ValueError(
                "`sessions` must hold a session with two items of the catalog. "
                f"Received: {len(self.sessions)} sessions, such as {shown(self.sessions[:1])}."
            )
        num_scores = np.cumsum([len(items) - 1 for items in encoded]) * catalog.num_items
        encoded = encoded[: max(1, int(np.searchsorted(num_scores, MAX_SCORES, side="right")))]
        items = padded_rows(encoded)
        targets = items[:, 1:]
        return np.where(targets > 0, items[:, :-1], 0), targets


def _write_histogram(tag: str, values: np.ndarray) -> None:
    """As `tf.summary.histogram`, which takes 3 GB of memory for 11 million values."""
    counts, edges = np.histogram(values, bins=BUCKETS)
    buckets = np.stack([edges[:-1], edges[1:], counts], axis=1).astype(np.float64)
    tf.summary.write(tag, buckets, metadata=create_summary_metadata(None, None))


def _hidden_and_gradients(
    model: Any, items: np.ndarray, targets: np.ndarray
) -> tuple[Any, list[Any]]:
    """Hidden vectors `[events, dim]`, and the dense gradients of the loss among all items."""
    weights = [weight.value for weight in model.trainable_variables]
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(weights)
        parts, _ = model.network.encode(tf.constant(items), training=False)
        parts = {name: tf.boolean_mask(hidden, targets > 0) for name, hidden in parts.items()}
        scores = model.head().scores(parts)
        losses = row_losses(model.loss, tf.constant(targets[targets > 0] - 1), scores)
        cost = tf.reduce_mean(losses)
    gradients = tape.gradient(cost, weights, unconnected_gradients="zero")
    hidden = tf.cast(tf.concat(list(parts.values()), axis=-1), tf.float32)
    return hidden, [tf.convert_to_tensor(g) for g in gradients]
