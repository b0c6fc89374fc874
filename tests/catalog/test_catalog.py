import json

import keras
import numpy as np
import pandas as pd
import pytest
import scipy.sparse

from harness.scorer import log_of
from keras_sessrec.catalog.catalog import Catalog
from keras_sessrec.catalog.item_features import ItemFeatures
from keras_sessrec.data import SessionLog


def test_items_are_1_to_n_in_the_order_given():
    catalog = Catalog(["pot", "cup", "tea"])
    assert (catalog.num_items, len(catalog)) == (3, 3)
    assert catalog.encode(["tea", "pot", "cup", "pot"]).tolist() == [3, 1, 2, 1]
    assert catalog.decode([1, 2, 3]).tolist() == ["pot", "cup", "tea"]
    assert catalog.counts.tolist() == [1, 1, 1]


@pytest.mark.parametrize("ids", [[30, 10, 20], ["x", "10", " "], [-5, 0, 2**62]])
def test_decode_is_the_inverse_of_encode(ids):
    catalog = Catalog(ids)
    items = catalog.encode(ids)
    assert items.dtype == np.int32
    assert catalog.decode(items).tolist() == ids
    assert catalog.decode([[1, 2], [3, 1]]).tolist() == [[ids[0], ids[1]], [ids[2], ids[0]]]


@pytest.mark.parametrize(
    "ids",
    [
        [12, 7, 12, 5],
        ["12", "7", "12", "5"],
        [12, "7", np.int64(12), np.str_("5")],
        np.array([12, 7, 12, 5], np.uint64),
        np.array([12, 7, 12, 5], np.int8),
        np.array(["12", "7", "12", "5"]),
        np.array(["12", 7, 12, "5"], dtype=object),
    ],
)
@pytest.mark.parametrize("known", [[7, 12], ["7", "12"]])
def test_integers_and_their_decimal_strings_are_the_same_id(ids, known):
    assert Catalog(known).encode(ids).tolist() == [2, 1, 2, 0]


@pytest.mark.parametrize(
    "unknown", [6, "05", "+5", "", "tea", None, "5.5", float("nan"), b"6", 2**70]
)
def test_unknown_ids_are_item_0(unknown):
    catalog = Catalog([5, 1])
    assert catalog.encode([unknown, 5]).tolist() == [0, 1]
    assert unknown not in catalog
    assert 5 in catalog
    assert "5" in catalog


def test_only_the_exact_string_is_known():
    catalog = Catalog(["05", "Tea"])
    assert catalog.encode(["05", 5, "5", "tea", "Tea", None]).tolist() == [1, 0, 0, 0, 2, 0]


def test_ids_may_come_from_a_generator():
    catalog = Catalog(i for i in (7, 12))
    assert catalog.encode(i for i in ("12", 7, 5)).tolist() == [2, 1, 0]


def test_large_integers_are_not_rounded():
    catalog = Catalog([2**53, 2**53 + 1])
    assert catalog.encode(np.array([2**53 + 1, 2**53 + 2], np.uint64)).tolist() == [2, 0]
    assert catalog.encode([str(2**53 + 1), 2**53]).tolist() == [2, 1]


@pytest.mark.parametrize("empty", [[], (), np.array([]), np.array([], np.int64)])
def test_no_id(empty):
    for catalog in (Catalog([1]), Catalog(["a"])):
        items = catalog.encode(empty)
        assert (items.shape, items.dtype) == ((0,), np.int32)
    assert Catalog([1]).decode([]).shape == (0,)


def test_emoji_ids():
    ids = ["🫖", "☕", "👩🏽‍🍳", "👩‍🍳", "é", "e\u0301"]
    catalog = Catalog(ids)
    assert catalog.encode([*ids[::-1], "🍵"]).tolist() == [6, 5, 4, 3, 2, 1, 0]
    config = json.loads(json.dumps(catalog.get_config()))
    assert Catalog.from_config(config).decode([1, 3]).tolist() == ["🫖", "👩🏽‍🍳"]


def test_from_log_numbers_by_popularity_then_id():
    log = log_of([["d", "b", "a"], ["b", "d"], ["c", "d", "a"]])
    catalog = Catalog.from_log(log)
    assert catalog.item_ids.tolist() == ["d", "a", "b", "c"]
    assert catalog.counts.tolist() == [3, 2, 2, 1]


@pytest.mark.parametrize("as_strings", [False, True])
def test_from_log_does_not_depend_on_the_order_of_rows_or_tables(as_strings):
    rng = np.random.default_rng(0)
    sessions, items = rng.integers(0, 40, size=300), rng.integers(0, 25, size=300)
    names = np.arange(100, 125)
    if as_strings:
        names = names.astype(str).astype(object)
    catalogs = []
    for _ in range(3):
        rows, place = rng.permutation(300), rng.permutation(25)
        log = SessionLog.from_arrays(
            session_codes=sessions[rows],
            item_codes=place[items[rows]],
            timestamps=rows,
            session_ids=np.arange(40),
            item_ids=names[np.argsort(place)],
        )
        catalogs.append(Catalog.from_log(log))
    assert catalogs[0] == catalogs[1] == catalogs[2]
    counts = np.bincount(items, minlength=25)
    expected = sorted(range(25), key=lambda item: (-counts[item], item))
    assert catalogs[0].item_ids.tolist() == names[expected].tolist()


def test_from_log_holds_only_what_occurs():
    log = log_of([[1, 2], [3, 3], [2, 4]]).select_sessions(np.array([0, 2]))
    catalog = Catalog.from_log(log)
    assert catalog.item_ids.tolist() == [2, 1, 4]
    assert catalog.encode([3]).tolist() == [0]


@pytest.mark.parametrize("ids", [[3, 1, 2], ["c", "1", "é"]])
def test_config_survives_json(ids):
    catalog = Catalog(ids, counts=[5, 0, 7])
    again = Catalog.from_config(json.loads(json.dumps(catalog.get_config())))
    assert again == catalog
    assert again.item_ids.dtype == catalog.item_ids.dtype
    assert again.encode(ids).tolist() == [1, 2, 3]


def test_keras_serializes_a_catalog():
    catalog = Catalog(["b", "a"], counts=[2, 1])
    config = json.loads(json.dumps(keras.saving.serialize_keras_object(catalog)))
    assert config["registered_name"] == "keras_sessrec>Catalog"
    assert keras.saving.deserialize_keras_object(config) == catalog


def test_equality():
    catalog = Catalog([1, 2], counts=[3, 4])
    assert catalog == Catalog(np.array([1, 2]), counts=np.array([3, 4]))
    assert catalog != Catalog([2, 1], counts=[3, 4])
    assert catalog != Catalog([1, 2], counts=[3, 5])
    assert catalog != Catalog(["1", "2"], counts=[3, 4])
    assert catalog != Catalog([1, 2, 3])
    assert catalog != [1, 2]


def test_repr():
    assert repr(Catalog([1, 2], counts=[3000, 4])) == "<Catalog of 2 items, 3,004 events>"


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        ([], "at least one item. Received: an empty sequence"),
        ([4, 7, 4], "distinct. Received: 4 more than once"),
        (["a", "b", "a"], "distinct. Received: 'a' more than once"),
        (["a", None], r"all be there. Received: none at place 1"),
        (["", "a"], r"all be there. Received: none at place 0"),
        ([1.5, 2.0], r"hold integers or strings. Received: '1.5' of type float"),
        ([True, False], r"hold integers or strings. Received: 'True' of type bool"),
        ([1, 2**63], f"fit into 64 bits with a sign. Received: {2**63}"),
        (np.array([2**63], np.uint64), f"fit into 64 bits with a sign. Received: {2**63}"),
    ],
)
def test_unusable_ids(ids, message):
    with pytest.raises(ValueError, match=f"`item_ids` must .*{message}"):
        Catalog(ids)


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ([1, 2, 3], r"one entry per item \(2\). Received: shape \(3,\)"),
        ([4, -1], r"not be negative. Received: -1 for item id 'b'"),
    ],
)
def test_unusable_counts(counts, message):
    with pytest.raises(ValueError, match=f"`counts` must .*{message}"):
        Catalog(["a", "b"], counts)


@pytest.mark.parametrize("items", [[0, 1], [1, 3], [-1]])
def test_decode_outside_1_to_n(items):
    with pytest.raises(ValueError, match=r"`items` must be in 1\.\.2 .*Received: values from"):
        Catalog(["a", "b"]).decode(items)


@pytest.mark.parametrize("as_strings", [False, True])
def test_a_million_items(as_strings):
    ids = np.random.default_rng(0).permutation(1_000_000) + 10**9
    ids = ids.astype(str).astype(object) if as_strings else ids
    catalog = Catalog(ids, counts=np.arange(1_000_000))
    np.testing.assert_array_equal(catalog.encode(ids), np.arange(1, 1_000_001))
    np.testing.assert_array_equal(
        catalog.encode(ids[::-1].astype(str)[:1000]), np.arange(1_000_000, 999_000, -1)
    )
    np.testing.assert_array_equal(catalog.decode(np.array([1_000_000, 1])), ids[[-1, 0]])


# Rows of the ids 30, 99 (unknown), 10; the catalog's 20 has none.
ROWS = np.array([[1, 0, 0.5], [7, 7, 7], [0, 2, 0]], np.float32)
ROW_IDS = [30, 99, 10]
ALIGNED = [[0, 2, 0], [0, 0, 0], [1, 0, 0.5]]


@pytest.mark.parametrize(
    "as_values",
    [
        np.asarray,
        np.ndarray.tolist,
        ItemFeatures.dense,
        scipy.sparse.csr_matrix,
        scipy.sparse.coo_array,
        scipy.sparse.csc_matrix,
        lambda rows: ItemFeatures.sparse([0, 2, 5, 6], [0, 2, 0, 1, 2, 1], rows[rows != 0], 3),
    ],
)
@pytest.mark.parametrize("as_ids", [list, np.array, lambda ids: [str(i) for i in ids]])
def test_features_are_aligned_by_raw_id(as_values, as_ids):
    catalog = Catalog([10, 20, 30], counts=[3, 2, 1])
    values = as_values(ROWS)
    with_colour = catalog.with_features("colour", values, item_ids=as_ids(ROW_IDS))
    table = with_colour.features["colour"]
    assert table.is_sparse == (scipy.sparse.issparse(values) or getattr(values, "is_sparse", False))
    assert table.to_dense().tolist() == ALIGNED
    assert with_colour.items_without_features("colour").tolist() == [20]
    assert with_colour.item_ids.tolist() == [10, 20, 30]
    assert with_colour.counts.tolist() == [3, 2, 1]
    assert catalog.features == {}


def test_features_in_the_order_of_the_catalog():
    catalog = Catalog(["b", "a", "c"]).with_features("colour", ROWS)
    assert catalog.features["colour"].to_dense().tolist() == ROWS.tolist()
    assert catalog.items_without_features("colour").tolist() == []


def test_a_sparse_matrix_may_hold_a_place_twice_and_is_left_as_it_is():
    matrix = scipy.sparse.csr_matrix(([1.0, 2.0, 4.0], [1, 1, 0], [0, 3, 3]), shape=(2, 2))
    catalog = Catalog([1, 2]).with_features("colour", matrix)
    assert catalog.features["colour"].to_dense().tolist() == [[4, 3], [0, 0]]
    assert matrix.data.tolist() == [1, 2, 4]


def test_with_features_adds_and_replaces():
    catalog = Catalog([1, 2]).with_features("a", [[1], [2]]).with_features("b", [[3], [4]])
    assert list(catalog.features) == ["a", "b"]
    again = catalog.with_features("a", [[5], [6]])
    assert again.features["a"].to_dense().tolist() == [[5], [6]]
    assert again.features["b"] == catalog.features["b"]
    assert catalog.features["a"].to_dense().tolist() == [[1], [2]]


def catalog_with_two_features():
    sparse = scipy.sparse.csr_matrix((np.ones(2), ([0, 1], [1199, 3])), shape=(2, 1200))
    catalog = Catalog([1, 2], counts=[3000, 4]).with_features("image", np.eye(2, 16))
    return catalog.with_features("text", sparse)


def test_repr_names_the_features():
    assert repr(catalog_with_two_features()) == (
        "<Catalog of 2 items, 3,004 events, features image (16), text (1,200 sparse)>"
    )


def test_equality_looks_at_the_features():
    catalog = catalog_with_two_features()
    assert catalog == catalog_with_two_features()
    assert catalog != Catalog([1, 2], counts=[3000, 4])
    assert catalog != catalog.with_features("image", np.eye(2, 16) * 2)
    assert catalog != catalog.with_features("price", [[1], [2]])


def test_the_config_carries_the_features():
    catalog = catalog_with_two_features()
    config = json.loads(json.dumps(keras.saving.serialize_keras_object(catalog)))
    again = keras.saving.deserialize_keras_object(config)
    assert again == catalog
    assert again.features["text"].to_dense()[0, 1199] == 1


def test_a_config_from_before_there_were_features():
    catalog = Catalog.from_config({"item_ids": [5, 3], "counts": [2, 1]})
    assert catalog == Catalog([5, 3], counts=[2, 1])
    assert catalog.features == {}


@pytest.mark.parametrize(
    ("values", "item_ids", "message"),
    [
        ([[1], [2]], [10, 20, 30], r"one row per id \(3\). Received: 2 rows"),
        ([[1], [2]], None, r"'colour' must have one row per id \(3\). Received: 2 rows"),
        (scipy.sparse.eye(2), None, r"one row per id \(3\). Received: 2 rows"),
        ([[1], [2]], [30, 30], "distinct. Received: 30 more than once"),
        ([[1], [2]], [30, "30"], "distinct. Received: 30 more than once"),
        ([[1, 2], [3, np.nan]], [30, 20], "finite.*nan in column 1 of item id 20"),
        ([[1], [np.inf], [0]], None, "finite.*inf in column 0 of item id 20"),
        (scipy.sparse.csr_matrix([[0, np.nan]]), [20], "finite.*nan in column 1 of item id 20"),
        ([1, 2, 3], None, r"shape \[items, columns\].*Received: shape \(3,\)"),
        ([[1], [2]], ["tea", 99], "ids of the catalog, such as 10. Received: none that is known"),
    ],
)
def test_unusable_features(values, item_ids, message):
    with pytest.raises(ValueError, match=message):
        Catalog([10, 20, 30]).with_features("colour", values, item_ids)


@pytest.mark.parametrize(
    ("features", "message"),
    [
        ({"a": np.eye(3)}, "dict of str -> ItemFeatures. Received: 'a': ndarray"),
        ({1: ItemFeatures.dense(np.eye(3))}, "dict of str -> ItemFeatures. Received: 1: Item"),
        ({"a": ItemFeatures.dense(np.eye(2))}, r"one row per item \(3\). Received: 2 rows of 'a'"),
    ],
)
def test_unusable_feature_tables(features, message):
    with pytest.raises(ValueError, match=f"`features` must .*{message}"):
        Catalog([1, 2, 3], features=features)


def test_features_of_an_unknown_name():
    with pytest.raises(ValueError, match=r"one of .*\['image', 'text'\]. Received: 'imag'"):
        catalog_with_two_features().items_without_features("imag")


def test_sessions_of_raw_ids():
    catalog = Catalog([5, 7])
    sessions, unknown = catalog.encode_sessions([[7.0, None, 9, "5"], [], (b"9",), np.array([5])])
    assert [items.tolist() for items in sessions] == [[2, 1], [], [], [1]]
    assert unknown == 1


@pytest.mark.parametrize("sessions", ["tea", b"tea", None, 5, {1: [5]}, ["tea"], [5], [None]])
def test_no_lists_of_ids(sessions):
    with pytest.raises(TypeError, match="`sessions` must be a list of sessions, each a list"):
        Catalog(["tea"]).encode_sessions(sessions)


def test_tables_and_logs_are_no_sessions():
    log = log_of([["tea", "cup"]])
    for sessions in (log, pd.DataFrame([["tea"]])):
        with pytest.raises(TypeError, match=r"`sessions` must .*groupby\('session_id'\)"):
            Catalog(["tea"]).encode_sessions(sessions)


def test_known_items_of_an_argument():
    catalog = Catalog(["tea", "cup"])
    assert catalog.encode_known({"cup", "pot"}, "exclude").tolist() == [2]
    with pytest.raises(TypeError, match=r"`exclude` must be .*Did you mean \['tea'\]"):
        catalog.encode_known("tea", "exclude")
    with pytest.raises(ValueError, match="`exclude` must hold integers or strings"):
        catalog.encode_known([["tea"]], "exclude")


def test_the_fingerprint_is_that_of_the_items_in_their_order():
    catalog = Catalog(["tea", "cup"], counts=[2, 1])
    assert catalog.fingerprint == Catalog(["tea", "cup"]).fingerprint
    others = [["cup", "tea"], ["tea"], ["tea", "cup", "pot"], ["teac", "up"], [1, 2]]
    assert len({catalog.fingerprint, *(Catalog(ids).fingerprint for ids in others)}) == 6
    assert Catalog([1, 2]).fingerprint != Catalog(["1", "2"]).fingerprint


def test_what_is_no_log():
    with pytest.raises(TypeError, match=r"`log` must be a `SessionLog`. Received: DataFrame"):
        Catalog.from_log(pd.DataFrame({"item_id": [1]}))
    with pytest.raises(TypeError, match=r"`item_ids` must .*Use `Catalog.from_log\(log\)`"):
        Catalog(log_of([[1, 2]]))


def test_more_items_than_32_bits_number_are_refused():
    with pytest.raises(ValueError, match=r"`item_ids` must be at most 2,147,483,646 items.*647"):
        Catalog(range(2**31 - 1))
