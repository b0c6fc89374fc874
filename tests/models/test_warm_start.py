"""Weights of a trained model in a new one, matched by raw id."""

import keras
import numpy as np
import pytest

import keras_sessrec as ksr
from harness.model import chain_log, compile_arguments
from harness.scorer import log_of

LOG = chain_log()
OLD = ksr.Catalog.from_log(LOG)  # ids 100..109
NEW_LOG = log_of([[109, 100, 7, 101], [7, 102, 103], [104, 105, 8], [106, 107, 108]] * 3)
GROWN = OLD.extended(NEW_LOG)
# The same and the new items, all at other places.
SHUFFLED = ksr.Catalog(GROWN.item_ids[[11, 3, 0, 5, 9, 1, 10, 2, 8, 4, 7, 6]])
RNG = np.random.default_rng(2)
LOOK = {i: RNG.normal(size=3) for i in GROWN.item_ids.tolist()}


def gru4rec(**arguments):
    return lambda catalog, seed: ksr.models.GRU4Rec(catalog, units=[6], seed=seed, **arguments)


def embedding_gru4rec(catalog, seed):
    embeddings = np.random.default_rng(seed).normal(size=(catalog.num_items, 4))
    return ksr.models.EmbeddingGRU4Rec(catalog, embeddings, units=[6], seed=seed)


def parallel(catalog, seed):
    look = [LOOK[i] for i in catalog.item_ids.tolist()]
    layers = ksr.layers
    return ksr.models.ParallelGRU4Rec(
        catalog.with_features("look", np.array(look)),
        subnets={
            "item": layers.Subnet(layers.OneHotItem(seed=seed), units=[4], seed=seed),
            "image": layers.Subnet(layers.FeatureTable("look", seed=seed), units=[3], seed=seed),
        },
        seed=seed,
    )


MODELS = {
    "one-hot": gru4rec(),
    "embedded": gru4rec(embedding_dim=4, dense_units=[5]),
    "tied": gru4rec(tie_embeddings=True),
    "discounted": gru4rec(input_discount=0.5),
    "lstm": gru4rec(cell="lstm"),
    "embedding output": embedding_gru4rec,
    "parallel": parallel,
}


def trained_on_old(make):
    """A model of the old catalog, with no weight at its initial value."""
    model = make(OLD, 1)
    rng = np.random.default_rng(9)
    for weight in model.weights:
        if "features" not in weight.path and not _is_feature(model, weight):
            weight.assign(rng.uniform(0.1, 1.0, weight.shape))
    return model


def _is_feature(model, weight):
    tables = [
        layer for layer in model._flatten_layers() if isinstance(layer, ksr.layers.FeatureTable)
    ]
    return any(weight is w for table in tables for w in table.non_trainable_weights)


@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
def test_same_catalog_copies_everything(make):
    trained, model = trained_on_old(make), make(OLD, 2)
    model.warm_start(trained)
    for ours, theirs in zip(model.weights, trained.weights, strict=True):
        np.testing.assert_array_equal(ours, theirs, err_msg=ours.path)
        assert ours is not theirs
    items = np.array([[1, 2, 3], [7, 0, 0]], "int32")
    np.testing.assert_array_equal(np.array(model(items)), np.array(trained(items)))


@pytest.mark.parametrize("catalog", [GROWN, SHUFFLED], ids=["grown", "shuffled"])
@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
def test_items_are_matched_by_raw_id(make, catalog):
    trained, model = trained_on_old(make), make(catalog, 2)
    fresh = [np.array(w) for w in model.weights]
    model.warm_start(trained)
    olds = OLD.encode(catalog.item_ids)
    assert (olds == 0).sum() == 2
    num_tables = 0
    for ours, before, theirs in zip(model.weights, fresh, trained.weights, strict=True):
        ours = np.array(ours)
        if len(ours) != 13:
            np.testing.assert_array_equal(ours, theirs)
            continue
        num_tables += 1
        np.testing.assert_array_equal(ours[1:][olds == 0], before[1:][olds == 0])
        np.testing.assert_array_equal(ours[1:][olds > 0], np.array(theirs)[olds[olds > 0]])
        np.testing.assert_array_equal(ours[0], np.array(theirs)[0])
    assert num_tables >= 2

    sessions = [[100, 103, 109], [105], [102, 102, 108, 101]]
    known = OLD.item_ids.tolist()
    columns = catalog.encode(known) - 1
    for session in sessions:
        was = trained.score(OLD.encode(session)[None])[0]
        now = model.score(catalog.encode(session)[None])[0]
        np.testing.assert_allclose(now[columns], was[OLD.encode(known) - 1], atol=1e-5)


def test_strings_and_integers_are_the_same_item():
    trained = trained_on_old(gru4rec())
    model = gru4rec()(ksr.Catalog([str(i) for i in OLD.item_ids[::-1]]), 2)
    model.warm_start(trained)
    np.testing.assert_array_equal(
        np.array(model.network.scorer.table)[1:], np.array(trained.network.scorer.table)[:0:-1]
    )


def test_a_matrix_as_tall_as_the_catalog_is_no_item_table():
    # 11 rows: the GRU's own matrices are as tall as a table of 10 items.
    trained = ksr.models.GRU4Rec(OLD, units=[11], seed=1)
    model = ksr.models.GRU4Rec(ksr.Catalog(OLD.item_ids[::-1]), units=[11], seed=2)
    model.warm_start(trained)
    for name in ("gate_kernel", "candidate_kernel"):
        np.testing.assert_array_equal(
            getattr(model.network.subnet.cells[0], name),
            getattr(trained.network.subnet.cells[0], name),
        )


def test_features_stay_those_of_the_new_catalog():
    trained = trained_on_old(parallel)
    catalog = GROWN.with_features("look", np.ones((12, 3)))
    model = ksr.models.ParallelGRU4Rec(
        catalog,
        subnets={
            "item": ksr.layers.Subnet(ksr.layers.OneHotItem(), units=[4]),
            "image": ksr.layers.Subnet(ksr.layers.FeatureTable("look"), units=[3]),
        },
    )
    model.warm_start(trained)
    reader = model.network.parallel["image"].representation
    np.testing.assert_array_equal(reader.values, np.ones((13, 3)) * (np.arange(13) > 0)[:, None])
    np.testing.assert_array_equal(
        reader.kernel, trained.network.parallel["image"].representation.kernel
    )


def test_it_trains_on_and_new_items_are_learned():
    trained = gru4rec(tie_embeddings=True)(OLD, 1)
    trained.compile(**compile_arguments())
    trained.fit(ksr.batches.session_parallel(LOG, OLD, lanes=8), epochs=4, verbose=0)
    model = gru4rec(tie_embeddings=True)(GROWN, 2)
    model.warm_start(trained)
    # Before it trains on, it knows what the old one knew.
    assert [r[0][0] for r in model.recommend([[103], [104, 105]], k=1)] == [104, 106]
    model.compile(**compile_arguments())
    assert int(model.optimizer.iterations) == 0
    log = log_of([[101, 7, 8]] * 10 + [[104, 105, 106]] * 10)
    model.fit(ksr.batches.session_parallel(log, GROWN, lanes=4), epochs=12, verbose=0)
    assert model.recommend([[101]], k=1)[0][0][0] == 7
    assert model.recommend([[101, 7]], k=1)[0][0][0] == 8


@pytest.mark.parametrize(
    ("trained", "message"),
    [
        (ksr.models.GRU4Rec(OLD, units=[7]), r".table. of shape \(11, 7\) where .*\(13, 6\)"),
        (ksr.models.GRU4Rec(OLD, units=[6, 6]), r"kernel_1. of shape \(6, 18\) where"),
        (ksr.models.GRU4Rec(OLD, units=[6], tie_embeddings=True), "kernel. of .* where .*table"),
        (ksr.models.GRU4Rec(OLD, units=[6], cell="lstm"), r"\(11, 24\) where .*\(13, 18\)"),
    ],
)
def test_other_architectures_are_named_and_change_nothing(trained, message):
    model = gru4rec()(GROWN, 2)
    before = [np.array(w) for w in model.weights]
    with pytest.raises(ValueError, match=f"same architecture. Received.*{message}"):
        model.warm_start(trained)
    for weight, old in zip(model.weights, before, strict=True):
        np.testing.assert_array_equal(weight, old)


def test_no_shared_item():
    model = gru4rec()(ksr.Catalog(["a", "b"]), 1)
    with pytest.raises(ValueError, match=r"`trained` must have items.*'a'. Received: none.* \d+"):
        model.warm_start(gru4rec()(OLD, 1))


def test_not_from_itself():
    model = gru4rec()(OLD, 1)
    with pytest.raises(ValueError, match="`trained` must be another model"):
        model.warm_start(model)


def test_a_loaded_model_is_a_start_too(tmp_path):
    trained = trained_on_old(gru4rec(embedding_dim=4))
    trained.save(tmp_path / "model.keras")
    model = gru4rec(embedding_dim=4)(GROWN, 2)
    model.warm_start(keras.models.load_model(tmp_path / "model.keras"))
    np.testing.assert_array_equal(
        np.array(model.item_embeddings)[:10], np.array(trained.item_embeddings)
    )
