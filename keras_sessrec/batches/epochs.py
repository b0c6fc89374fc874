"""What a dataset was made of, and the epochs of shuffled batches."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import tensorflow as tf

from keras_sessrec.catalog import Catalog


class EpochOrder:
    """Which epoch a pass over generated batches is, and where in it the pass begins.

    Epoch 0 from its start, unless another one has been announced: so whoever only looks changes
    nothing, as often as he looks; see `epochs_of`.

    Args:
        shuffles: bool, whether epochs differ.
    """

    def __init__(self, shuffles: bool) -> None:
        self.shuffles = shuffles
        self._announced = (0, 0)

    def announce(self, epoch: int, first: int = 0) -> None:
        """Says which epoch the next pass to begin is, and with which mini-batch it begins."""
        self._announced = (epoch, first)

    def take(self) -> tuple[int, int]:
        """Returns the epoch of a pass that begins, and its first mini-batch."""
        announced, self._announced = self._announced, (0, 0)
        return announced


@dataclass(frozen=True)
class Source:
    """What a dataset was made of.

    Attributes:
        fingerprint: str, the catalog's.
        num_items: int, the catalog's.
        contents: str, digest of the log and of the arguments.
        order: `EpochOrder`, or `None` of batches that always begin at the start.
        few_shapes: bool, whether a program for each shape of its batches is worth compiling.
    """

    fingerprint: str
    num_items: int
    contents: str
    order: EpochOrder | None = None
    few_shapes: bool = True


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
    >>> catalog = ksr.Catalog.from_log(log)
    >>> batches = ksr.batches.session_parallel(log, catalog, lanes=4, shuffle=True)
    >>> two_epochs = epochs_of(batches).take(2 * len(batches))
    """
    begin = (lambda: (first() if callable(first) else first, 0)) if shuffles(dataset) else None
    return passes(dataset, begin)


def passes(
    dataset: tf.data.Dataset,
    begin: Callable[[], tuple[int, int]] | None,
    then: Callable[[tf.data.Dataset], tf.data.Dataset] = lambda dataset: dataset,
) -> tf.data.Dataset:
    """Makes a dataset as `epochs_of` does, that may begin in the middle of an epoch.

    Args:
        dataset: As in `epochs_of`.
        begin: Callable that returns the epoch to begin with and how many of its mini-batches to
            leave out, asked when a pass begins; generated batches that are left out are not even
            made. `None` for passes from the start, which is enough where they are all alike.
        then: Callable, what is made of the mini-batches of each epoch. Defaults to nothing.

    Returns:
        `tf.data.Dataset` without end.

    Raises:
        ValueError: As `epochs_of`.
    """
    if begin is None:
        return then(dataset).repeat()
    made_of = sources(dataset)
    orders = [source.order for source in made_of if source.order]
    if shuffles(dataset) and _repeats(dataset):
        raise ValueError(
            "Shuffled batches must not repeat themselves, or all passes come in one order. "
            "Received: a dataset with `.repeat()`. Leave it out: `fit` goes on by itself, with "
            "`steps_per_epoch=` too; elsewhere use `ksr.batches.epochs_of`."
        )
    # Of derived batches (`map`, `take`, ...) nobody knows which ones they were made of.
    seeks = hasattr(dataset, "any_part")

    def left_out() -> Iterator[int]:
        epoch, first = begin()
        for number in itertools.count(epoch):
            for order in orders:
                order.announce(number, first if seeks else 0)
            yield 0 if seeks else first
            first = 0

    counts = tf.data.Dataset.from_generator(left_out, output_signature=tf.TensorSpec((), tf.int64))
    endless = counts.flat_map(
        lambda first: then(dataset.any_part if seeks else dataset.skip(first))
    )
    endless = endless.apply(tf.data.experimental.assert_cardinality(tf.data.INFINITE_CARDINALITY))
    endless = without_autotuning(endless)
    endless.made_of = [replace(source, order=None) for source in made_of]
    return endless


def shuffles(dataset: tf.data.Dataset) -> bool:
    """Whether a dataset is made of shuffled batches, whose epochs differ."""
    return any(source.order is not None and source.order.shuffles for source in sources(dataset))


def _repeats(dataset: tf.data.Dataset) -> bool:
    """Whether there is a `repeat` between a dataset and what it was made of."""
    if hasattr(dataset, "made_of"):
        return False
    is_repeat = type(dataset).__name__ == "_RepeatDataset"
    return is_repeat or any(_repeats(parent) for parent in dataset._inputs())


def without_autotuning(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """Turns off what has nothing to tune here and delays whoever drops an iterator.

    The thread that would do it sleeps for twice as long every time, up to a minute, while
    whoever drops the iterator waits for it: a `fit` could take up to twice its time.
    """
    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)
