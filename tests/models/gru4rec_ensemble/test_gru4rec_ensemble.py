"""GRU4RecEnsemble: members that are trained alone and score together."""

import numpy as np
import pytest

import keras_sessrec as ksr
from harness.model import chain_log, compile_arguments, run_model_test

LOG = chain_log()
CATALOG = ksr.Catalog.from_log(LOG)


def test_contract(tmp_path):
    arguments = {"members": 2, "units": [16], "tie_embeddings": True, "normalize": True}
    run_model_test(
        lambda catalog: ksr.models.GRU4RecEnsemble(catalog, seed=1, score_scale=8.0, **arguments),
        tmp_path,
        epochs=8,
    )


def test_every_member_is_trained_as_if_it_were_alone():
    """Exactly in one mini-batch: the next one begins with states of the weights that it left."""
    ensemble = ksr.models.GRU4RecEnsemble(CATALOG, members=3, units=[6], seed=1)
    alone = []
    for member in ensemble.network.members.values():
        model = ksr.models.GRU4Rec(CATALOG, units=[6], seed=2)
        for own, other in zip(model.network.weights, member.weights, strict=True):
            own.assign(other)
        alone.append(model)
    batches = ksr.batches.session_parallel(LOG, CATALOG, lanes=8)
    for model in (ensemble, *alone):
        model.compile(**compile_arguments(negatives=ksr.samplers.InBatch()))
        model.fit(batches.take(1), verbose=0)
    for model, member in zip(alone, ensemble.network.members.values(), strict=True):
        for own, other in zip(model.network.weights, member.weights, strict=True):
            np.testing.assert_allclose(own, other, atol=1e-6, err_msg=own.path)
    items = np.array([[3, 4, 0], [7, 1, 2]], "int32")
    mean = np.mean([np.asarray(model.score(items)) for model in alone], axis=0)
    np.testing.assert_allclose(ensemble.score(items), mean, atol=1e-5)


def test_members_differ_and_a_seed_makes_them_all():
    first, again, other = (
        ksr.models.GRU4RecEnsemble(CATALOG, members=2, units=[4], seed=seed) for seed in (1, 1, 2)
    )
    tables = [
        [np.asarray(member.scorer.table) for member in model.network.members.values()]
        for model in (first, again, other)
    ]
    np.testing.assert_array_equal(tables[0], tables[1])
    assert not np.allclose(tables[0][0], tables[0][1])
    assert not np.allclose(tables[0][0], tables[2][0])


def test_simultaneous_training_is_of_the_mean():
    model = ksr.models.GRU4RecEnsemble(CATALOG, members=2, units=[4], seed=1)
    model.compile(**compile_arguments(strategy="simultaneous"))
    model.fit(ksr.batches.session_parallel(LOG, CATALOG, lanes=8), verbose=0)
    assert model.get_compile_config()["strategy"]["class_name"] == "Simultaneous"


@pytest.mark.parametrize("members", [0, -1, 1.5, True])
def test_bad_numbers_of_members_are_refused(members):
    with pytest.raises(ValueError, match="`members` must be a positive int"):
        ksr.models.GRU4RecEnsemble(CATALOG, members=members)


def test_arguments_are_those_of_gru4rec():
    with pytest.raises(ValueError, match="`embedding_dropout` needs an embedding"):
        ksr.models.GRU4RecEnsemble(CATALOG, embedding_dropout=0.5)
    with pytest.raises(ValueError, match="unit"):
        ksr.models.GRU4RecEnsemble(CATALOG, unit=[4])
