import json
import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_sessrec.optimizers import SparseAdagrad
from keras_sessrec.optimizers.sparse_adagrad import gradients_for, sum_duplicates
from reference import sparse_adagrad as reference

HEIGHT, WIDTH = 12, 3


def table(seed=0, shape=(HEIGHT, WIDTH)):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def read(variable):
    return np.asarray(keras.ops.convert_to_numpy(variable))


def sparse_steps(steps=6, shape=(HEIGHT, WIDTH), seed=1):
    """(rows, gradients) of a few steps, many rows several times, the last two rows never."""
    rng = np.random.default_rng(seed)
    for _ in range(steps):
        rows = rng.integers(0, shape[0] - 2, 15).astype("int32")
        yield rows, rng.normal(size=(15, *shape[1:])).astype("float32")


def applier(optimizer, variable, jit):
    """A function (rows, gradients) that applies one sparse step."""
    optimizer.build([variable])

    def apply(rows, gradients):
        optimizer.apply([tf.IndexedSlices(gradients, rows)], [variable])

    if jit is not None:
        apply = tf.function(apply, jit_compile=jit)
    return lambda rows, gradients: apply(tf.constant(rows), tf.constant(gradients))


@pytest.mark.parametrize("jit", [None, False, True], ids=["eager", "graph", "xla"])
@pytest.mark.parametrize("momentum", [0.0, 0.4])
@pytest.mark.parametrize("shape", [(HEIGHT, WIDTH), (HEIGHT,)])
def test_c21_sparse_steps_follow_the_reference(shape, momentum, jit):
    weight = keras.Variable(table(shape=shape))
    optimizer = SparseAdagrad(0.1, momentum)
    apply = applier(optimizer, weight, jit)
    want = table(shape=shape).astype(np.float64)
    state = reference.zero_state(want)
    for rows, gradients in sparse_steps(shape=shape):
        apply(rows, gradients)
        reference.row_step(want, state, rows, gradients.astype(np.float64), 0.1, momentum)
    np.testing.assert_allclose(read(weight), want, rtol=1e-5, atol=1e-5)
    stored = {variable.path.split("/")[-1]: read(variable) for variable in optimizer.variables}
    accumulator = next(value for path, value in stored.items() if "accumulator" in path)
    np.testing.assert_allclose(accumulator, state["accumulator"], rtol=1e-5, atol=1e-6)
    velocities = [value for path, value in stored.items() if "velocity" in path]
    assert len(velocities) == (1 if momentum else 0)
    for velocity in velocities:
        np.testing.assert_allclose(velocity, state["velocity"], rtol=1e-4, atol=1e-6)
    np.testing.assert_array_equal(read(weight)[-2:], table(shape=shape)[-2:])


@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize("momentum", [0.0, 0.4])
def test_dense_steps_follow_the_reference(momentum, jit):
    weight, scalar = keras.Variable(table()), keras.Variable(2.0)
    optimizer = SparseAdagrad(0.1, momentum)
    optimizer.build([weight, scalar])
    apply = tf.function(lambda *g: optimizer.apply(list(g), [weight, scalar]), jit_compile=jit)
    want, want_scalar = table().astype(np.float64), np.array([2.0])
    state, scalar_state = reference.zero_state(want), reference.zero_state(want_scalar)
    for seed in range(5):
        gradient = table(10 + seed)
        apply(tf.constant(gradient), tf.constant(gradient[0, 0]))
        reference.dense_step(want, state, gradient.astype(np.float64), 0.1, momentum)
        one = gradient[:1, 0].astype(np.float64)
        reference.dense_step(want_scalar, scalar_state, one, 0.1, momentum)
    np.testing.assert_allclose(read(weight), want, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(read(scalar), want_scalar[0], rtol=1e-5)


@pytest.mark.parametrize("jit", [None, True], ids=["eager", "xla"])
def test_sparse_equals_dense_where_every_row_is_read(jit):
    sparse, dense = keras.Variable(table()), keras.Variable(table())
    sparse_optimizer, dense_optimizer = SparseAdagrad(0.1, 0.3), SparseAdagrad(0.1, 0.3)
    apply = applier(sparse_optimizer, sparse, jit)
    rng = np.random.default_rng(2)
    for _ in range(4):
        rows = np.concatenate([rng.permutation(HEIGHT), rng.integers(0, HEIGHT, 9)])
        gradients = rng.normal(size=(len(rows), WIDTH)).astype("float32")
        apply(rows.astype("int32"), gradients)
        summed = np.zeros((HEIGHT, WIDTH), "float32")
        np.add.at(summed, rows, gradients)
        dense_optimizer.apply([tf.constant(summed)], [dense])
    np.testing.assert_allclose(read(sparse), read(dense), rtol=1e-5, atol=1e-6)


def test_gradient_of_a_lookup_stays_sparse_and_leaves_other_rows():
    weight = keras.Variable(table())
    with tf.GradientTape() as tape:
        cost = tf.reduce_sum(keras.ops.take(weight, [3, 5, 3], axis=0) ** 2)
    gradient = tape.gradient(cost, weight.value)
    assert isinstance(gradient, tf.IndexedSlices)
    SparseAdagrad(0.1).apply([gradient], [weight])
    moved = (read(weight) != table()).any(axis=1)
    assert np.flatnonzero(moved).tolist() == [3, 5]


def test_c18_accumulator_starts_at_zero_and_epsilon_is_inside_the_root():
    for gradient in (1e-3, 0.02, 5.0):
        weight = keras.Variable([1.0, 1.0])
        slices = tf.IndexedSlices(tf.constant([gradient]), tf.constant([1]))
        SparseAdagrad(0.05).apply([slices], [weight])
        want = 1 - 0.05 * gradient / math.sqrt(gradient**2 + 1e-6)
        np.testing.assert_allclose(read(weight), [1.0, want], rtol=1e-6)


def test_duplicates_are_summed_before_squaring():
    # 1 and 2 on one row: accumulator 9 and a step of 0.1, not 5 and 0.134.
    weight = keras.Variable([[0.0]])
    optimizer = SparseAdagrad(0.1)
    slices = tf.IndexedSlices(tf.constant([[1.0], [2.0]]), tf.constant([0, 0]))
    optimizer.apply([slices], [weight])
    np.testing.assert_allclose(read(weight), [[-0.1]], rtol=1e-5)
    np.testing.assert_allclose(read(optimizer.variables[-1]), [[9.0]])


@pytest.mark.parametrize("jit", [None, True], ids=["eager", "xla"])
def test_c21_momentum_three_steps_in_closed_form(jit):
    # Row 0 is read in steps 1, 2, 3; row 1 in steps 1 and 3; row 2 never. Gradient 1, so
    # the scaled steps are 1, 1/sqrt(2), 1/sqrt(3) of the learning rate (to 1e-6).
    weight = keras.Variable(np.zeros((3, 1), "float32"))
    apply = applier(SparseAdagrad(0.1, momentum=0.5), weight, jit)
    for rows in ([0, 1], [0], [1, 0]):
        apply(np.array(rows, "int32"), np.ones((len(rows), 1), "float32"))
    one, two, three = 1.0, 1 / math.sqrt(2), 1 / math.sqrt(3)
    first = one + (0.5 * one + two) + (0.25 * one + 0.5 * two + three)
    # Not read in step 2: neither moved nor slowed down then.
    second = one + (0.5 * one + two)
    np.testing.assert_allclose(read(weight)[:, 0], [-0.1 * first, -0.1 * second, 0], rtol=1e-5)


def test_c21_is_not_nesterov():
    # The look-ahead rule would move the second step by 0.5 (0.5 + s) + s.
    weight = keras.Variable([0.0])
    optimizer = SparseAdagrad(1.0, momentum=0.5)
    for _ in range(2):
        optimizer.apply([keras.ops.ones((1,))], [weight])
    np.testing.assert_allclose(read(weight), [-(1 + 0.5 + 1 / math.sqrt(2))], rtol=1e-5)


def test_c19_c20_constant_rate_and_no_clipping_by_default():
    optimizer = SparseAdagrad()
    config = optimizer.get_config()
    assert config["learning_rate"] == pytest.approx(0.05)
    assert config["momentum"] == 0.0 and config["epsilon"] == 1e-6
    for option in ("clipnorm", "global_clipnorm", "clipvalue", "weight_decay"):
        assert config[option] is None
    assert not config["use_ema"] and config["gradient_accumulation_steps"] is None
    weight = keras.Variable([0.0])
    for _ in range(50):
        optimizer.apply([keras.ops.full((1,), 1e6)], [weight])
    assert float(optimizer.learning_rate) == pytest.approx(0.05)
    np.testing.assert_allclose(read(optimizer.variables[-1]), [50e12], rtol=1e-5)
    np.testing.assert_allclose(
        read(weight), [-0.05 * sum(1 / math.sqrt(n) for n in range(1, 51))], rtol=1e-5
    )


@pytest.mark.parametrize("jit", [None, True], ids=["eager", "xla"])
def test_learning_rate_schedule(jit):
    schedule = keras.optimizers.schedules.PiecewiseConstantDecay([0, 1], [0.1, 0.01, 0.001])
    weight = keras.Variable(np.zeros((2, 1), "float32"))
    optimizer = SparseAdagrad(schedule)
    apply = applier(optimizer, weight, jit)
    for _ in range(3):
        apply(np.array([1], "int32"), np.ones((1, 1), "float32"))
    want = -(0.1 + 0.01 / math.sqrt(2) + 0.001 / math.sqrt(3))
    np.testing.assert_allclose(read(weight)[:, 0], [0, want], rtol=1e-5)
    assert int(optimizer.iterations) == 3


def test_c23_config_round_trip():
    schedule = keras.optimizers.schedules.ExponentialDecay(0.3, 100, 0.5)
    for rate in (0.2, schedule):
        optimizer = SparseAdagrad(rate, momentum=0.3, epsilon=1e-4, name="mine")
        stored = json.loads(json.dumps(keras.saving.serialize_keras_object(optimizer)))
        again = keras.saving.deserialize_keras_object(stored)
        assert isinstance(again, SparseAdagrad) and again.get_config() == optimizer.get_config()
        assert (again.momentum, again.epsilon, again.name) == (0.3, 1e-4, "mine")
        assert float(again.learning_rate) == pytest.approx(float(optimizer.learning_rate))


def test_training_goes_on_from_a_saved_model(tmp_path):
    def model_of():
        keras.utils.set_random_seed(0)
        layers = [keras.Input((4,), dtype="int32"), keras.layers.Embedding(HEIGHT, WIDTH)]
        model = keras.Sequential([*layers, keras.layers.Flatten(), keras.layers.Dense(5)])
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(SparseAdagrad(0.1, momentum=0.5), loss, jit_compile=True)
        return model

    rng = np.random.default_rng(0)
    inputs, classes = rng.integers(0, HEIGHT, (8, 4)), rng.integers(0, 5, 8)
    straight = model_of()
    losses = [straight.train_on_batch(inputs, classes) for _ in range(6)]
    assert losses[-1] < losses[0]

    stopped = model_of()
    for _ in range(3):
        stopped.train_on_batch(inputs, classes)
    stopped.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert isinstance(again.optimizer, SparseAdagrad) and int(again.optimizer.iterations) == 3
    for before, after in zip(stopped.optimizer.variables, again.optimizer.variables, strict=True):
        np.testing.assert_array_equal(read(before), read(after))
    for _ in range(3):
        again.train_on_batch(inputs, classes)
    for want, got in zip(straight.weights, again.weights, strict=True):
        np.testing.assert_allclose(read(got), read(want), rtol=1e-5, atol=1e-6)


def test_scratch_space_is_not_state():
    optimizer = SparseAdagrad(0.1, momentum=0.2)
    optimizer.build([keras.Variable(table())])
    # Iterations, learning rate, accumulator, velocity.
    assert len(optimizer.variables) == 4


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"momentum": 1.0}, "`momentum`.*1.0"),
        ({"momentum": -0.1}, "`momentum`.*-0.1"),
        ({"epsilon": 0.0}, "`epsilon`.*0.0"),
    ],
)
def test_bad_arguments_are_refused(arguments, named):
    with pytest.raises(ValueError, match=named):
        SparseAdagrad(**arguments)


def test_learning_rates_are_scaled_for_the_variables_given_only():
    first, second = keras.Variable([1.0]), keras.Variable([1.0])
    optimizer = SparseAdagrad(0.1)
    optimizer.build([first, second])
    optimizer.scale_learning_rate([second], 0.5)
    optimizer.apply([tf.constant([2.0]), tf.constant([2.0])], [first, second])
    np.testing.assert_allclose([first[0], second[0]], [0.9, 0.95], atol=1e-6)
    with pytest.raises(ValueError, match="`factor` must not be negative"):
        optimizer.scale_learning_rate([first], -1.0)


@pytest.mark.parametrize("jit", [False, True])
def test_momentum_is_set_for_the_variables_given_only(jit):
    """Against the reference with each variable's own; rows and dense gradients."""
    weights = [keras.Variable(table(k)) for k in range(3)]
    optimizer = SparseAdagrad(0.1, momentum=0.4)
    optimizer.build(weights)
    optimizer.set_momentum(weights[1:2], 0.0)
    optimizer.set_momentum(weights[2:], 0.7)
    wants = [table(k).astype(np.float64) for k in range(3)]
    states = [reference.zero_state(want) for want in wants]

    def step(rows, values):
        slices = tf.IndexedSlices(values, rows)
        optimizer.apply([slices, slices, tf.convert_to_tensor(slices_of(rows, values))], weights)

    def slices_of(rows, values):
        return tf.math.unsorted_segment_sum(values, rows, HEIGHT)

    step = tf.function(step, jit_compile=jit)
    for rows, values in sparse_steps():
        step(tf.constant(rows), tf.constant(values))
        exact = values.astype(np.float64)
        dense = np.zeros((HEIGHT, WIDTH))
        np.add.at(dense, rows, exact)
        reference.row_step(wants[0], states[0], rows, exact, 0.1, 0.4)
        reference.row_step(wants[1], states[1], rows, exact, 0.1, 0.0)
        reference.dense_step(wants[2], states[2], dense, 0.1, 0.7)
    for weight, want in zip(weights, wants, strict=True):
        np.testing.assert_allclose(read(weight), want, rtol=1e-4, atol=1e-5)
    with pytest.raises(ValueError, match=r"`momentum` must be in \[0, 1\)"):
        optimizer.set_momentum(weights, 1.0)


# === Slots ===


@pytest.mark.parametrize("momentum", [0.0, 0.4])
def test_slots_are_those_of_the_variable(momentum):
    weights = [keras.Variable(table(k)) for k in range(2)]
    optimizer = SparseAdagrad(0.1, momentum)
    optimizer.build(weights)
    optimizer.apply([tf.constant(table(5)), tf.constant(table(6))], weights)
    for weight, gradient in zip(weights, (table(5), table(6)), strict=True):
        slots = optimizer.slots(weight)
        assert list(slots) == ["accumulator", "velocity"][: 2 if momentum else 1]
        np.testing.assert_allclose(slots["accumulator"], gradient**2, rtol=1e-6)
        if momentum:
            want = -0.1 * gradient / np.sqrt(gradient**2 + 1e-6)
            np.testing.assert_allclose(slots["velocity"], want, rtol=1e-5)


def test_assigned_slots_are_what_the_next_step_goes_on_from():
    straight, resumed = (keras.Variable(table()) for _ in range(2))
    first, second = SparseAdagrad(0.1, 0.4), SparseAdagrad(0.1, 0.4)
    second.build([resumed])
    first.apply([tf.constant(table(1))], [straight])
    resumed.assign(straight)
    for name, slot in first.slots(straight).items():
        second.slots(resumed)[name].assign(slot)
    for optimizer, weight in ((first, straight), (second, resumed)):
        optimizer.apply([tf.constant(table(2))], [weight])
    np.testing.assert_array_equal(read(resumed), read(straight))


def test_slots_of_a_weight_that_is_not_the_optimizers_are_an_error():
    optimizer = SparseAdagrad()
    for _ in range(2):  # before and after it is built
        with pytest.raises(ValueError, match="`variable` must be a weight that the optimizer was"):
            optimizer.slots(keras.Variable([1.0], name="other"))
        optimizer.build([keras.Variable([1.0])])


# === Sums of duplicates ===


@pytest.fixture(params=[False, True], ids=["eager", "xla"])
def run(request):
    def call(rows, values, first_seen):
        return sum_duplicates(tf.IndexedSlices(values, rows), first_seen)

    return tf.function(call, jit_compile=True) if request.param else call


def scratch(height):
    return tf.Variable(np.zeros(height, np.int64), trainable=False)


def test_every_occurrence_gets_the_sum(run):
    rows = tf.constant([2, 0, 2, 3, 2])
    values = tf.constant([[1.0, 10], [2, 20], [3, 30], [4, 40], [5, 50]])
    got_rows, got = run(rows, values, scratch(4))
    assert got_rows.numpy().tolist() == [2, 0, 2, 3, 2]
    np.testing.assert_array_equal(got, [[9, 90], [2, 20], [9, 90], [4, 40], [9, 90]])


def test_what_the_scratch_space_held_does_not_matter(run):
    rng = np.random.default_rng(0)
    first_seen = tf.Variable(rng.integers(-50, 50, 30), trainable=False)
    for _ in range(5):
        rows = rng.integers(0, 30, 64).astype("int32")
        values = rng.normal(size=(64, 3)).astype("float32")
        _, got = run(tf.constant(rows), tf.constant(values), first_seen)
        want = np.zeros((30, 3))
        np.add.at(want, rows, values.astype(np.float64))
        np.testing.assert_allclose(got, want[rows], rtol=1e-4, atol=1e-5)


def test_biases_and_int64_rows(run):
    rows = tf.constant([1, 1, 0], tf.int64)
    _, got = run(rows, tf.constant([1.0, 2.0, 4.0]), scratch(2))
    np.testing.assert_array_equal(got, [3, 3, 4])


def test_nothing_read(run):
    rows, got = run(tf.zeros([0], tf.int32), tf.zeros([0, 3]), scratch(4))
    assert rows.shape == (0,) and got.shape == (0, 3)


# === Which optimizer gets rows ===

SLICES = tf.IndexedSlices(tf.constant([[1.0], [2.0], [4.0]]), tf.constant([2, 0, 2]), [4, 1])
DENSE = [[2.0], [0.0], [5.0], [0.0]]


def test_sparse_adagrad_keeps_the_rows():
    given = [SLICES, None, tf.ones(3)]
    assert gradients_for(SparseAdagrad(), given) is given


@pytest.mark.parametrize(
    "optimizer",
    [
        keras.optimizers.Adam(),
        SparseAdagrad(clipnorm=1.0),
        SparseAdagrad(clipvalue=1.0),
        SparseAdagrad(global_clipnorm=1.0),
        SparseAdagrad(gradient_accumulation_steps=2),
    ],
    ids=["adam", "clipnorm", "clipvalue", "global_clipnorm", "accumulation"],
)
def test_others_get_the_dense_sum(optimizer):
    rows, missing, dense = gradients_for(optimizer, [SLICES, None, tf.ones(3)])
    np.testing.assert_array_equal(rows, DENSE)
    assert missing is None
    np.testing.assert_array_equal(dense, np.ones(3))


def scaled_steps(optimizer, jit, precision):
    """A table after six lookups in a precision, and how often the gradients stayed rows."""
    weight = keras.Variable(table())
    optimizer.build([weight])
    kept = []

    def step(rows, direction):
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(weight.value)
            read = tf.cast(tf.gather(weight.value, rows), precision)
            cost = tf.cast(tf.reduce_sum(read * tf.cast(direction, precision)), tf.float32)
            cost = optimizer.scale_loss(cost)
        gradients = gradients_for(optimizer, tape.gradient(cost, [weight.value]))
        kept.append(isinstance(gradients[0], tf.IndexedSlices))
        optimizer.apply(gradients, [weight])

    step = tf.function(step, jit_compile=jit)
    for rows, direction in sparse_steps():
        step(tf.constant(rows), tf.constant(direction))
    return read(weight), all(kept)


@pytest.mark.parametrize("jit", [False, True])
def test_rows_survive_loss_scaling(jit):
    plain, wrapped = SparseAdagrad(0.1, momentum=0.4), SparseAdagrad(0.1, momentum=0.4)
    want, _ = scaled_steps(plain, jit, tf.float32)
    scaled = keras.optimizers.LossScaleOptimizer(wrapped, initial_scale=2.0**10)
    got, kept_rows = scaled_steps(scaled, jit, tf.float16)
    assert kept_rows
    np.testing.assert_allclose(got, want, rtol=2e-3, atol=2e-3)
    # The last two rows are never read: not a bit of them moves, nor of their state.
    np.testing.assert_array_equal(got[-2:], table()[-2:])
    for state in wrapped.variables[2:]:
        assert (read(state)[-2:] == 0).all() and (read(state)[:-2] != 0).any()


def test_an_infinite_gradient_skips_the_step():
    weight = keras.Variable(table())
    inner = SparseAdagrad(0.1, momentum=0.4)
    optimizer = keras.optimizers.LossScaleOptimizer(inner, initial_scale=8.0)
    optimizer.build([weight])
    slices = tf.IndexedSlices(tf.constant([[1.0, np.inf, 0.0]]), tf.constant([3]), [HEIGHT, WIDTH])
    optimizer.apply(gradients_for(optimizer, [slices]), [weight])
    np.testing.assert_array_equal(read(weight), table())
    assert float(optimizer.dynamic_scale) == 4.0 and int(inner.iterations) == 0


def test_clipping_within_loss_scaling_still_gets_the_dense_sum():
    optimizer = keras.optimizers.LossScaleOptimizer(SparseAdagrad(clipnorm=1.0))
    np.testing.assert_array_equal(gradients_for(optimizer, [SLICES])[0], DENSE)


def test_learning_rates_are_scaled_within_loss_scaling_too():
    first, second = keras.Variable([1.0]), keras.Variable([1.0])
    optimizer = keras.optimizers.LossScaleOptimizer(SparseAdagrad(0.1), initial_scale=4.0)
    optimizer.build([first, second])
    optimizer.inner_optimizer.scale_learning_rate([second], 0.5)
    optimizer.apply([tf.constant([8.0]), tf.constant([8.0])], [first, second])
    np.testing.assert_allclose([first[0], second[0]], [0.9, 0.95], atol=1e-6)
