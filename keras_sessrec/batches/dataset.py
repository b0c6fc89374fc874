"""What all batches are made of: a log's events as items, and a dataset over a generator."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from keras_sessrec.catalog.catalog import Catalog
from keras_sessrec.data.session_log import SessionLog


def generated_dataset(
    generate: Callable[[], Iterator[Any]], signature: Any, num_batches: int, in_slabs: bool = False
) -> tf.data.Dataset:
    """Makes a dataset whose every pass runs a generator.

    tf.data's autotuning is off: there is nothing to tune in the pipeline, and the thread
    that would do it sleeps for twice as long every time, up to a minute, while whoever
    drops the iterator waits for it: a `fit` could take up to twice its time.

    Args:
        generate: Callable that returns an iterator over nested arrays.
        signature: Nested `tf.TensorSpec` of what the iterator yields.
        num_batches: int, mini-batches in a pass.
        in_slabs: bool. Whether the iterator yields many mini-batches at a time, stacked
            along a first dimension. Defaults to `False`.

    Returns:
        `tf.data.Dataset` of mini-batches, of known cardinality.
    """
    dataset = tf.data.Dataset.from_generator(generate, output_signature=signature)
    if in_slabs:
        dataset = dataset.unbatch()
    dataset = dataset.apply(tf.data.experimental.assert_cardinality(num_batches))
    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)


logger = logging.getLogger(__name__)


def catalog_events(log: SessionLog, catalog: Catalog) -> tuple[np.ndarray, np.ndarray]:
    """Maps a log's events to the items of a catalog.

    Events with items that the catalog does not hold are spliced out (a, ?, b becomes
    a, b), as in the GRU4Rec evaluation protocol, and their number is logged.

    Args:
        log: `SessionLog`.
        catalog: `Catalog`.

    Returns:
        Tuple of int32 `[events]` items 1..N and int64 `[sessions + 1]` offsets; a session
        may have become empty.
    """
    items = catalog.encode(log.item_ids)[log.item_codes]
    known = items > 0
    if known.all():
        return items, log.offsets
    logger.info(
        "%d of %d events have items outside the catalog and are left out.",
        np.count_nonzero(~known),
        len(items),
    )
    kept_before = np.concatenate([[0], np.cumsum(known)])
    return items[known], kept_before[log.offsets]


def catalog_of(dataset):
    return None


def check_catalog(dataset, catalog, what):
    return None
