import logging

import numpy as np

from harness.scorer import log_of
from keras_sessrec.batches.dataset import catalog_events
from keras_sessrec.catalog.catalog import Catalog


def test_all_items_known():
    log = log_of([["b", "a"], ["a", "c", "a"]])
    items, offsets = catalog_events(log, Catalog(["a", "b", "c"]))
    assert items.tolist() == [2, 1, 1, 3, 1]
    assert items.dtype == np.int32
    assert offsets.tolist() == [0, 2, 5]


def test_unknown_items_are_spliced_out():
    log = log_of([["x", "a", "x", "b", "x"], ["x", "x"], ["b"], ["c", "x", "c"]])
    items, offsets = catalog_events(log, Catalog(["c", "b", "a"]))
    assert items.tolist() == [3, 2, 2, 1, 1]
    assert offsets.tolist() == [0, 2, 2, 3, 5]


def test_the_number_of_left_out_events_is_logged(caplog):
    log = log_of([[1, 2, 1, 3], [2, 1]])
    with caplog.at_level(logging.INFO, logger="keras_sessrec"):
        catalog_events(log, Catalog([1]))
    assert caplog.messages == ["3 of 6 events have items outside the catalog and are left out."]
    caplog.clear()
    with caplog.at_level(logging.INFO, logger="keras_sessrec"):
        catalog_events(log, Catalog([3, 2, 1]))
    assert caplog.messages == []


def test_decimal_strings_are_the_same_items_as_integers():
    log = log_of([["10", "9"], ["8", "10"]])
    items, offsets = catalog_events(log, Catalog([9, 10]))
    assert items.tolist() == [2, 1, 2]
    assert offsets.tolist() == [0, 2, 3]


def test_items_of_the_table_that_do_not_occur_change_nothing():
    log = log_of([[1, 2], [3, 3], [2, 1]])
    items, offsets = catalog_events(log.select_sessions(np.array([0, 2])), Catalog([1, 2]))
    assert items.tolist() == [1, 2, 2, 1]
    assert offsets.tolist() == [0, 2, 4]


def test_no_item_known():
    items, offsets = catalog_events(log_of([[1, 2], [3]]), Catalog([7]))
    assert items.shape == (0,)
    assert offsets.tolist() == [0, 0, 0]


def test_the_log_is_left_as_it_is():
    log = log_of([[1, 2, 3], [3, 2]])
    before = [log.item_codes.copy(), log.offsets.copy(), log.item_ids.copy()]
    catalog_events(log, Catalog([2, 3]))
    for old, new in zip(before, [log.item_codes, log.offsets, log.item_ids], strict=True):
        np.testing.assert_array_equal(old, new)
