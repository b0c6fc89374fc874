"""What all batches are made of: a log's events as items, and a dataset over a generator."""

from __future__ import annotations

import logging
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from keras_sessrec.batches.epochs import EpochOrder, Source, without_autotuning
from keras_sessrec.catalog import Catalog
from keras_sessrec.data import SessionLog
from keras_sessrec.data.session_log import check_log

logger = logging.getLogger(__name__)


def generated_dataset(
    generate: Callable[[], Iterator[Any]],
    signature: Any,
    num_batches: int,
    catalog: Catalog,
    contents: str,
    order: EpochOrder | None = None,
    in_slabs: bool = False,
    few_shapes: bool = True,
) -> tf.data.Dataset:
    """Makes a dataset whose every pass runs a generator.

    Args:
        generate: Callable that returns an iterator over nested arrays.
        signature: Nested `tf.TensorSpec` of what the iterator yields.
        num_batches: int, mini-batches in a pass.
        catalog: `Catalog` of the items.
        contents: str, see `Source` and `digest`.
        order: `EpochOrder` that the generator asks, or `None` (default) if it always begins at
            the start.
        in_slabs: bool. Whether the iterator yields many mini-batches at a time, stacked
            along a first dimension. Defaults to `False`.
        few_shapes: bool, see `Source`. Defaults to `True`.

    Returns:
        `tf.data.Dataset` of mini-batches, of known cardinality; `sources` knows its catalog.
    """
    dataset = tf.data.Dataset.from_generator(generate, output_signature=signature)
    if in_slabs:
        dataset = dataset.unbatch()
    any_part = dataset  # a pass that begins in the middle has fewer
    dataset = dataset.apply(tf.data.experimental.assert_cardinality(num_batches))
    dataset = without_autotuning(dataset)
    if order is not None:
        dataset.any_part = any_part
    dataset.made_of = [Source(catalog.fingerprint, catalog.num_items, contents, order, few_shapes)]
    return dataset


def digest(*parts: Any) -> str:
    """Names contents: equal for equal arrays and equal other arguments, in their order.

    A checksum, against mistakes and not against forgers: a second for 10^9 events.
    """
    checksum = 0
    for part in parts:
        plain = part if isinstance(part, np.ndarray) else np.array(repr(part))
        facts = f"{plain.dtype}{plain.shape}".encode()
        checksum = zlib.crc32(
            np.ascontiguousarray(plain).view(np.uint8),  # type: ignore[arg-type]
            zlib.crc32(facts, checksum),
        )
    return f"{checksum:08x}"


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

    Raises:
        TypeError: An argument is something else.
    """
    check_log(log)
    if not isinstance(catalog, Catalog):
        raise TypeError(
            "`catalog` must be a `Catalog`, e.g. `ksr.Catalog.from_log(train)`. "
            f"Received: {type(catalog).__name__}."
        )
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


def check_counts(**numbers: Any) -> None:
    """Raises a `ValueError` unless all arguments are positive integers."""
    for name, value in numbers.items():
        whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
        if not whole or value < 1:
            raise ValueError(f"`{name}` must be a positive integer. Received: {name}={value!r}.")


def check_fills(name: str, value: int, number: int, what: str) -> None:
    """Raises if batches would be nearly empty: mostly idle rows, and more memory than there is.

    Args:
        name: str, the argument.
        value: int, what it is.
        number: int, how many of `what` there are to fill it.
        what: str, such as `"sessions"`.

    Raises:
        ValueError: It is more than a hundred times as many, and more than 4,096.
    """
    if value > max(100 * number, 4096):
        raise ValueError(
            f"`{name}` must be in proportion to the {number:,} {what}. "
            f"Received: {name}={value:,}. The rest would stay idle; a few hundred train best."
        )
