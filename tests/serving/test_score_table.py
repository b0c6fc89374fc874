"""The table that a served catalog is scored with, in three precisions."""

import numpy as np
import pytest
import tensorflow as tf

import keras_sessrec as ksr
from harness.served import unsaved
from keras_sessrec.serving import score_table
from keras_sessrec.serving.score_table import ScoreTable

RNG = np.random.default_rng(0)


def parts_of(num_items, dim=5):
    vectors = RNG.normal(size=(num_items, dim)).astype("float32")
    vectors[0] = 0  # an item without a vector
    vectors[-1] *= 1000  # and a long one
    return vectors, *RNG.normal(size=(2, num_items)).astype("float32")


def query_of(rows, dim=5):
    query = RNG.normal(size=(rows, dim + 2)).astype("float32")
    query[:, -2:] = [1, 0]
    query[0] = [0] * dim + [0, 1]  # answered by counts
    return query


def stored(vectors, dtype):
    """The vectors as the numbers of a type give them back."""
    if dtype == "int8":
        scales = np.maximum(abs(vectors).max(axis=1, keepdims=True), 1e-30) / np.float32(127)
        return np.round(vectors / scales).astype("int8").astype("float64") * scales
    return vectors.astype(dtype).astype("float64")


@pytest.mark.parametrize("dtype", ["float32", "float16", "int8"])
@pytest.mark.parametrize("num_items", [1, 64, 700, 2000])
def test_scores_equal_a_product_in_numpy(monkeypatch, dtype, num_items):
    monkeypatch.setattr(score_table, "_CHUNK", 256)
    vectors, bias, counts = parts_of(num_items)
    table = ScoreTable(vectors, bias, counts, dtype)
    query = query_of(3)
    want = query[:, :-2] @ stored(vectors, dtype).T + query[:, -2:] @ np.stack([bias, counts])
    scores = table.scores(tf.constant(query)).numpy()
    assert scores.shape == (3, table.width) and table.width % 64 == 0
    np.testing.assert_allclose(scores[:, :num_items], want, rtol=1e-4, atol=1e-3)
    assert (scores[:, num_items:] < -1e38).all() and table.width > num_items
    columns = RNG.integers(0, table.width, (3, 4)).astype("int32")
    some = table.scores_of(tf.constant(query), tf.constant(columns))
    np.testing.assert_allclose(some, np.take_along_axis(scores, columns, 1), rtol=1e-4, atol=1e-3)
    assert table.scores(tf.constant(query[:0])).shape == (0, table.width)


@pytest.mark.parametrize("dtype", ["float16", "int8"])
def test_a_wide_catalog_keeps_its_order_and_takes_less_memory(dtype):
    vectors, bias, counts = parts_of(20_000, dim=16)
    whole = ScoreTable(vectors, bias, counts)
    table = ScoreTable(vectors, bias, counts, dtype)

    def size(module):
        return sum(v.dtype.size * v.shape.num_elements() for v in module.variables)

    assert size(table) < {"float16": 0.65, "int8": 0.45}[dtype] * size(whole)
    query = tf.constant(query_of(40, dim=16))
    want, got = (np.argsort(-t.scores(query)[:, :20_000], axis=1)[:, :20] for t in (whole, table))
    shared = [len(np.intersect1d(*pair)) for pair in zip(want, got, strict=True)]
    assert np.mean(shared) > {"float16": 19.9, "int8": 18}[dtype]


def test_wrong_dtypes_are_named():
    with pytest.raises(ValueError, match="`score_dtype` must be one of float32, float16, int8"):
        ScoreTable(*parts_of(3), dtype="int4")
    vectors, bias, counts = parts_of(3)
    with pytest.raises(ValueError, match=r"Received: a model with .*e\+1[12]"):
        ScoreTable(vectors * np.float32(1e9), bias, counts, dtype="float16")


@pytest.mark.parametrize("dtype", ["float16", "int8"])
def test_signatures_of_less_precision_answer_nearly_the_same(tmp_path, dtype):
    log = ksr.data.synthetic_shop(num_items=60, num_sessions=300, seed=1).log
    catalog = ksr.Catalog.from_log(log)
    model = ksr.models.GRU4Rec(catalog, units=[8], tie_embeddings=True, seed=1)
    served = unsaved(model, tmp_path, k=5, score_dtype=dtype)
    sessions = [catalog.item_ids[i : i + 3].tolist() for i in range(0, 30, 3)]
    answer = served.ask(session=sessions)
    want = [[score for _, score in pairs] for pairs in model.recommend(sessions, k=5)]
    np.testing.assert_allclose(answer["scores"], want, rtol=0.02, atol=0.01)
    again = served.ask("score", session=sessions, candidates=tf.constant(answer["item_ids"]))
    np.testing.assert_allclose(again["scores"], answer["scores"], rtol=1e-4, atol=1e-5)
