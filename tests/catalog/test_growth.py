"""A catalog that gained items."""

import numpy as np
import pytest
import scipy.sparse

from harness.scorer import log_of, random_sessions
from keras_sessrec.catalog.catalog import Catalog


def test_old_items_keep_their_numbers_and_new_ones_follow_by_frequency():
    catalog = Catalog([30, 10, 20], counts=[9, 9, 9])
    grown = catalog.extended(log_of([[10, 5, 7, 7], [30, 2, 5, 30, 99]]))
    assert grown.item_ids.tolist() == [30, 10, 20, 5, 7, 2, 99]
    assert grown.counts.tolist() == [2, 1, 0, 2, 2, 1, 1]
    assert (catalog.item_ids.tolist(), catalog.counts.tolist()) == ([30, 10, 20], [9, 9, 9])


def test_only_what_occurs_is_added():
    log = log_of([["a", "b"], ["c", "d"]]).select_sessions(np.array([1]))
    assert Catalog(["d"]).extended(log).item_ids.tolist() == ["d", "c"]


def test_nothing_new():
    log = log_of([[1, 2, 2]])
    assert Catalog([1, 2]).extended(log) == Catalog([1, 2], counts=[1, 2])


def test_the_new_log_is_counted_as_from_log_does():
    log = log_of(random_sessions(seed=3, num_sessions=60, num_items=30))
    whole = Catalog.from_log(log)
    grown = Catalog([111, 105, 999]).extended(log)
    counts = dict(zip(whole.item_ids.tolist(), whole.counts.tolist(), strict=True))
    assert dict(zip(grown.item_ids.tolist(), grown.counts.tolist(), strict=True)) == {
        **counts,
        999: 0,
    }
    # Behind the old ones, in the order of `from_log`.
    behind = [i for i in whole.item_ids.tolist() if i not in (111, 105)]
    assert grown.item_ids[3:].tolist() == behind


def test_growing_twice_is_stable():
    first = Catalog([4]).extended(log_of([[4, 6, 6, 5]]))
    second = first.extended(log_of([[9, 9, 5, 4], [8, 9, 9, 9]]))
    assert first.item_ids.tolist() == [4, 6, 5]
    assert second.item_ids.tolist() == [4, 6, 5, 9, 8]
    assert second.counts.tolist() == [1, 0, 1, 5, 1]


def test_integers_and_their_strings_are_the_same_item():
    numbers = Catalog([12, 7]).extended(log_of([["12", "3", "7"]]))
    assert numbers.item_ids.tolist() == [12, 7, 3] and numbers.item_ids.dtype == np.int64
    strings = Catalog(["12", "x"]).extended(log_of([[12, 3]]))
    assert strings.item_ids.tolist() == ["12", "x", "3"]
    assert strings.counts.tolist() == [1, 0, 1]


def test_a_string_that_is_no_integer():
    with pytest.raises(ValueError, match=r"`log` must have integer item ids.*Received: 'tea'"):
        Catalog([12, 7]).extended(log_of([["12", "tea"]]))


def test_new_items_have_no_features_until_they_are_given():
    catalog = Catalog([1, 2]).with_features("look", [[1.0, 2.0], [3.0, 4.0]])
    catalog = catalog.with_features("text", scipy.sparse.csr_matrix([[0, 5.0], [6.0, 0]]))
    grown = catalog.extended(log_of([[3, 1]]))
    assert grown.features["look"].to_dense().tolist() == [[1, 2], [3, 4], [0, 0]]
    assert grown.features["text"].to_dense().tolist() == [[0, 5], [6, 0], [0, 0]]
    assert grown.items_without_features("text").tolist() == [3]
    whole = grown.with_features("look", np.eye(3))
    assert whole.items_without_features("look").tolist() == []


def test_items_without_a_click_follow():
    catalog = Catalog([30, 10], counts=[4, 2]).with_features("look", [[1.0], [2.0]])
    grown = catalog.with_items([7, "10", 7, 5.0])
    assert grown.item_ids.tolist() == [30, 10, 7, 5]
    assert grown.counts.tolist() == [4, 2, 0, 0]
    assert grown.features["look"].matrix.ravel().tolist() == [1, 2, 0, 0]
    assert catalog.with_items([]) == catalog
    assert Catalog(["30"]).with_items([30, 7]).item_ids.tolist() == ["30", "7"]


def test_items_that_are_no_ids_of_the_catalog():
    with pytest.raises(ValueError, match=r"`item_ids` must have integer.*Received: 'tea'"):
        Catalog([1]).with_items(["tea"])
    with pytest.raises(ValueError, match=r"`item_ids` must all be there.* place 1"):
        Catalog([1]).with_items([3, None])
