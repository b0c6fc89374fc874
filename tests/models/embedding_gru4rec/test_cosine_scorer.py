"""The output layer of fixed vectors."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_sessrec as ksr
from keras_sessrec.layers import EmbeddedItem
from keras_sessrec.models.embedding_gru4rec.cosine_scorer import CosineScorer

RNG = np.random.default_rng(0)
VECTORS = RNG.normal(size=(5, 4)) * [[0.01], [1], [30], [1], [2]]
HIDDEN = RNG.normal(size=(3, 4)) * [[1e-2], [1], [1e3]]


def scorer_of(vectors=VECTORS, **arguments):
    scorer = CosineScorer(num_items=len(vectors), dim=vectors.shape[1], **arguments)
    scorer.set_vectors(vectors)
    return scorer


def cosines(hidden, vectors):
    return np.array([[h @ v / np.sqrt((h @ h) * (v @ v)) for v in vectors] for h in hidden])


def test_scores_are_cosines():
    scores = scorer_of()(HIDDEN)
    assert scores.dtype == tf.float32
    np.testing.assert_allclose(scores, cosines(HIDDEN, VECTORS), atol=1e-6)


def test_candidates_may_repeat():
    scores = scorer_of()(HIDDEN, np.array([4, 4, 1]))
    np.testing.assert_allclose(scores, cosines(HIDDEN, VECTORS)[:, [3, 3, 0]], atol=1e-6)


def test_vectors_of_zeros_have_cosine_0_and_finite_gradients():
    vectors = VECTORS.copy()
    vectors[2] = 0
    scorer = scorer_of(vectors)
    hidden = tf.constant(np.concatenate([HIDDEN[:1], np.zeros((1, 4))]), tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(hidden)
        scores = scorer(hidden)
    assert np.isfinite(tape.gradient(scores, hidden)).all()
    assert (scores.numpy()[1] == 0).all() and scores.numpy()[0, 2] == 0
    np.testing.assert_allclose(
        np.delete(scores.numpy()[0], 2), np.delete(cosines(HIDDEN[:1], VECTORS)[0], 2), atol=1e-6
    )
    assert np.isfinite(scorer(hidden, np.array([0, 3]))).all(), "padding as a candidate"


def test_no_vectors_yet():
    np.testing.assert_array_equal(CosineScorer(5, 4)(HIDDEN), np.zeros((3, 5)))


def test_nothing_is_trained_and_one_table_serves_both_ends():
    scorer = scorer_of()
    assert scorer.trainable_weights == []
    assert sorted(tuple(w.shape) for w in scorer.weights) == [(6,), (6, 4)]
    reader = EmbeddedItem(scorer=scorer, seed=1)
    reader.build(ksr.Catalog(range(5)), columns=[2, 3])
    items = np.array([[1, 5, 5], [2, 3, 0]])
    want = np.concatenate([np.zeros((1, 4)), VECTORS])[items] @ np.asarray(reader.kernel)
    np.testing.assert_allclose(reader(items, [])[0], want, rtol=1e-5, atol=1e-6)
    assert [w.name for w in reader.trainable_weights] == ["kernel"]
    again = EmbeddedItem.from_config(json.loads(json.dumps(reader.get_config())))
    assert isinstance(again.scorer, CosineScorer) and again.dim == 4


def test_query_and_table_give_the_scores():
    scorer = scorer_of()
    vectors, biases = scorer.score_table()
    assert vectors.dtype == biases.dtype == np.float32
    product = np.asarray(scorer.query(HIDDEN)) @ vectors.T + biases
    np.testing.assert_allclose(product, scorer(HIDDEN), atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)


def test_vectors_can_be_set_anew():
    scorer = scorer_of()
    scorer.set_vectors(VECTORS[::-1])
    np.testing.assert_allclose(scorer(HIDDEN), cosines(HIDDEN, VECTORS[::-1]), atol=1e-6)
    np.testing.assert_allclose(scorer.lookup(np.arange(1, 6)), VECTORS[::-1], rtol=1e-5)


def test_config_and_weights_round_trip():
    scorer = scorer_of()
    stored = json.loads(json.dumps(keras.saving.serialize_keras_object(scorer)))
    again = keras.saving.deserialize_keras_object(stored)
    assert again.get_config() == scorer.get_config()
    again.set_weights(scorer.get_weights())
    np.testing.assert_array_equal(again(HIDDEN), scorer(HIDDEN))


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_half_precision_does_not_overflow(policy):
    scorer = scorer_of(dtype=policy)
    scores = scorer(HIDDEN)
    assert scores.dtype == tf.float32
    np.testing.assert_allclose(scores, cosines(HIDDEN, VECTORS), atol=0.02)
    assert scorer.table.dtype == "float32"


def test_graph_and_xla():
    scorer = scorer_of()
    for jit in (False, True):
        traced = tf.function(scorer, autograph=False, jit_compile=jit)
        np.testing.assert_allclose(
            traced(tf.constant(HIDDEN, tf.float32)), scorer(HIDDEN), atol=1e-6
        )


@pytest.mark.parametrize(
    ("vectors", "message"),
    [
        (VECTORS[:4], r"\(5, 4\). Received: shape \(4, 4\)"),
        (VECTORS.T, r"\(5, 4\). Received: shape \(4, 5\)"),
        (np.where(np.arange(5)[:, None] == 3, np.nan, VECTORS), "finite. Received: .* in row 3"),
    ],
)
def test_unusable_vectors(vectors, message):
    with pytest.raises(ValueError, match=f"`vectors` must .*{message}"):
        CosineScorer(5, 4).set_vectors(vectors)
