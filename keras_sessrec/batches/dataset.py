"""What all batches are made of: a log's events as items, and a dataset over a generator."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import tensorflow as tf

from keras_sessrec.catalog import Catalog
from keras_sessrec.data import SessionLog
from keras_sessrec.data.session_log import check_log

logger = logging.getLogger(__name__)


class EpochOrder:
    """Which epoch a pass over shuffled batches is: 0, unless one has been announced for it.

    So whoever only looks changes nothing, as often as he looks; see `epochs_of`.
    """

    def __init__(self) -> None:
        self._announced = 0

    def announce(self, epoch: int) -> None:
        """Says which epoch the next pass to begin is."""
        self._announced = epoch

    def take(self) -> int:
        """Returns the epoch of a pass that begins."""
        epoch, self._announced = self._announced, 0
        return epoch


@dataclass(frozen=True)
class Source:
    """What a dataset was made of.

    Attributes:
        fingerprint: str, the catalog's.
        num_items: int, the catalog's.
        order: `EpochOrder` of shuffled batches, or `None`.
    """

    fingerprint: str
    num_items: int
    order: EpochOrder | None = None


def generated_dataset(
    generate: Callable[[], Iterator[Any]],
    signature: Any,
    num_batches: int,
    catalog: Catalog,
    order: EpochOrder | None = None,
    in_slabs: bool = False,
) -> tf.data.Dataset:
    """Makes a dataset whose every pass runs a generator.

    tf.data's autotuning is off: there is nothing to tune in the pipeline, and the thread
    that would do it sleeps for twice as long every time, up to a minute, while whoever
    drops the iterator waits for it: a `fit` could take up to twice its time.

    Args:
        generate: Callable that returns an iterator over nested arrays.
        signature: Nested `tf.TensorSpec` of what the iterator yields.
        num_batches: int, mini-batches in a pass.
        catalog: `Catalog` of the items.
        order: `EpochOrder` that the generator asks, or `None` (default) if passes are equal.
        in_slabs: bool. Whether the iterator yields many mini-batches at a time, stacked
            along a first dimension. Defaults to `False`.

    Returns:
        `tf.data.Dataset` of mini-batches, of known cardinality; `sources` knows its catalog.
    """
    dataset = tf.data.Dataset.from_generator(generate, output_signature=signature)
    if in_slabs:
        dataset = dataset.unbatch()
    dataset = dataset.apply(tf.data.experimental.assert_cardinality(num_batches))
    dataset = _without_autotuning(dataset)
    dataset.made_of = [Source(catalog.fingerprint, catalog.num_items, order)]
    return dataset


def _without_autotuning(dataset: tf.data.Dataset) -> tf.data.Dataset:
    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)


def epochs_of(dataset: tf.data.Dataset, first: int | Callable[[], int] = 0) -> tf.data.Dataset:
    """Makes a dataset that runs through the epochs of another one, forever.

    Shuffled batches come in an order of their own in every epoch. Whoever iterates over them
    sees that of epoch 0, so that looking changes nothing; this runs through epoch `first`, the
    next one, and so on. The models' `fit` does so by itself. A Keras model or a loop of your own
    takes `epochs_of(batches)`, with `steps_per_epoch=len(batches)`.

    Args:
        dataset: Batches made by `ksr.batches`, or what was derived from them by `map`, `take`,
            `batch`, ...; without `repeat`.
        first: int, the epoch to begin with, or a callable that returns it, asked when a pass
            begins. Defaults to 0.

    Returns:
        `tf.data.Dataset` of the same elements, without end.

    Raises:
        ValueError: `dataset` repeats itself: all its passes would come in one order.

    Example:

    >>> log = ksr.data.synthetic_shop(num_items=40, num_sessions=50, seed=1).log
    >>> batches = session_parallel(log, ksr.Catalog.from_log(log), lanes=4, shuffle=True)
    >>> two_epochs = epochs_of(batches).take(2 * len(batches))
    """
    made_of = sources(dataset)
    orders = [source.order for source in made_of if source.order]
    if not orders:
        return dataset.repeat()
    if _repeats(dataset):
        raise ValueError(
            "Shuffled batches must not repeat themselves, or all passes come in one order. "
            "Received: a dataset with `.repeat()`. Leave it out: `fit` goes on by itself, with "
            "`steps_per_epoch=` too; elsewhere use `ksr.batches.epochs_of`."
        )

    def announced() -> Iterator[int]:
        for epoch in itertools.count(first() if callable(first) else first):
            for order in orders:
                order.announce(epoch)
            yield epoch

    numbers = tf.data.Dataset.from_generator(
        announced, output_signature=tf.TensorSpec((), tf.int64)
    )
    endless = numbers.flat_map(lambda _: dataset)
    endless = endless.apply(tf.data.experimental.assert_cardinality(tf.data.INFINITE_CARDINALITY))
    endless = _without_autotuning(endless)
    endless.made_of = [replace(source, order=None) for source in made_of]
    return endless


def sources(dataset: tf.data.Dataset) -> list[Source]:
    """Returns what a dataset, or those it was derived from by `map`, `take`, ..., was made of.

    Args:
        dataset: Any `tf.data.Dataset`.

    Returns:
        list of `Source`; none of a dataset that this package has not made.
    """
    if hasattr(dataset, "made_of"):
        return dataset.made_of
    # TensorFlow has no public way from a dataset to its inputs.
    return [source for parent in dataset._inputs() for source in sources(parent)]


def _repeats(dataset: tf.data.Dataset) -> bool:
    """Whether there is a `repeat` between a dataset and what it was made of."""
    if hasattr(dataset, "made_of"):
        return False
    is_repeat = type(dataset).__name__ == "_RepeatDataset"
    return is_repeat or any(_repeats(parent) for parent in dataset._inputs())


def check_catalog(dataset: tf.data.Dataset, catalog: Catalog, name: str) -> None:
    """Raises if a dataset says that it is of another catalog.

    Args:
        dataset: Any `tf.data.Dataset`.
        catalog: `Catalog`.
        name: str, what the dataset's argument is called.

    Raises:
        ValueError: It is of other items, or of the same in another order.
    """
    for source in sources(dataset):
        if source.fingerprint != catalog.fingerprint:
            other = f"{source.num_items:,} items"
            if source.num_items == catalog.num_items:
                other += ", other ones or in another order"
            raise ValueError(
                f"`{name}` must be batches of the model's catalog of {catalog.num_items:,} items. "
                f"Received: batches of a catalog of {other}. Make them with `model.catalog`."
            )


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
