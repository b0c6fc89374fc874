"""Whole sessions, padded: what models are evaluated on."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import tensorflow as tf

from keras_sessrec.batches.dataset import (
    catalog_events,
    check_counts,
    digest,
    generated_dataset,
)
from keras_sessrec.catalog.catalog import Catalog
from keras_sessrec.data.session_log import SessionLog
from keras_sessrec.ops.padding import padded


def whole_sessions(
    log: SessionLog, catalog: Catalog, batch_size: int = 256, max_events: int = 16_384
) -> tf.data.Dataset:
    """Makes batches of whole sessions, each read from its first event by a fresh state.

    Sessions of similar length share a batch, padded on the right to its longest one.
    The events are fed one by one and every event after a session's first is a target, so
    there is no limit to what is read before it: to validate with one, `prefixes(max_length=)`.

    Args:
        log: `SessionLog`. Events with items outside the catalog are spliced out; a
            session left with fewer than two events gives no target.
        catalog: `Catalog`.
        batch_size: int, most sessions in a batch. Defaults to 256.
        max_events: int, most events in a batch including padding, so that a few very
            long sessions do not need much memory (one session is never cut). Defaults to
            16,384.

    Returns:
        `tf.data.Dataset` of known cardinality, with elements `(x, y, sample_weight)`:
        `x = {"item": int32 [sessions, steps]}`, `y` int32 `[sessions, steps]`,
        `sample_weight` float32 `[sessions, steps]`, 0 on padding.

    Raises:
        ValueError: `batch_size` or `max_events` is not positive, or no session has two events.

    Example:

    >>> log = ksr.data.synthetic_shop(num_items=40, num_sessions=50, seed=1).log
    >>> dataset = whole_sessions(log, ksr.Catalog.from_log(log), batch_size=8)
    >>> x, y, sample_weight = next(iter(dataset))
    >>> x["item"].shape == y.shape == sample_weight.shape
    True
    """
    check_counts(batch_size=batch_size, max_events=max_events)
    items, offsets = catalog_events(log, catalog)
    pairs = np.maximum(np.diff(offsets) - 1, 0)
    order = np.argsort(pairs, kind="stable")
    order = order[np.searchsorted(pairs[order], 1) :]
    if not len(order):
        raise ValueError(
            "`log` must hold a session with at least two events of the catalog's items, or "
            f"there is nothing to predict. Received: {log!r}."
        )
    begins = _batch_begins(pairs[order], batch_size, max_events)

    def batches() -> Iterator[tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]]:
        for begin, end in pairwise(begins):
            sessions = order[begin:end]
            first, lengths, width = offsets[sessions], pairs[sessions], pairs[sessions[-1]]
            y = padded(items, first + 1, lengths, width)
            x = {"item": padded(items, first, lengths, width)}
            yield x, y, (y > 0).astype(np.float32)

    spec = tf.TensorSpec((None, None), tf.int32)
    signature = ({"item": spec}, spec, tf.TensorSpec((None, None), tf.float32))
    contents = digest("sessions", items, offsets, batch_size, max_events)
    return generated_dataset(
        batches, signature, len(begins) - 1, catalog, contents, few_shapes=False
    )


def _batch_begins(pairs: np.ndarray, batch_size: int, max_events: int) -> list[int]:
    """Cuts sessions, sorted by their number of pairs, into batches; one step per batch."""
    begins = [0]
    while begins[-1] < len(pairs):
        begin = begins[-1]
        sizes = pairs[begin : begin + batch_size]
        fits = np.arange(1, len(sizes) + 1) * sizes <= max_events
        begins.append(begin + max(int(fits.sum()), 1))
    return begins
