"""Rows of items that nobody has clicked yet."""

import keras
import numpy as np
import pytest

import keras_sessrec as ksr
from harness.model import chain_log, compile_arguments
from harness.scorer import log_of

LOG = chain_log()
OLD = ksr.Catalog.from_log(LOG)  # ids 100..109
RNG = np.random.default_rng(5)
# Nine items more than a linear map has unknowns: it is exact where the rows are linear.
IDS = [*range(100, 110), 7, 8, 9]
LOOK = {i: RNG.normal(size=3) for i in IDS}


def with_looks(catalog):
    return catalog.with_features("look", [LOOK[i] for i in catalog.item_ids.tolist()])


def subnets(seed):
    layers = ksr.layers
    return {
        "item": layers.Subnet(layers.OneHotItem(seed=seed), units=[4], seed=seed),
        "image": layers.Subnet(layers.FeatureTable("look", seed=seed), units=[4], seed=seed),
    }


def gru4rec(**arguments):
    return lambda: ksr.models.GRU4Rec(with_looks(OLD), units=[6], seed=1, **arguments)


def parallel(fusion, **weights):
    return lambda: ksr.models.ParallelGRU4Rec(
        with_looks(OLD), subnets(1), fusion=fusion, subnet_weights=weights, seed=1
    )


def embedding_gru4rec():
    vectors = np.random.default_rng(1).normal(size=(10, 4))
    return ksr.models.EmbeddingGRU4Rec(with_looks(OLD), vectors, units=[6], seed=1)


MODELS = {
    "one-hot": gru4rec(),
    "embedded": gru4rec(embedding_dim=4, dense_units=[5]),
    "tied": gru4rec(tie_embeddings=True),
    "discounted": gru4rec(input_discount=0.5),
    "embedding output": embedding_gru4rec,
    "parallel": parallel("parallel", item=0.5),
    "shared": parallel("shared"),
    "interaction": parallel("interaction"),
}
MORE = with_looks(OLD.with_items([7, 8, 9]))
# The same items, all at other places.
SHUFFLED = with_looks(ksr.Catalog(MORE.item_ids[::-1], MORE.counts[::-1]))


def item_tables(model):
    """Those of the layers, in their order."""
    return [
        (name, getattr(layer, name))
        for layer in model._flatten_layers()
        for name in getattr(layer, "item_tables", ())
        if getattr(layer, name, None) is not None
    ]


def with_linear_rows(make):
    """A model whose trained rows are linear in the looks of the items."""
    model = make()
    looks = np.array([LOOK[i] for i in OLD.item_ids.tolist()])
    maps = []
    for _, table in item_tables(model):
        width = int(np.prod(table.shape[1:]))
        weights, intercept = RNG.normal(size=(3, width)), RNG.normal(size=width)
        maps.append((weights, intercept))
        rows = np.concatenate([np.zeros((1, width)), looks @ weights + intercept])
        table.assign(rows.reshape(table.shape))
    model.is_trained = True
    return model, maps


@pytest.mark.parametrize("catalog", [MORE, SHUFFLED], ids=["behind", "shuffled"])
@pytest.mark.parametrize("kind", [kind for kind in MODELS if kind != "embedding output"])
def test_new_rows_follow_the_map_and_old_ones_stay(kind, catalog):
    trained, maps = with_linear_rows(MODELS[kind])
    model = trained.extended(catalog, from_features="look")
    assert type(model) is type(trained) and model.catalog == catalog
    is_new = OLD.encode(catalog.item_ids) == 0
    looks = np.array([LOOK[i] for i in catalog.item_ids.tolist()])
    moved = []
    assert len(maps) >= 2
    for (name, table), (weights, intercept) in zip(item_tables(model), maps, strict=True):
        rows = np.array(table).reshape(14, -1)
        want = looks @ weights + intercept
        np.testing.assert_allclose(rows[1:][~is_new], want[~is_new], atol=1e-5)
        np.testing.assert_array_equal(rows[0], 0)
        missed = rows[1:][is_new] - want[is_new]
        if name == "bias" and np.ptp(missed) < 0.1 and abs(missed).max() > 0.1:
            moved.append(missed.mean())
        else:
            np.testing.assert_allclose(missed, 0, atol=0.1)
    assert len(moved) == 1  # all of the new items alike, in one output


def test_vectors_that_are_kept_by_their_lengths():
    trained = embedding_gru4rec()
    looks = np.array([LOOK[i] for i in SHUFFLED.item_ids.tolist()])
    weights = RNG.normal(size=(3, 4))
    trained.network.scorer.set_vectors((looks @ weights)[SHUFFLED.encode(OLD.item_ids) - 1])
    trained.is_trained = True
    scorer = trained.extended(SHUFFLED, from_features="look").network.scorer
    np.testing.assert_allclose(scorer.lookup(np.arange(1, 14)), looks @ weights, atol=0.05)
    np.testing.assert_allclose(np.linalg.norm(scorer.table, axis=1)[1:], 1, atol=1e-5)


def test_new_items_hold_their_share_of_the_first_places():
    ids = np.arange(300)
    kinds = RNG.normal(size=(300, 5))
    counts = np.where(ids < 240, 2000 // (ids + 1), 0)
    catalog = ksr.Catalog(ids[:240], counts[:240]).with_features("kind", kinds[:240])
    trained = ksr.models.GRU4Rec(catalog, units=[8], seed=3)
    trained.network.scorer.table.assign(RNG.normal(size=(241, 8)))
    trained.network.subnet.cells[0].bias.assign(RNG.normal(size=24))
    trained.is_trained = True
    more = catalog.with_items(ids[240:]).with_features("kind", kinds)
    clicks = RNG.choice(240, p=counts[:240] / counts.sum(), size=(3000, 1))
    for share, want in ((0.3, 0.3), (0.05, 0.05), (None, 0.1)):
        model = trained.extended(more, "kind", share=share)
        answers = model.recommend(clicks, k=20)
        found = np.mean([item >= 240 for answer in answers for item, _ in answer])
        assert found == pytest.approx(want, abs=0.015)
    # Others, of the sessions that are given: those of one item alone.
    log = log_of([[17, 17]] * 5)
    answer = trained.extended(more, "kind", log=log, share=0.25).recommend([[17, 17]], k=20)[0]
    assert sum(item >= 240 for item, _ in answer) == 5


def test_an_unseen_item_is_read_and_recommended_as_its_kind():
    # Six kinds of ten items in a circle: a click on one is followed by any of the next kind.
    rng = np.random.default_rng(1)
    kinds = (rng.integers(6, size=(400, 1)) + np.arange(4)) % 6
    sessions = (10 * kinds + rng.integers(10, size=kinds.shape)).tolist()
    hidden = np.arange(9, 60, 10)
    log = log_of(sessions)
    log = log.select_events(~np.isin(log.item_ids[log.item_codes], hidden))
    catalog = ksr.Catalog.from_log(log)
    model = ksr.models.GRU4Rec(catalog, units=[16], seed=1)
    model.compile(**compile_arguments())
    model.fit(ksr.batches.session_parallel(log, catalog, lanes=16), epochs=8, verbose=0)
    more = catalog.with_items(hidden)
    more = more.with_features("kind", np.repeat(np.eye(6), 10, axis=0), np.arange(60))
    extended = model.extended(more, "kind", log=log)
    answers = extended.recommend([[item] for item in hidden.tolist()], k=10)
    for kind, answer in enumerate(answers):
        items = np.array([item for item, _ in answer])
        assert (items // 10 == (kind + 1) % 6).sum() >= 8
        assert hidden[(kind + 1) % 6] in items


def test_it_is_compiled_as_the_trained_one_and_trains_on(tmp_path):
    trained = MODELS["tied"]()
    trained.compile(**compile_arguments())
    trained.fit(ksr.batches.session_parallel(LOG, OLD, lanes=8), epochs=2, verbose=0)
    model = trained.extended(MORE, from_features="look")
    assert int(model.optimizer.iterations) == 0
    assert model.loss.get_config() == trained.loss.get_config()
    log = log_of([[101, 7, 8]] * 10)
    model.fit(ksr.batches.session_parallel(log, MORE, lanes=4), epochs=12, verbose=0)
    assert model.recommend([[101]], k=1)[0][0][0] == 7
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.recommend([[101, 7]]) == model.recommend([[101, 7]])


def test_nothing_new_is_the_same_model():
    trained, _ = with_linear_rows(MODELS["tied"])
    model = trained.extended(with_looks(OLD), from_features="look")
    items = np.array([[1, 2, 3], [7, 0, 0]], "int32")
    np.testing.assert_array_equal(model.score(items), trained.score(items))


def test_subnets_that_have_not_scored_do_not_score():
    trained, _ = with_linear_rows(MODELS["parallel"])
    trained._scored = {"item"}
    model = trained.extended(MORE, from_features="look")
    assert len(model.head().outputs) == 1


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"catalog": [1]}, TypeError, "`catalog` must be a `Catalog`.*Received: list"),
        ({"from_features": "text"}, ValueError, r"`from_features`.*\['look'\]. Received: 'text'"),
        ({"share": 1}, ValueError, "`share` must be above 0 and below 1. Received: share=1"),
        ({"log": log_of([["x", "y"]])}, ValueError, "`log` must have clicks on items"),
        (
            {"catalog": with_looks(ksr.Catalog(MORE.item_ids, MORE.counts))},
            ValueError,
            "with their counts of clicks",
        ),
    ],
)
def test_what_it_refuses(arguments, error, message):
    trained = MODELS["tied"]()
    if "counts" in message:
        catalog = with_looks(ksr.Catalog(OLD.item_ids, np.zeros(10, int)))
        trained = ksr.models.GRU4Rec(catalog, units=[6], seed=1)
    with pytest.raises(error, match=message):
        trained.extended(**{"catalog": MORE, "from_features": "look"} | arguments)
