"""A learning rate and a momentum of a subnet's own, by hand-made gradients."""

import keras
import numpy as np
import pytest

import keras_sessrec as ksr
from keras_sessrec.models.subnet_rules import set_rules

CATALOG = ksr.Catalog(range(6)).with_features("image", np.eye(6, 3, dtype="f") + 0.5)
BATCH = ({"item": np.array([[1], [2]]), "is_start": np.array([True, True])}, np.array([[3], [4]]))


def compiled(fusion="parallel", momentum=0.0, **of_subnets):
    """A model of two subnets and an optimizer whose first step is the learning rate, 0.1."""
    subnets = {
        "item": ksr.layers.Subnet(ksr.layers.OneHotItem(seed=1), [4], seed=1),
        "image": ksr.layers.Subnet(ksr.layers.FeatureTable("image", seed=2), [4], seed=2),
    }
    model = ksr.models.ParallelGRU4Rec(CATALOG, subnets, fusion, seed=1)
    optimizer = ksr.optimizers.SparseAdagrad(0.1, momentum=momentum, epsilon=1e-12)
    model.compile(optimizer, **of_subnets, negatives=ksr.samplers.FullCatalog(), run_eagerly=True)
    return model


def scorers_of(model):
    fusion = model.network.fusion
    return [fusion.scorer] * 2 if hasattr(fusion, "scorer") else list(fusion.scorers.values())


def largest_steps(model):
    """Of each subnet's input matrix, output matrix and output bias, in one mini-batch."""
    readers = [s.representation for s in model.network.parallel.values()]
    inputs = [readers[0].table, readers[1].kernel]
    weights = [
        v
        for pair in zip(inputs, scorers_of(model), strict=True)
        for v in (pair[0], *pair[1].weights)
    ]
    before = [np.array(v) for v in weights]
    model.train_on_batch(*BATCH)
    steps = [np.abs(np.array(v) - old).max() for v, old in zip(weights, before, strict=True)]
    return np.array(steps).reshape(2, 3)


@pytest.mark.parametrize("fusion", ["parallel", "interaction"])
def test_the_learning_rate_of_a_subnet_reaches_its_output_matrix_and_bias(fusion):
    steps = largest_steps(compiled(fusion, learning_rate_factors={"image": 0.25}))
    np.testing.assert_allclose(steps, [[0.1] * 3, [0.025] * 3], rtol=1e-2)


def test_a_shared_output_matrix_keeps_the_learning_rate_of_the_optimizer():
    steps = largest_steps(compiled("shared", learning_rate_factors={"item": 0.5, "image": 0.25}))
    np.testing.assert_allclose(steps, [[0.05, 0.1, 0.1], [0.025, 0.1, 0.1]], rtol=1e-2)


def test_an_output_matrix_that_one_subnet_owns_has_its_learning_rate():
    fusion = ksr.models.SharedFusion(owner="image", seed=1)
    steps = largest_steps(compiled(fusion, learning_rate_factors={"image": 0.25}))
    np.testing.assert_allclose(steps, [[0.1, 0.025, 0.025], [0.025] * 3], rtol=1e-2)


def test_the_momentum_of_a_subnet_is_that_of_all_its_weights():
    """Two equal gradients: steps of 1, then of momentum + 1 / sqrt(2) times the learning rate."""
    model = compiled(momentum=0.5, momentums={"image": 0.2})
    weights = {
        name: model.variables_of(ksr.training.Update([k], [k]))
        for k, name in enumerate(model.subnet_names)
    }
    assert [len(of_subnet) for of_subnet in weights.values()] == [6, 6]
    for name, momentum in {"item": 0.5, "image": 0.2}.items():
        before = [np.array(v) for v in weights[name]]
        for _ in range(2):
            model.optimizer.apply([keras.ops.ones(v.shape) for v in weights[name]], weights[name])
        for old, new in zip(before, weights[name], strict=True):
            np.testing.assert_allclose(old - new, 0.1 * (1 + momentum + 2**-0.5), rtol=1e-4)


def test_what_is_not_given_again_is_the_optimizers():
    model = compiled(momentum=0.5, learning_rate_factors={"image": 0.1}, momentums={"image": 0})
    again = compiled(momentum=0.5)
    model.compile(model.optimizer, negatives=ksr.samplers.FullCatalog(), run_eagerly=True)
    for _ in range(2):
        np.testing.assert_array_equal(largest_steps(model), largest_steps(again))


def test_both_are_saved(tmp_path):
    model = compiled(momentum=0.5, learning_rate_factors={"image": 0.1}, momentums={"image": 0.0})
    model.train_on_batch(*BATCH)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    config = loaded.get_compile_config()
    assert config["learning_rate_factors"] == {"image": 0.1} and config["momentums"] == {"image": 0}
    np.testing.assert_array_equal(largest_steps(loaded), largest_steps(model))


def test_loss_scaling_is_looked_through():
    model = compiled(momentum=0.5)
    scaled = keras.optimizers.LossScaleOptimizer(ksr.optimizers.SparseAdagrad(momentum=0.5))
    model.compile(scaled, learning_rate_factors={"item": 0.5}, momentums={"item": 0.1})
    assert model.optimizer is scaled


def test_an_optimizer_of_another_kind_is_left_alone():
    weight = keras.Variable([1.0])
    optimizer = keras.optimizers.SGD(0.5)
    optimizer.build([weight])
    set_rules(optimizer, {"item": [weight]}, {}, {})
    optimizer.apply([keras.ops.ones(1)], [weight])
    assert float(weight[0]) == 0.5


@pytest.mark.parametrize("argument", ["learning_rate_factors", "momentums"])
def test_what_no_subnet_or_optimizer_can_have_is_an_error(argument):
    with pytest.raises(ValueError, match=f"`{argument}` needs `optimizer=SparseAdagrad"):
        compiled().compile("adam", **{argument: {"image": 0.1}})
    with pytest.raises(ValueError, match=rf"`{argument}` must name subnets, \['item', 'image'\]"):
        compiled(**{argument: {"sound": 0.1}})


def test_a_momentum_needs_an_optimizer_that_has_one():
    with pytest.raises(ValueError, match="needs an optimizer that has one"):
        compiled(momentums={"image": 0.1})
    with pytest.raises(ValueError, match=r"`momentum` must be in \[0, 1\)"):
        compiled(momentum=0.5, momentums={"image": 1.0})
