"""What all fusions share."""

import numpy as np
import pytest

import keras_sessrec as ksr

KINDS = (ksr.models.ParallelFusion, ksr.models.SharedFusion, ksr.models.InteractionFusion)


def attached(kind, dims=(3, 3, 3), weights=(1.0, 0.5, 2.0), **arguments):
    fusion = kind(seed=1, **arguments)
    fusion.attach(7, dims, weights)
    rng = np.random.default_rng(2)
    for weight in fusion.trainable_weights:
        weight.assign(rng.normal(size=weight.shape))
    return fusion


def hidden(dims=(3, 3, 3)):
    rng = np.random.default_rng(3)
    return [rng.normal(size=(4, dim)).astype("f") for dim in dims]


@pytest.mark.parametrize("kind", KINDS)
def test_candidates_are_columns_of_the_whole_catalog(kind):
    fusion, vectors = attached(kind), hidden()
    candidates = np.array([7, 2, 2])
    whole = np.array(fusion(vectors))
    assert whole.shape == (4, 7)
    np.testing.assert_allclose(fusion(vectors, candidates), whole[:, candidates - 1], atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_scores_of_subnets_add_up(kind):
    fusion, vectors = attached(kind), hidden()
    if kind is ksr.models.SharedFusion:
        fusion.scorer.bias.assign(np.zeros(8))  # once in every part
    parts = [np.array(fusion(vectors, scores=[k])) for k in range(3)]
    np.testing.assert_allclose(fusion(vectors), sum(parts), atol=1e-4)
    np.testing.assert_allclose(fusion(vectors, scores=[0, 2]), parts[0] + parts[2], atol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_the_score_table_gives_the_scores(kind):
    fusion, vectors = attached(kind), hidden()
    table, bias = fusion.score_table()
    assert table.dtype == bias.dtype == np.float32 and len(table) == len(bias) == 7
    scores = np.asarray(fusion.score_query(vectors)) @ table.T + bias
    np.testing.assert_allclose(scores, fusion(vectors), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_every_weight_belongs_to_a_subnet(kind):
    fusion = attached(kind)
    owned = {id(v) for k in range(3) for s in fusion.owned_by(k) for v in s.trainable_variables}
    assert owned == {id(v) for v in fusion.trainable_variables}


@pytest.mark.parametrize("kind", KINDS)
def test_config_round_trip(kind):
    fusion = kind(seed=5)
    again = kind.from_config(fusion.get_config())
    assert again.get_config() == fusion.get_config()
    for one in (fusion, again):
        one.attach(7, (3, 3), (1.0, 1.0))
    for ours, theirs in zip(fusion.weights, again.weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_the_base_says_what_is_missing():
    base = ksr.models.Fusion()
    with pytest.raises(NotImplementedError, match="must override `attach`"):
        base.attach(3, [2], [1.0])
    with pytest.raises(NotImplementedError, match="must override `owned_by`"):
        base.owned_by(0)
