import dataclasses
import json

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_sessrec as ksr
from keras_sessrec.samplers import Candidates, InBatch, Popularity, Sampler, Uniform

COUNTS = [16, 9, 4, 1, 25]
CATALOG = ksr.Catalog(["a", "b", "c", "d", "e"], COUNTS)


class Fixed(Sampler):
    """Hands out the same extra items in every step."""

    extra = (5, 2, 2)

    def draw(self, seed):
        return tf.constant(self.extra, tf.int32)


def candidates_of(sampler, targets, live=None, catalog=CATALOG, seed=0):
    live = [True] * len(targets) if live is None else live
    return sampler.built_for(catalog).candidates(
        tf.constant(targets, tf.int32), tf.constant(live), keras.random.SeedGenerator(seed)
    )


def masked(candidates, rows):
    """Set of (row, column) that are not valid."""
    columns = len(candidates.items)
    valid = np.broadcast_to(candidates.valid, (rows, columns))
    return {(int(row), int(column)) for row, column in np.argwhere(~valid)}


def test_c22_one_vector_of_items_for_all_rows():
    got = candidates_of(Fixed(3), [3, 1])
    assert got.items.numpy().tolist() == [3, 1, 5, 2, 2]
    assert got.items.dtype == tf.int32
    assert got.y_true.numpy().tolist() == [0, 1]
    assert masked(got, 2) == set()
    assert got.log_q is None


def test_idle_lanes_are_never_negatives():
    got = candidates_of(Fixed(3), [3, 0, 1], [True, False, True])
    assert masked(got, 3) == {(0, 1), (1, 1), (2, 1)}
    assert got.y_true.numpy().tolist() == [0, 1, 2]


def test_rows_of_one_session_are_not_each_others_negatives():
    sampler = Fixed(3).built_for(CATALOG)
    got = sampler.candidates(
        tf.constant([3, 1, 4, 4], tf.int32),
        tf.constant([True] * 4),
        keras.random.SeedGenerator(0),
        sessions=tf.constant([0, 0, 1, 1], tf.int32),
    )
    others = masked(got, 4) - {(row, row) for row in range(4)}  # the positives' columns
    assert others == {(0, 1), (1, 0), (2, 3), (3, 2)}


def test_repeated_items_are_kept_by_default():
    got = candidates_of(Fixed(3), [2, 2, 5])
    assert masked(got, 3) == set()


def test_remove_accidental_hits_masks_exactly_the_own_item():
    got = candidates_of(Fixed(3, remove_accidental_hits=True), [2, 2, 5, 1])
    # items: 2 2 5 1 | 5 2 2
    hits = {(0, 0), (0, 1), (0, 5), (0, 6), (1, 0), (1, 1), (1, 5), (1, 6)}
    hits |= {(2, 2), (2, 4), (3, 3)}
    assert masked(got, 4) == hits


def test_remove_accidental_hits_never_removes_the_own_positive():
    # The mask covers the own column, yet the loss keeps it: rows 0 and 1 want item 2,
    # and are left with items 5, 1 and 5 against them.
    got = candidates_of(Fixed(3, remove_accidental_hits=True), [2, 2, 5, 1])
    scores = np.random.default_rng(0).normal(size=(4, 7)).astype("float32")
    rows = np.asarray(ksr.losses.cross_entropy(got.y_true, scores, got.valid))
    powers = np.exp(scores.astype(np.float64))
    for row, columns in enumerate(([0, 2, 3, 4], [1, 2, 3, 4], [2, 0, 1, 3, 5, 6])):
        want = -np.log(powers[row, columns[0]] / powers[row, columns].sum())
        assert rows[row] == pytest.approx(want, rel=1e-5)


def test_remove_accidental_hits_with_idle_lanes():
    sampler = Fixed(3, remove_accidental_hits=True)
    got = candidates_of(sampler, [5, 0, 1, 0], [True, False, True, False])
    for row in (0, 2):
        assert {(row, 1), (row, 3)} <= masked(got, 4)
    assert {column for row, column in masked(got, 4) if row == 0} == {0, 1, 3, 4}
    assert {column for row, column in masked(got, 4) if row == 2} == {1, 2, 3}


def test_base_sampler_has_no_items_of_its_own():
    sampler = Sampler(num=2).built_for(CATALOG)
    with pytest.raises(NotImplementedError, match="`Sampler` must override `draw`"):
        sampler.draw(keras.random.SeedGenerator(0))


def test_c23_logq_raw_counts_in_the_batch_and_count_to_alpha_beyond():
    class FixedPopularity(Popularity):
        draw = Fixed.draw
        extra = (5, 3)

    got = candidates_of(FixedPopularity(2, alpha=0.5, logq=0.7), [1, 2, 4])
    # Counts 16, 9, 1 of the targets; square roots 5, 2 of the counts 25, 4.
    np.testing.assert_allclose(got.log_q, 0.7 * np.log([16, 9, 1, 5, 2]), rtol=1e-6, atol=1e-7)


def test_c23_logq_of_uniform_samples_is_zero():
    got = candidates_of(Uniform(6, logq=1.0), [1, 3])
    np.testing.assert_allclose(got.log_q[:2], np.log([16, 4]), rtol=1e-6)
    assert (got.log_q.numpy()[2:] == 0).all()


def test_c23_logq_of_idle_lanes_and_unseen_items_is_finite():
    catalog = ksr.Catalog(["a", "b"], [0, 3])
    got = candidates_of(InBatch(logq=1.0), [1, 0, 2], [True, False, True], catalog)
    np.testing.assert_allclose(got.log_q, [0, 0, np.log(3)], rtol=1e-6)


@pytest.mark.parametrize(
    "sampler",
    [
        InBatch(logq=0.5, remove_accidental_hits=True),
        Popularity(7, alpha=0.3, logq=1.0, remove_accidental_hits=True),
        Uniform(9, logq=0.25),
        ksr.samplers.FullCatalog(),
    ],
    ids=lambda sampler: type(sampler).__name__,
)
def test_c23_parameters_survive(sampler):
    config = json.loads(json.dumps(sampler.get_config()))
    assert type(sampler).from_config(config).get_config() == config
    stored = json.loads(json.dumps(keras.saving.serialize_keras_object(sampler)))
    again = keras.saving.deserialize_keras_object(stored)
    assert type(again) is type(sampler) and again.get_config() == config


@pytest.mark.parametrize("cls", [Popularity, Uniform])
def test_same_seed_same_draws(cls):
    draws = []
    for seed in (3, 3, 4):
        sampler = cls(50).built_for(CATALOG)
        generator = keras.random.SeedGenerator(seed)
        draws.append([sampler.draw(generator).numpy().tolist() for _ in range(3)])
    assert draws[0] == draws[1] and draws[0] != draws[2]
    assert draws[0][0] != draws[0][1] != draws[0][2], "the seed must advance"


@pytest.mark.parametrize("cls", [Popularity, Uniform])
def test_draws_resume_from_the_seeds_state(cls):
    sampler = cls(50).built_for(CATALOG)
    generator = keras.random.SeedGenerator(3)
    sampler.draw(generator)
    state = generator.state.numpy()
    want = [sampler.draw(generator).numpy().tolist() for _ in range(2)]
    resumed = keras.random.SeedGenerator(99)
    resumed.state.assign(state)
    assert [sampler.draw(resumed).numpy().tolist() for _ in range(2)] == want


@pytest.mark.parametrize("jit", [False, True])
def test_traced_steps_draw_anew(jit):
    sampler = Popularity(40, logq=1.0, remove_accidental_hits=True).built_for(CATALOG)
    generator = keras.random.SeedGenerator(5)

    @tf.function(jit_compile=jit)
    def step(targets):
        got = sampler.candidates(targets, targets > 0, generator)
        return got.items, got.valid, got.log_q

    first, second = step(tf.constant([2, 0])), step(tf.constant([2, 0]))
    assert first[0].numpy().tolist() != second[0].numpy().tolist()
    for items, valid, log_q in (first, second):
        items = items.numpy()
        assert items[:2].tolist() == [2, 0] and (items[2:] >= 1).all() and (items <= 5).all()
        np.testing.assert_array_equal(valid[0], (items != 2) & (np.arange(42) != 1))
        want = 0.75 * np.log(np.array(COUNTS)[items[2:] - 1])
        np.testing.assert_allclose(log_q[2:], want, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "named"), [({"num": -1}, "`num`.*-1"), ({"logq": -0.5}, "`logq`.*-0.5")]
)
def test_bad_arguments_are_refused(arguments, named):
    with pytest.raises(ValueError, match=named):
        Sampler(**arguments)


def test_candidates_are_a_value_that_cannot_be_changed():
    candidates = Candidates(items=[2, 3], y_true=[0, 1], valid=None, log_q=None)
    assert [field.name for field in dataclasses.fields(candidates)] == [
        "items",
        "y_true",
        "valid",
        "log_q",
    ]
    with pytest.raises(dataclasses.FrozenInstanceError):
        candidates.items = [1]


@pytest.mark.parametrize(
    "sampler", [InBatch(), InBatch(logq=1.0), Popularity(3), Uniform(3), Fixed(3)]
)
def test_without_a_catalog_there_are_no_candidates(sampler):
    with pytest.raises(RuntimeError, match=r"built_for\(catalog\)"):
        sampler.candidates(tf.constant([1]), tf.constant([True]), keras.random.SeedGenerator(0))


def test_one_sampler_serves_two_catalogs():
    sampler = Popularity(500, logq=1.0)
    small, great = ksr.Catalog(["a", "b"], [9, 1]), ksr.Catalog(np.arange(300), [4] * 300)
    bound = [sampler.built_for(catalog) for catalog in (small, great)]
    assert not sampler.built and not hasattr(sampler, "_keep"), "the user's object stays as it is"
    highest = [int(np.max(one.draw(keras.random.SeedGenerator(0)))) for one in bound]
    assert highest[0] == 2 and 200 < highest[1] <= 300
    got = candidates_of(bound[0], [2], catalog=great)
    np.testing.assert_allclose(got.log_q[0], np.log(4), rtol=1e-6)


def test_what_a_sampler_of_ones_own_holds_is_shared():
    class Rotating(Fixed):
        def __init__(self):
            super().__init__(1)
            self.position = tf.Variable(0)

        def build(self, catalog):  # without the base class' tables
            self.num_items = catalog.num_items

        def draw(self, seed):
            self.position.assign_add(1)
            return self.position[None]

    sampler = Rotating()
    for step in (1, 2):
        assert candidates_of(sampler, [3]).items.numpy().tolist() == [3, step]


@pytest.mark.parametrize("num", [2048.5, "2048", True, None, -1])
def test_the_number_of_extra_items_is_an_integer(num):
    with pytest.raises(ValueError, match="`num` must be an integer, at least 0"):
        Uniform(num)
    assert type(Uniform(np.int64(3)).get_config()["num"]) is int
