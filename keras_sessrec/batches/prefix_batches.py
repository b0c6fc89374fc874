"""Prefixes of sessions with their next events: what Tan et al. train on."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Protocol

import numpy as np
import tensorflow as tf

from keras_sessrec.batches.dataset import (
    catalog_events,
    check_counts,
    check_fills,
    digest,
    generated_dataset,
)
from keras_sessrec.batches.epochs import EpochOrder
from keras_sessrec.batches.prefix_rows import FORMS, PrefixRows
from keras_sessrec.batches.shuffled_range import shuffled_range
from keras_sessrec.catalog.catalog import Catalog
from keras_sessrec.data.session_log import SessionLog
from keras_sessrec.ops.seeds import as_seed

logger = logging.getLogger(__name__)

WINDOW = 64  # batches whose rows are sorted into widths together

Batch = tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]


class TargetLabels(Protocol):
    """A teacher's opinion about every pair, see `keras_sessrec.SoftLabels`."""

    num_pairs: int
    top: int
    fingerprint: str
    contents: str

    def of(self, pairs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Returns items int32 `[pairs, m]` and their probabilities float32 `[pairs, m]`."""


def prefixes(
    log: SessionLog,
    catalog: Catalog,
    batch_size: int = 512,
    max_length: int = 19,
    form: str = "prefixes",
    with_futures: bool = False,
    soft_labels: TargetLabels | None = None,
    shuffle: bool = True,
    seed: int | None = 0,
    bucket_by_length: bool = True,
) -> tf.data.Dataset:
    """Makes batches of prefixes and next events (Tan et al. 2016, section 3.2).

    Every prefix of every session with the event that follows is a training sequence of its
    own, at most the last `max_length` events. Sequences are never kept: they are numbered, an epoch
    runs through the numbers in a random order that is computed, and the rows are made when
    their batch is, so memory does not grow with their number.

    Rows of similar length share a batch, padded on the right to one of a few widths; a
    batch always has as many rows as its width allows, the last ones of weight 0 where
    sequences have run out. The share of padding is logged.

    The form `"packed"` gives all pairs of a session to one pass of the network, which
    trains on the same pairs at a fraction of the cost; click dropout is then drawn once per session
    and not once per prefix. Targets of one session are no in-batch negatives of each other.

    Args:
        log: `SessionLog`. Events with items outside the catalog are spliced out.
        catalog: `Catalog`.
        batch_size: int, pairs in a batch (at most, in packed ones). Defaults to 512.
        max_length: int, most events that are read, the last ones. Defaults to 19, as in the
            paper.
        form: `"prefixes"` (default); `"packed"`; or `"futures"`, which reads in place of the
            prefix the events after the target, in reversed order (what M3's teacher reads).
        with_futures: bool. Whether a batch also has these as `x["future"]`, all 0 where
            there are none. Form `"prefixes"` only. Defaults to `False`.
        soft_labels: `keras_sessrec.SoftLabels` of a teacher for the same log and catalog, given
            to the batch as `x["soft_item"]` and `x["soft_probability"]`. Form
            `"prefixes"` only. Defaults to `None`.
        shuffle: bool. Whether sequences come in a new random order in every epoch. Defaults
            to `True`.
        seed: int, of the shuffling, or `None` for what `keras.utils.set_random_seed` has
            seeded. Epoch n depends on (`seed`, n) only; whoever iterates over the dataset
            sees epoch 0, `fit` and `epochs_of` count. Defaults to 0.
        bucket_by_length: bool. Whether rows of similar length share a batch. `False` makes
            batches of whatever rows the random order brings together, all padded to the
            longest row of the log (packed rows, and those of one target, still apart). An
            epoch of Tan's M1 on the synthetic shop then takes 3.5 times as long
            (`benchmarks/tan_cost.py`). Defaults to `True`.

    Returns:
        `tf.data.Dataset` of known cardinality, with elements `(x, y, sample_weight)`:
        `x = {"item": int32 [rows, steps]}`, `y` int32 `[rows, 1]`, or `[rows, steps]` of
        packed rows, and `sample_weight` float32 of the shape of `y`.

    Raises:
        ValueError: An argument is out of range, no session has two events (three for
            futures), or `soft_labels` are those of another log.

    Example:

    >>> log = ksr.data.synthetic_shop(num_items=40, num_sessions=50, seed=1).log
    >>> dataset = prefixes(log, ksr.Catalog.from_log(log), batch_size=8)
    >>> x, y, sample_weight = next(iter(dataset))
    >>> x["item"].shape[0], y.shape
    (8, TensorShape([8, 1]))
    """
    check_counts(batch_size=batch_size, max_length=max_length)
    if form not in FORMS:
        raise ValueError(f"`form` must be one of {FORMS}. Received: form={form!r}.")
    if form != "prefixes" and (with_futures or soft_labels is not None):
        raise ValueError(
            "`with_futures` and `soft_labels` need `form='prefixes'`: one label per row. "
            f"Received: form={form!r}."
        )
    rows = PrefixRows(*catalog_events(log, catalog), form, max_length)
    if not rows.num_rows:
        events = "three" if form == "futures" else "two"
        raise ValueError(
            f"`log` must hold a session with at least {events} events of the catalog's items, or "
            f"there is nothing to predict. Received: {log!r}. Was the catalog made from it?"
        )
    check_fills("batch_size", batch_size, rows.num_pairs, "pairs of a prefix and its next event")
    if soft_labels is not None and soft_labels.fingerprint != rows.fingerprint(catalog):
        raise ValueError(
            "`soft_labels` must have been written for this log and catalog, which give "
            f"{rows.num_pairs:,} pairs. Received: labels of {soft_labels.num_pairs:,} pairs of "
            "other ones. Write them again."
        )
    seed = as_seed(seed)
    batches = _Batches(rows, batch_size, shuffle, seed, with_futures, soft_labels, bucket_by_length)
    logger.info(
        "%s: %s pairs in %s batches; %.0f%% of what is read is padding",
        form,
        f"{rows.num_pairs:,}",
        f"{batches.num_batches:,}",
        100 * batches.padding,
    )
    order = EpochOrder(shuffles=shuffle)
    labels = None if soft_labels is None else soft_labels.contents
    arguments = (
        form,
        batch_size,
        max_length,
        with_futures,
        labels,
        shuffle,
        seed,
        bucket_by_length,
    )
    return generated_dataset(
        lambda: batches.of_epoch(*order.take()),
        batches.signature(),
        batches.num_batches,
        catalog,
        digest("prefixes", rows.fingerprint(catalog), *arguments),
        order,
    )


class _Batches:
    """Sorts rows into batches of one width each, a window of rows at a time."""

    def __init__(
        self,
        rows: PrefixRows,
        batch_size: int,
        shuffle: bool,
        seed: int,
        with_futures: bool,
        soft_labels: TargetLabels | None,
        bucket_by_length: bool,
    ) -> None:
        self._rows, self._batch_size = rows, batch_size
        self._shuffle, self._seed = shuffle, seed
        self._soft_labels = soft_labels
        self._with_futures = with_futures
        counts = rows.counts()
        # Every width is one more shape to compile. Padding costs a packed row scores, and any
        # other only steps of the recurrent layers, so packed rows have more widths.
        self._widths = {
            packed: _widths(rows.max_length, 1.4 if packed else 2.0) for packed in (False, True)
        }
        self._one_width = not bucket_by_length
        if self._one_width:
            for kind in (False, True):
                longest = max((n for n, packed in counts if packed == kind), default=1)
                self._widths[kind] = np.array([longest])
        rows_of: dict[tuple[int, bool], int] = {}
        read = 0
        for (length, packed), count in counts.items():
            key = (self._width(length, packed), packed)
            rows_of[key] = rows_of.get(key, 0) + count
            read += length * count
        batches = {key: -(-count // self._height(*key)) for key, count in rows_of.items()}
        self._keys = sorted(rows_of, key=lambda key: key[::-1])
        self._kind_of_shape = np.zeros((2, rows.max_length + 1), np.uint8)
        for length, packed in counts:
            key = (self._width(length, packed), packed)
            self._kind_of_shape[int(packed), length] = self._keys.index(key)
        self.num_batches = sum(batches.values())
        padded = sum(count * self._height(*key) * key[0] for key, count in batches.items())
        self.padding = 1 - read / padded

    def of_epoch(self, epoch: int, first: int = 0) -> Iterator[Batch]:
        """The mini-batches of an epoch from the `first` on; those before are not made."""
        rng = np.random.default_rng([self._seed, epoch])
        number = 0
        waiting: dict[tuple[int, bool], np.ndarray] = {}
        window, total = WINDOW * self._batch_size, self._rows.num_rows
        kinds_of = self._table().__getitem__ if first else self._kinds
        for begin in range(0, total, window):
            end = min(begin + window, total)
            if self._shuffle:
                rows = shuffled_range(begin, end, total, (self._seed, epoch))
            else:
                rows = np.arange(begin, end)
            full = []
            if number >= first:
                kinds_of = self._kinds
            kinds = kinds_of(rows)
            for kind in np.unique(kinds):
                key, chosen = self._keys[kind], rows[kinds == kind]
                chosen = np.concatenate([waiting.get(key, chosen[:0]), chosen])
                height = self._height(*key)
                done = len(chosen) if end == total else len(chosen) // height * height
                waiting[key] = chosen[done:]
                full += [(key, chosen[i : i + height]) for i in range(0, done, height)]
            if end == total:  # what has waited for rows that did not come
                full += [(k, r) for k, r in waiting.items() if len(r)]
            if self._shuffle:
                rng.shuffle(full)
            for (width, packed), chosen in full:
                if number >= first:
                    yield self._batch(chosen, width, self._height(width, packed))
                number += 1

    def _kinds(self, rows: np.ndarray) -> np.ndarray:
        """Which of the `_keys` rows are of, uint8 `[rows]`."""
        length, packed = self._rows.shapes(rows)
        return self._kind_of_shape[packed.astype(int), length]

    def _table(self) -> np.ndarray:
        """The kinds of all rows, a byte each: looked up at random 20 times as fast."""
        total = self._rows.num_rows
        parts = range(0, total, 1_000_000)
        return np.concatenate(
            [self._kinds(np.arange(begin, min(begin + 1_000_000, total))) for begin in parts]
        )

    def _batch(self, rows: np.ndarray, width: int, height: int) -> Batch:
        items, targets = self._rows.read(rows, width)
        x = {"item": _filled(items, height)}
        if self._with_futures:
            x["future"] = _filled(self._rows.futures(rows), height)
        if self._soft_labels is not None:
            label, probability = self._soft_labels.of(rows)
            x["soft_item"] = _filled(label, height)
            x["soft_probability"] = _filled(probability, height)
        targets = _filled(targets, height)
        return x, targets, (targets > 0).astype(np.float32)

    def _width(self, length: int, packed: bool) -> int:
        widths = self._widths[packed]
        return int(widths[np.searchsorted(widths, length)])

    def _height(self, width: int, packed: bool) -> int:
        return max(1, self._batch_size // width) if packed else self._batch_size

    def signature(self) -> tuple[dict[str, tf.TensorSpec], tf.TensorSpec, tf.TensorSpec]:
        """What a batch looks like."""
        is_packed = self._rows.form == "packed"
        height = None if is_packed else self._batch_size
        # Batches of one shape are trained on in blocks.
        width = int(self._widths[False][0]) if self._one_width and not is_packed else None
        x = {"item": tf.TensorSpec((height, width), tf.int32)}
        if self._with_futures:
            x["future"] = tf.TensorSpec((height, self._rows.max_length), tf.int32)
        if self._soft_labels is not None:
            x["soft_item"] = tf.TensorSpec((height, self._soft_labels.top), tf.int32)
            x["soft_probability"] = tf.TensorSpec((height, self._soft_labels.top), tf.float32)
        y = (height, None if is_packed else 1)
        return x, tf.TensorSpec(y, tf.int32), tf.TensorSpec(y, tf.float32)


def _widths(longest: int, growth: float) -> np.ndarray:
    """Widths that batches are padded to, ascending, each about `growth` times the one before."""
    widths = [longest]
    while widths[-1] > 2:
        widths.append(min(int(widths[-1] / growth), widths[-1] - 1))
    return np.array(widths[::-1])


def _filled(rows: np.ndarray, height: int) -> np.ndarray:
    """Appends rows of zeros."""
    missing = height - len(rows)
    return np.pad(rows, ((0, missing), (0, 0))) if missing else rows
