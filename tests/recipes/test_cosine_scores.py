"""The recipes that score by cosines: what they build, and that they learn."""

import numpy as np
import pytest

import keras_sessrec as ksr
from keras_sessrec.recipes.cosine_scores import RECIPES


def test_both_score_by_cosines_of_tied_vectors():
    catalog = ksr.Catalog(range(30))
    one, three = (recipe.build(catalog, seed=1) for recipe in RECIPES)
    assert type(one).__name__ == "GRU4Rec" and type(three).__name__ == "GRU4RecEnsemble"
    assert len(three.network.members) == 3
    for network in (one.network, *three.network.members.values()):
        vectors, _ = network.scorer.score_table()
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
        assert network.scorer.scale == 22 and network.scorer.dim == 128
        reader = network.subnet.representation
        assert reader.scorer is network.scorer and reader.dropout == 0.45
        assert network.subnet.dropout == 0.15
    for model in (one, three):
        assert model.negatives.num == 2048 and model.negatives.alpha == 0
        assert isinstance(model.loss, ksr.losses.CrossEntropy)
    assert type(three._strategy).__name__ == "Separate"


@pytest.mark.slow
def test_an_ensemble_is_better_than_its_members():
    log = ksr.data.synthetic_shop(num_items=200, num_sessions=3000, seed=1).log
    train, test = ksr.data.split_last_days(log, days=1)
    changes = {"model.units": [24], "negatives.num": 64, "batches.lanes": 16, "epochs": 4}
    model = RECIPES[1].with_arguments(changes).train(train, seed=1, verbose=0)
    alone = []
    for member in model.network.members.values():
        single = ksr.models.GRU4Rec(model.catalog, **RECIPES[0].with_arguments(changes).model[1])
        for own, other in zip(single.network.weights, member.weights, strict=True):
            own.assign(other)
        single.is_trained = True
        alone.append(ksr.evaluate(single, test, k=20).mrr(20))
    assert ksr.evaluate(model, test, k=20).mrr(20) > np.mean(alone)
