"""The strategies of parallel networks, and the states that their mini-batches carry."""

import numpy as np
import pytest

import keras_sessrec as ksr
from keras_sessrec.training import Alternating, Interleaving, Residual, Stages, Update, strategies
from reference.gru import gru_cell


def test_one_trains_per_epoch_and_all_score():
    turns = [Alternating().updates(3, epoch) for epoch in range(4)]
    assert [[u.trains for u in updates] for updates in turns] == [[(0,)], [(1,)], [(2,)], [(0,)]]
    assert all(u.scores == (0, 1, 2) for updates in turns for u in updates)


def test_stage_k_scores_with_the_subnets_up_to_k_and_trains_k():
    updates = [Residual(2).updates(3, epoch) for epoch in range(7)]
    assert [(u.trains, u.scores) for (u,) in updates] == [
        ((0,), (0,)),
        ((0,), (0,)),
        ((1,), (0, 1)),
        ((1,), (0, 1)),
        ((2,), (0, 1, 2)),
        ((2,), (0, 1, 2)),
        ((2,), (0, 1, 2)),
    ]


def test_an_empty_stage_is_an_error():
    with pytest.raises(ValueError, match="`epochs_per_subnet` must be at least 1"):
        Residual(0)


@pytest.mark.parametrize(
    ("scores", "expected"),
    [("previous", [(0,), (0, 1), (0, 1, 2)]), ("all", [(0, 1, 2)] * 3)],
)
def test_both_readings(scores, expected):
    updates = Interleaving(scores).updates(3, epoch=5)
    assert [u.trains for u in updates] == [(0,), (1,), (2,)]
    assert [u.scores for u in updates] == expected


def test_an_unknown_reading_is_an_error():
    with pytest.raises(ValueError, match="`scores` must be"):
        Interleaving("some")


FIRST, SECOND = Update([0], [0]), Update([1], [0, 1])


def test_the_last_stage_goes_on():
    strategy = Stages([(1, [FIRST]), (2, [SECOND, FIRST]), (1, [SECOND])])
    assert [strategy.updates(2, epoch) for epoch in range(6)] == [
        (FIRST,),
        (SECOND, FIRST),
        (SECOND, FIRST),
        (SECOND,),
        (SECOND,),
        (SECOND,),
    ]


@pytest.mark.parametrize("stages", [[], [(0, [FIRST])], [(1, [])]])
def test_empty_stages_are_errors(stages):
    with pytest.raises(ValueError, match="`stages` must be pairs"):
        Stages(stages)


def test_a_subnet_that_does_not_exist_is_an_error():
    with pytest.raises(ValueError, match=r"subnets 0..0 only. Received: 1"):
        Stages([(1, [SECOND])]).updates(1, 0)


def test_names_and_objects():
    assert isinstance(strategies.get("interleaving"), Interleaving)
    own = Residual(3)
    assert strategies.get(own) is own


def test_an_unknown_name_is_an_error():
    with pytest.raises(ValueError, match="Received: 'greedy'"):
        strategies.get("greedy")


# === Carried states, against plain numpy ===

IMAGES = np.random.default_rng(0).normal(size=(6, 3)).astype("f")
CATALOG = ksr.Catalog(range(6)).with_features("image", IMAGES)
# (items, which lanes start a session, next items) of three mini-batches.
BATCHES = [
    ([1, 2, 3], [True, True, True], [2, 3, 4]),
    ([2, 3, 5], [False, False, True], [4, 5, 6]),
    ([4, 5, 6], [False, False, False], [1, 2, 3]),
]


def two_subnets(strategy, dropout=0.0, units=4):
    subnets = {
        "item": ksr.layers.Subnet(ksr.layers.OneHotItem(seed=1), [units], dropout=dropout, seed=1),
        "image": ksr.layers.Subnet(
            ksr.layers.FeatureTable("image", seed=2), [units], dropout=dropout, seed=2
        ),
    }
    model = ksr.models.ParallelGRU4Rec(CATALOG, subnets, seed=1)
    model.compile(
        ksr.optimizers.SparseAdagrad(0.3),
        negatives=ksr.samplers.FullCatalog(),
        strategy=strategy,
        run_eagerly=True,
    )
    return model


def train_on(model, items, is_start, targets):
    x = {"item": np.array(items)[:, None], "is_start": np.array(is_start)}
    model.train_on_batch(x, np.array(targets)[:, None])


def weights_now(model):
    """Of each subnet: the gates' input products of all items, and the cell's weights."""
    item, image = model.network.parallel.values()
    padded = np.concatenate([np.zeros((1, 3)), IMAGES])
    reads = [np.array(item.representation.table), padded @ np.array(image.representation.kernel)]
    cells = [
        [np.array(v) for v in (cell.gate_kernel, cell.candidate_kernel, cell.bias)]
        for (cell,) in (item.cells, image.cells)
    ]
    return list(zip(reads, cells, strict=True))


def stepped(weights, states, items, is_start):
    reads, cell = weights
    states = np.where(np.array(is_start)[:, None], 0.0, states)
    return gru_cell(reads[items], states, *cell)


def test_the_state_of_a_frozen_subnet_is_carried():
    """Also where it is not trained at all, and does not score."""
    model = two_subnets(Residual(1))
    states = np.zeros((3, 4))
    frozen = weights_now(model)[1]
    for items, is_start, targets in BATCHES:
        train_on(model, items, is_start, targets)
        states = stepped(frozen, states, items, is_start)
        (carried,) = model.carried_states()["image"]
        np.testing.assert_allclose(carried, states, atol=1e-6)


@pytest.mark.parametrize("scores", ["previous", "all"])
def test_interleaving_carries_the_states_of_its_last_pass_not_of_its_first(scores):
    """In the second pass the item subnet has been trained, the image subnet not yet."""
    model = two_subnets(Interleaving(scores))
    item_states = image_states = np.zeros((3, 4))
    for items, is_start, targets in BATCHES:
        first = weights_now(model)
        train_on(model, items, is_start, targets)
        last = weights_now(model)
        of_first_pass = stepped(first[0], item_states, items, is_start)
        item_states = stepped(last[0], item_states, items, is_start)
        image_states = stepped(first[1], image_states, items, is_start)
        carried = model.carried_states()
        np.testing.assert_allclose(carried["item"][0], item_states, atol=1e-6)
        np.testing.assert_allclose(carried["image"][0], image_states, atol=1e-6)
        assert np.abs(of_first_pass - item_states).max() > 1e-2


def test_interleaving_carries_dropped_states_of_the_last_trained_subnet_only():
    """The other one's are exactly those of a pass without dropout, with its weights of then."""
    model = two_subnets(Interleaving(), dropout=0.5, units=64)
    items, is_start, targets = BATCHES[0]
    before = weights_now(model)
    train_on(model, items, is_start, targets)
    carried, after = model.carried_states(), weights_now(model)
    undropped = stepped(after[0], np.zeros((3, 64)), items, is_start)
    np.testing.assert_allclose(carried["item"][0], undropped, atol=1e-6)
    kept = carried["image"][0] != 0
    assert 0.3 < kept.mean() < 0.7
    doubled = 2 * stepped(before[1], np.zeros((3, 64)), items, is_start)
    np.testing.assert_allclose(carried["image"][0], kept * doubled, atol=1e-6)
