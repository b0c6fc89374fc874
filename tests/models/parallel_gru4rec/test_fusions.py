"""Fusions: what all share, and the formula of each."""

import numpy as np
import pytest
import tensorflow as tf

import keras_sessrec as ksr
from keras_sessrec.models.parallel_gru4rec import fusions

KINDS = (ksr.models.ParallelFusion, ksr.models.SharedFusion, ksr.models.InteractionFusion)
NAMES = ("item", "image", "text")


def built(kind, widths=(3, 3, 3), weights=(1.0, 0.5, 2.0), num_items=7, **arguments):
    fusion = kind(seed=1, **arguments)
    names = NAMES[: len(widths)]
    fusion.build(
        ksr.Catalog(range(num_items)),
        dict(zip(names, widths, strict=True)),
        dict(zip(names, weights, strict=True)),
    )
    rng = np.random.default_rng(2)
    for weight in fusion.trainable_weights:
        weight.assign(rng.normal(size=weight.shape))
    return fusion


def hidden(widths=(3, 3, 3)):
    rng = np.random.default_rng(3)
    return {
        name: rng.normal(size=(4, width)).astype("f")
        for name, width in zip(NAMES, widths, strict=False)
    }


@pytest.mark.parametrize("kind", KINDS)
def test_candidates_are_columns_of_the_whole_catalog(kind):
    fusion, parts = built(kind), hidden()
    candidates = np.array([7, 2, 2])
    whole = np.array(fusion(parts))
    assert whole.shape == (4, 7)
    np.testing.assert_allclose(fusion(parts, candidates), whole[:, candidates - 1], atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_scores_of_subnets_add_up(kind):
    fusion, parts = built(kind), hidden()
    if kind is ksr.models.SharedFusion:
        fusion.scorer.bias.assign(np.zeros(8))  # once in every part
    alone = [np.array(fusion(parts, scoring=[name])) for name in NAMES]
    np.testing.assert_allclose(fusion(parts), sum(alone), atol=1e-4)
    some = fusion(parts, scoring=["item", "text"])
    np.testing.assert_allclose(some, alone[0] + alone[2], atol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_every_weight_belongs_to_a_subnet(kind):
    fusion = built(kind)
    owned = {id(v) for k in NAMES for s in fusion.owned_by(k) for v in s.trainable_variables}
    assert owned == {id(v) for v in fusion.trainable_variables}


@pytest.mark.parametrize("kind", KINDS)
def test_config_round_trip(kind):
    fusion = kind(seed=5)
    again = fusions.get(fusion)
    assert again is not fusion and again.get_config() == fusion.get_config()
    for one in (fusion, again):
        one.build(ksr.Catalog(range(7)), {"item": 3, "text": 3}, {"item": 1.0, "text": 1.0})
    for ours, theirs in zip(fusion.weights, again.weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_by_name():
    assert type(fusions.get("interaction", seed=3)) is ksr.models.InteractionFusion
    assert fusions.get("shared", seed=3).seed == 3
    with pytest.raises(ValueError, match=r"`fusion` must be a `Fusion`.*Received: 'sum'"):
        fusions.get("sum")
    with pytest.raises(TypeError, match="`fusion` must be an object, not a class"):
        fusions.get(ksr.models.SharedFusion)


def test_the_base_says_what_is_missing():
    base = ksr.models.Fusion()
    with pytest.raises(NotImplementedError, match="must override `build`"):
        base.build(ksr.Catalog(range(3)), {"item": 2}, {"item": 1.0})
    for call in (base.head, lambda: base.owned_by("item")):
        with pytest.raises(NotImplementedError, match="must override"):
            call()


def test_parallel_equals_one_output_matrix_for_the_concatenated_vectors():
    fusion, parts = built(ksr.models.ParallelFusion, (3, 2), (1.0, 1.0)), hidden((3, 2))
    scorers = fusion.scorers.values()
    matrix = np.concatenate([np.array(s.table)[1:] for s in scorers], axis=1)
    bias = sum(np.array(s.bias)[1:] for s in scorers)
    expected = np.concatenate(list(parts.values()), axis=1) @ matrix.T + bias
    np.testing.assert_allclose(fusion(parts), expected, atol=1e-5)


def test_the_gradient_of_a_feature_score_reaches_the_item_subnet():
    fusion = built(ksr.models.InteractionFusion, (3, 3), (1.0, 1.0))
    item, image = tf.constant([[1.0, -2.0, 0.5]]), tf.constant([[3.0, 0.0, 1.0]])
    with tf.GradientTape() as tape:
        tape.watch(item)
        total = tf.reduce_sum(fusion({"item": item, "image": image}, scoring=["image"]))
    table = np.array(fusion.scorers["image"].table)[1:]
    np.testing.assert_allclose(tape.gradient(total, item)[0], image[0] * table.sum(0), atol=1e-5)


def test_a_shared_output_matrix_is_one():
    fusion = built(ksr.models.SharedFusion)
    assert [tuple(v.shape) for v in fusion.trainable_variables] == [(8, 3), (8,)]


@pytest.mark.parametrize(
    ("owner", "expected"),
    [(None, [True, True]), ("item", [True, False]), ("image", [False, True])],
)
def test_who_trains_a_shared_output_matrix(owner, expected):
    fusion = built(ksr.models.SharedFusion, (3, 3), (1.0, 1.0), owner=owner)
    assert [fusion.owned_by(name) == [fusion.scorer] for name in NAMES[:2]] == expected


@pytest.mark.parametrize("owner", ["sound", 0])
def test_an_owner_that_is_no_subnet_is_an_error(owner):
    with pytest.raises(ValueError, match="`owner` must be one of the subnets"):
        built(ksr.models.SharedFusion, owner=owner)


@pytest.mark.parametrize("kind", KINDS)
def test_normalized_fusions_score_by_cosines(kind):
    fusion, parts = built(kind, normalize=True, score_scale=5.0), hidden()
    found = np.asarray(fusion(parts), np.float64)

    def cosines(query, scorer):
        table = np.asarray(scorer.table, np.float64)[1:]
        table /= np.linalg.norm(table, axis=1, keepdims=True)
        query = query / np.linalg.norm(query, axis=1, keepdims=True)
        return 5 * query @ table.T + np.asarray(scorer.bias)[1:]

    weights = dict(zip(NAMES, (1.0, 0.5, 2.0), strict=True))
    if kind is ksr.models.SharedFusion:
        expected = cosines(sum(w * parts[name] for name, w in weights.items()), fusion.scorer)
    else:
        first = parts["item"] if kind is ksr.models.InteractionFusion else 1.0
        expected = sum(
            w * cosines(parts[name] * (1.0 if name == "item" else first), fusion.scorers[name])
            for name, w in weights.items()
        )
    np.testing.assert_allclose(found, expected, atol=1e-4)
    again = type(fusion).from_config(fusion.get_config())
    assert (again.normalize, again.score_scale) == (True, 5.0)
