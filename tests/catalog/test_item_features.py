import json

import keras
import numpy as np
import pytest

from keras_sessrec.catalog.item_features import CHECKED_ROWS, ItemFeatures

# Item 1 has two entries, item 2 none, item 3 one.
ROWS = np.array([[0, 0, 0.5, 0, -2], [0, 0, 0, 0, 0], [3, 0, 0, 0, 0]], np.float32)


def sparse_rows(**changes):
    arguments = {"offsets": [0, 2, 2, 3], "columns": [2, 4, 0], "values": [0.5, -2, 3], "width": 5}
    return ItemFeatures.sparse(**{**arguments, **changes})


def random_rows(seed, shape, density):
    """A float32 table and its CSR arrays, made row by row."""
    rng = np.random.default_rng(seed)
    matrix = np.where(rng.random(shape) < density, rng.normal(size=shape), 0).astype(np.float32)
    columns = [np.flatnonzero(row) for row in matrix]
    offsets = [0]
    for row in columns:
        offsets.append(offsets[-1] + len(row))
    values = np.concatenate([row[c] for row, c in zip(matrix, columns, strict=True)])
    return matrix, (offsets, np.concatenate(columns), values, shape[1])


def test_dense():
    features = ItemFeatures.dense(ROWS.astype(np.float64))
    assert (features.is_sparse, features.num_items, features.width) == (False, 3, 5)
    assert features.matrix.dtype == np.float32
    np.testing.assert_array_equal(features.matrix, ROWS)
    np.testing.assert_array_equal(features.to_dense(), ROWS)
    assert features.is_zero().tolist() == [False, True, False]
    assert repr(features) == "<ItemFeatures of 3 items, 5 columns, dense>"


def test_sparse():
    features = sparse_rows()
    assert (features.is_sparse, features.num_items, len(features), features.width) == (
        True,
        3,
        3,
        5,
    )
    assert features.matrix is None
    dtypes = features.offsets.dtype, features.columns.dtype, features.values.dtype
    assert dtypes == (np.int64, np.int32, np.float32)
    assert features.max_entries == 2
    assert features.is_zero().tolist() == [False, True, False]
    np.testing.assert_array_equal(features.to_dense(), ROWS)


@pytest.mark.parametrize("density", [0.0, 0.02, 0.3, 1.0])
def test_padded_lookup_equals_the_dense_table(density):
    matrix, arrays = random_rows(1, (40, 30), density)
    features = ItemFeatures.sparse(*arrays)
    np.testing.assert_array_equal(features.to_dense(), matrix)
    columns, values = features.padded()
    assert columns.shape == values.shape == (40, (matrix != 0).sum(axis=1).max())
    assert (columns.dtype, values.dtype) == (np.int32, np.float32)
    weights = np.random.default_rng(2).normal(size=(30, 4))
    expected = matrix.astype(np.float64) @ weights
    np.testing.assert_allclose((values[..., None] * weights[columns]).sum(axis=1), expected)
    for row, (c, v) in enumerate(zip(columns, values, strict=True)):
        num = (matrix[row] != 0).sum()
        assert c[num:].tolist() == v[num:].tolist() == [0] * (len(c) - num)


def test_order_and_zeros_make_no_difference():
    mixed = sparse_rows(
        offsets=[0, 3, 4, 6], columns=[4, 1, 2, 3, 4, 0], values=[-2, 0, 0.5, 0, 0, 3]
    )
    assert mixed == sparse_rows()
    assert mixed.max_entries == 2
    assert mixed.columns.tolist() == [2, 4, 0]


def test_no_entries():
    features = ItemFeatures.sparse([0, 0, 0], [], [], width=3)
    assert features.max_entries == 0
    assert features.padded()[0].shape == (2, 0)
    np.testing.assert_array_equal(features.to_dense(), np.zeros((2, 3)))
    assert ItemFeatures.from_config(features.get_config()) == features


@pytest.mark.parametrize("rows", [[2, 0, 1], [-1, 2, -1, 2, 0], [-1, -1], [], [0, 1, 2]])
def test_take(rows):
    expected = np.zeros((len(rows), 5), np.float32)
    for place, row in enumerate(rows):
        if row >= 0:
            expected[place] = ROWS[row]
    for features in (ItemFeatures.dense(ROWS), sparse_rows()):
        taken = features.take(rows)
        assert taken.is_sparse == features.is_sparse
        np.testing.assert_array_equal(taken.to_dense(), expected)


@pytest.mark.parametrize("rows", [[3], [-2, 0]])
def test_take_outside_the_table(rows):
    with pytest.raises(ValueError, match=r"`rows` must be in -1\.\.2\. Received: values from"):
        sparse_rows().take(rows)


@pytest.mark.parametrize("features", [ItemFeatures.dense(ROWS), sparse_rows()], ids=repr)
def test_keras_serializes_the_exact_values(features):
    exact = features.take([0, 1, 2])
    if exact.is_sparse:
        exact.values[0] = np.float32(0.1)
    else:
        exact.matrix[0, 0] = np.float32(0.1)
    config = json.loads(json.dumps(keras.saving.serialize_keras_object(exact)))
    assert config["registered_name"] == "keras_sessrec>ItemFeatures"
    again = keras.saving.deserialize_keras_object(config)
    assert again == exact
    assert again != features
    assert again.to_dense().dtype == np.float32


def test_the_config_of_an_array_that_is_not_contiguous():
    features = ItemFeatures.dense(np.asfortranarray(ROWS)[:, ::-1])
    assert ItemFeatures.from_config(features.get_config()).matrix.tolist() == (
        ROWS[:, ::-1].tolist()
    )


def test_equality():
    assert ItemFeatures.dense(ROWS) == ItemFeatures.dense(ROWS.copy())
    assert ItemFeatures.dense(ROWS) != ItemFeatures.dense(ROWS + 1)
    assert ItemFeatures.dense(ROWS) != sparse_rows()
    assert sparse_rows() != sparse_rows(width=6)
    assert sparse_rows() != sparse_rows(values=[0.5, -2, 4])
    assert sparse_rows() != sparse_rows(offsets=[0, 2, 3, 3])
    assert sparse_rows() != "features"


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        (np.zeros(3), r"shape \[items, columns\].*Received: shape \(3,\)"),
        (np.zeros((3, 0)), r"at least one column. Received: shape \(3, 0\)"),
        (np.zeros((3, 2, 2)), r"Received: shape \(3, 2, 2\)"),
        ([["a"]], "real numbers. Received: dtype <U1"),
        (np.zeros((2, 2), complex), "real numbers. Received: dtype complex128"),
        ([[1, 2], [3, np.nan]], "finite as float32. Received: nan in column 1 of row 1"),
        ([[1, -np.inf]], "finite as float32. Received: -inf in column 1 of row 0"),
        ([[1e39]], "finite as float32. Received: inf in column 0 of row 0"),
    ],
)
def test_unusable_matrix(matrix, message):
    with pytest.raises(ValueError, match=f"`matrix` must .*{message}"):
        ItemFeatures.dense(matrix)


def test_a_bad_value_far_down_is_found():
    matrix = np.zeros((CHECKED_ROWS + 5, 2), np.float32)
    matrix[CHECKED_ROWS + 3, 1] = np.inf
    with pytest.raises(ValueError, match=f"inf in column 1 of row {CHECKED_ROWS + 3}"):
        ItemFeatures.dense(matrix)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"width": 0}, "`width` must be from 1 to .*Received: width=0"),
        ({"width": 2**31}, "`width` must be from 1 to .*Received: width=2147483648"),
        ({"width": 4}, r"`columns` must be in 0\.\.3. Received: column 4 for row 0"),
        ({"columns": [2, 4, -1]}, r"`columns` must be in 0\.\.4. Received: column -1 for row 2"),
        ({"columns": [2, 2, 0]}, "distinct. Received: column 2 more than once for row 0"),
        ({"columns": [2, 4]}, r"shape \[entries\]. Received: shapes \(2,\) and \(3,\)"),
        ({"columns": [2.0, 4.0, 0.0]}, "`columns` must hold integers. Received: dtype float64"),
        ({"values": [[0.5], [-2], [3]]}, r"shape \[entries\]. Received: .* and \(3, 1\)"),
        ({"values": [0.5, -2, np.nan]}, "`values` must be finite.*nan in column 0 of row 2"),
        ({"values": [0.5, np.inf, 1]}, "`values` must be finite.*inf in column 4 of row 0"),
        ({"values": ["a", "b", "c"]}, "`values` must hold real numbers"),
        ({"offsets": [0, 2, 1, 3]}, "`offsets` must ascend from 0 to .*Received"),
        ({"offsets": [1, 2, 2, 3]}, r"`offsets` must ascend .*first and last \(1, 3\)"),
        ({"offsets": [0, 2, 2, 4]}, r"number of entries \(3\). Received: .* \(0, 4\)"),
        ({"offsets": []}, r"`offsets` must ascend .*Received: shape \(0,\)"),
        ({"offsets": [[0, 3]]}, r"`offsets` must ascend .*Received: shape \(1, 2\)"),
        ({"offsets": [0.0, 2.0, 2.0, 3.0]}, "`offsets` must hold integers"),
    ],
)
def test_unusable_sparse_arrays(changes, message):
    with pytest.raises(ValueError, match=message):
        sparse_rows(**changes)


def test_errors_name_the_item():
    with pytest.raises(ValueError, match="nan in column 0 of item id 'cup'"):
        ItemFeatures.dense([[1.0], [np.nan]], item_ids=["tea", "cup"])
    with pytest.raises(ValueError, match="nan in column 0 of item id 30"):
        sparse_rows(values=[1, 1, np.nan], item_ids=np.array([10, 20, 30]))


def test_a_dense_table_is_not_padded():
    assert ItemFeatures.dense(ROWS).max_entries == 5
    with pytest.raises(ValueError, match=r"`padded` is for sparse features. Received: dense"):
        ItemFeatures.dense(ROWS).padded()
