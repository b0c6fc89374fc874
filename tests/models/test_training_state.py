"""What the next step of a training depends on."""

import numpy as np
import pytest

import keras_sessrec as ksr
from keras_sessrec.models.training_state import (
    difference,
    metric_values,
    set_training_state,
    training_setup,
    training_state,
)

LOG = ksr.data.synthetic_shop(num_items=40, num_sessions=100, seed=1).log
CATALOG = ksr.Catalog.from_log(LOG)
X = {"item": np.array([[1], [4]]), "is_start": np.array([True, True])}
NEXT = {"item": np.array([[2], [5]]), "is_start": np.array([False, True])}
Y = np.array([[2], [3]])


def made(units=6, seed=1, **options):
    model = ksr.models.GRU4Rec(CATALOG, [units], hidden_dropout=0.4, seed=seed)
    options = {"optimizer": "adam", "negatives": ksr.samplers.Uniform(4)} | options
    model.compile(**options, jit_compile=False)
    return model


def test_a_model_with_the_state_of_another_takes_the_same_next_step():
    """Weights, Adam's moments, dropout and negatives, carried states, the running loss."""
    one, other = made(), made(seed=7)
    one.train_on_batch(X, Y)
    facts, arrays = training_state(one)
    set_training_state(other, facts, arrays)
    assert other.is_trained
    for model in (one, other):
        model.train_on_batch(NEXT, Y)
    for a, b in zip(one.variables, other.variables, strict=True):
        np.testing.assert_array_equal(a, b)
    for a, b in zip(
        one.carried_states()["network"], other.carried_states()["network"], strict=True
    ):
        np.testing.assert_array_equal(a, b)
    values = [[value for _, value in metric_values(model)] for model in (one, other)]
    np.testing.assert_array_equal(values[0], values[1])


def test_arrays_of_another_model_change_nothing():
    other = made(units=7)
    before = other.get_weights()
    with pytest.raises(ValueError, match="`arrays` must hold the variables"):
        set_training_state(other, *training_state(made()))
    for one, kept in zip(other.get_weights(), before, strict=True):
        np.testing.assert_array_equal(one, kept)


def test_names_and_seeds_are_no_part_of_the_setup_nor_what_is_free_to_change():
    setup = training_setup(made())
    assert difference(training_setup(made(seed=3, steps_per_execution=7)), setup) == ""
    assert "model.units" in difference(training_setup(made(units=7)), setup)
    assert "compile.loss" in difference(training_setup(made(loss="top1")), setup)
    assert "compile.optimizer" in difference(
        training_setup(made(optimizer="sparse_adagrad")), setup
    )
    other = ksr.models.GRU4Rec(ksr.Catalog([1, 2]), [6], hidden_dropout=0.4, seed=1)
    other.compile("adam", negatives=ksr.samplers.Uniform(4), jit_compile=False)
    assert difference(training_setup(other), setup).startswith("catalog was")


def test_counts_and_features_of_the_catalog_are_part_of_the_setup():
    """Samplers draw by counts; a feature table is a weight, which a snapshot would bring back."""

    def setup_of(catalog):
        model = ksr.models.GRU4Rec(catalog, [6], seed=1)
        model.compile(negatives=ksr.samplers.Uniform(4), jit_compile=False)
        return training_setup(model)

    ids, looks = [1, 2, 3], np.eye(3, 2)
    plain = ksr.Catalog(ids, counts=[1, 2, 3]).with_features("look", looks)
    again = ksr.Catalog(ids, counts=[1, 2, 3]).with_features("look", looks)
    assert difference(setup_of(again), setup_of(plain)) == ""
    counts = ksr.Catalog(ids, counts=[1, 2, 4]).with_features("look", looks)
    assert difference(setup_of(counts), setup_of(plain)).startswith("counts of the catalog was")
    other = ksr.Catalog(ids, counts=[1, 2, 3]).with_features("look", 2 * looks)
    assert difference(setup_of(other), setup_of(plain)).startswith("features.look was")
