"""Batches of prefixes."""

import logging
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

import keras_sessrec as ksr
from keras_sessrec.batches import prefixes
from keras_sessrec.batches.dataset import catalog_events
from keras_sessrec.batches.prefix_rows import PrefixRows
from reference import prefixes as reference

MAX_LENGTH = 6


@pytest.fixture(scope="module")
def world():
    shop = ksr.data.synthetic_shop(num_items=60, num_sessions=400, seed=2)
    catalog = ksr.Catalog.from_log(shop.log)
    items = catalog.encode(shop.log.item_ids)[shop.log.item_codes]
    sessions = [items[a:b].tolist() for a, b in pairwise(shop.log.offsets)]
    return shop.log, catalog, sessions


def pairs_of(dataset):
    """All (prefix, target) of one pass."""
    found = []
    for x, y, weight in dataset.as_numpy_iterator():
        assert y.shape == weight.shape
        np.testing.assert_array_equal(weight, (y > 0).astype(np.float32))
        for row, targets in zip(x["item"], y, strict=True):
            read = tuple(row[row > 0].tolist())
            if y.shape[1] == 1:
                found += [(read, int(targets[0]))] if targets[0] else []
            else:
                found += [(read[: i + 1], int(t)) for i, t in enumerate(targets) if t]
    return found


@pytest.mark.parametrize("bucket", [True, False])
@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("form", ["prefixes", "packed"])
def test_an_epoch_has_every_pair_once(world, form, shuffle, bucket):
    log, catalog, sessions = world
    arguments = {"form": form, "shuffle": shuffle, "bucket_by_length": bucket}
    dataset = prefixes(log, catalog, batch_size=16, max_length=MAX_LENGTH, **arguments)
    expected = Counter(reference.pairs(sessions, MAX_LENGTH))
    assert Counter(pairs_of(dataset)) == expected
    batches = list(dataset)
    assert int(dataset.cardinality()) == len(batches)
    assert max(float(np.sum(weight)) for *_, weight in batches) <= 16


@pytest.mark.parametrize("bucket", [True, False])
def test_futures_have_every_target_that_is_not_last(world, bucket):
    log, catalog, sessions = world
    arguments = {"form": "futures", "bucket_by_length": bucket}
    dataset = prefixes(log, catalog, batch_size=16, max_length=MAX_LENGTH, **arguments)
    labels = [label for _, label in reference.pairs(sessions, MAX_LENGTH)]
    futures = reference.futures(sessions, MAX_LENGTH)
    expected = Counter((f, label) for f, label in zip(futures, labels, strict=True) if f)
    assert Counter(pairs_of(dataset)) == expected


@pytest.mark.parametrize("bucket", [True, False])
def test_futures_come_beside_their_prefixes(world, bucket):
    log, catalog, sessions = world
    arguments = {"with_futures": True, "bucket_by_length": bucket}
    dataset = prefixes(log, catalog, 16, max_length=MAX_LENGTH, **arguments)
    pairs, futures = reference.pairs(sessions, MAX_LENGTH), reference.futures(sessions, MAX_LENGTH)
    expected = Counter((*pair, future) for pair, future in zip(pairs, futures, strict=True))
    found = Counter()
    for x, y, _ in dataset.as_numpy_iterator():
        for row, target, future in zip(x["item"], y[:, 0], x["future"], strict=True):
            read = tuple(row[row > 0].tolist())
            if target:
                found[read, int(target), tuple(future[future > 0].tolist())] += 1
    assert found == expected


class NumberedLabels:
    """Labels that say which pair they are of."""

    top = 2

    def __init__(self, num_pairs, log, catalog):
        self.num_pairs = num_pairs
        rows = PrefixRows(*catalog_events(log, catalog), "prefixes", MAX_LENGTH)
        self.fingerprint = rows.fingerprint(catalog)
        self.contents = "labels"

    def of(self, pairs):
        return np.stack([pairs + 1, pairs + 1], 1).astype(np.int32), np.full((len(pairs), 2), 0.5)


@pytest.mark.parametrize("bucket", [True, False])
def test_soft_labels_are_those_of_the_pair(world, bucket):
    log, catalog, sessions = world
    expected = reference.pairs(sessions, MAX_LENGTH)
    labels = NumberedLabels(len(expected), log, catalog)
    arguments = {"soft_labels": labels, "bucket_by_length": bucket}
    dataset = prefixes(log, catalog, 16, max_length=MAX_LENGTH, **arguments)
    seen = set()
    for x, y, _ in dataset.as_numpy_iterator():
        for row, target, pair in zip(x["item"], y[:, 0], x["soft_item"][:, 0], strict=True):
            if target:
                assert expected[pair - 1] == (tuple(row[row > 0].tolist()), target)
                seen.add(int(pair))
    assert len(seen) == len(expected)


def test_labels_of_another_log_are_refused(world):
    log, catalog, _ = world
    fewer = log.select_sessions(np.arange(log.num_sessions - 1))
    other = ksr.Catalog(catalog.item_ids[::-1])
    for labels in (NumberedLabels(3, fewer, catalog), NumberedLabels(3, log, other)):
        with pytest.raises(ValueError, match="`soft_labels` must have been written for this log"):
            prefixes(log, catalog, soft_labels=labels)


@pytest.mark.parametrize("bucket", [True, False])
def test_epochs_differ_and_repeat_with_the_seed(world, bucket):
    log, catalog, _ = world
    dataset = prefixes(log, catalog, 16, seed=4, bucket_by_length=bucket)
    endless, number = ksr.batches.epochs_of(dataset), len(dataset)
    first, second = pairs_of(endless.take(number)), pairs_of(endless.skip(number).take(number))
    assert first != second
    assert Counter(first) == Counter(second)
    assert pairs_of(dataset) == pairs_of(dataset) == first, "looking changes nothing"
    again, other = (
        prefixes(log, catalog, 16, seed=seed, bucket_by_length=bucket) for seed in (4, 5)
    )
    assert pairs_of(again) == first
    assert pairs_of(other) != first


def lengths_of(dataset):
    """The lengths of the rows of every full batch."""
    for x, _, weight in dataset.as_numpy_iterator():
        if weight.all():
            yield (x["item"] > 0).sum(axis=1)


def test_random_batches_have_rows_of_all_lengths(world):
    log, catalog, sessions = world
    arguments = {"batch_size": 64, "max_length": MAX_LENGTH}
    mixed = list(lengths_of(prefixes(log, catalog, **arguments, bucket_by_length=False)))
    bucketed = list(lengths_of(prefixes(log, catalog, **arguments)))
    every = np.array([len(read) for read, _ in reference.pairs(sessions, MAX_LENGTH)])
    # A random batch is a sample of all rows; those of one width spread less.
    deviations = abs(np.array([lengths.mean() for lengths in mixed]) - every.mean())
    assert deviations.max() < 4.5 * every.std() / np.sqrt(64)
    assert np.mean([lengths.std() for lengths in mixed]) > 0.9 * every.std()
    assert np.mean([lengths.std() for lengths in bucketed]) < 0.4 * every.std()


def test_random_batches_have_one_shape_that_is_known(world):
    log, catalog, sessions = world
    longest = max(len(session) for session in sessions) - 1
    for most, width in ((MAX_LENGTH, MAX_LENGTH), (100, longest)):
        dataset = prefixes(log, catalog, 16, max_length=most, bucket_by_length=False)
        assert dataset.element_spec[0]["item"].shape == (16, width)
        assert {tuple(x["item"].shape) for x, *_ in dataset} == {(16, width)}


def test_batches_have_few_shapes_and_little_padding(world, caplog):
    log, catalog, _ = world
    with caplog.at_level(logging.INFO, "keras_sessrec.batches.prefix_batches"):
        dataset = prefixes(log, catalog, batch_size=32, max_length=19)
    shapes = {tuple(x["item"].shape) for x, *_ in dataset}
    assert {height for height, _ in shapes} == {32}
    assert len(shapes) <= 9
    read = sum(int((x["item"] > 0).numpy().sum()) for x, *_ in dataset)
    size = sum(int(np.prod(x["item"].shape)) for x, *_ in dataset)
    assert f"{100 * (1 - read / size):.0f}% of what is read is padding" in caplog.text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"batch_size": 0}, "`batch_size` must be a positive integer. Received: batch_size=0"),
        ({"max_length": 0}, "`max_length` must be a positive integer"),
        ({"form": "bags"}, "`form` must be one of"),
        ({"form": "packed", "with_futures": True}, "need `form='prefixes'`"),
    ],
)
def test_wrong_arguments_are_named(world, arguments, message):
    log, catalog, _ = world
    with pytest.raises(ValueError, match=message):
        prefixes(log, catalog, **arguments)


def test_a_log_without_pairs_is_an_error(world):
    log, catalog, _ = world
    short = log.select_sessions(log.lengths == 1)
    with pytest.raises(ValueError, match="at least two events"):
        prefixes(short, catalog)
    pairs = log.select_sessions(log.lengths == 2)
    with pytest.raises(ValueError, match="at least three events"):
        prefixes(pairs, catalog, form="futures")
