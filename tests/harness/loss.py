"""One-call contract of the ranking losses of this package."""

import functools
import json

import keras
import numpy as np
import tensorflow as tf

from reference import losses as reference

ACTIVATIONS = {
    "none": (lambda: None, {}),
    "tanh": (lambda: "tanh", {"activation": "tanh"}),
    "elu": (lambda: keras.layers.ELU(0.5), {"activation": "elu", "alpha": 0.5}),
}
ROWS, COLUMNS = 5, 9


def run_loss_test(cls, expected, activation, **arguments):
    """Checks a `RankingLoss` against its definition.

    Args:
        cls: Class of the loss.
        expected: Function (own score, other scores) -> loss of the row, independent of
            the package, float64.
        activation: A key of `ACTIVATIONS`, applied to the scores by the loss.
        **arguments: Other constructor arguments of `cls`.
    """
    make_activation, how = ACTIVATIONS[activation]
    loss = cls(activation=make_activation(), **arguments)

    def want(scores, columns, valid=None):
        activated = reference.activate(np.asarray(scores, np.float64), **how)
        return reference.per_row(expected, activated, columns, valid)

    rng = np.random.default_rng(7)
    scores = rng.normal(0, 2, (ROWS, COLUMNS)).astype("float32")
    for columns in (np.arange(ROWS), rng.integers(0, COLUMNS, ROWS)):
        _check_value_and_gradient(loss, want, scores, columns)
        _check_mask(loss, want, scores, columns, rng)
        _check_permutation(loss, scores, columns, rng)
        _check_extreme_scores(loss, want, columns, rng)
    _check_row_without_negatives(loss)
    _check_keras_loss(loss, want, scores, columns)
    if activation == "elu":  # the slowest check, once a loss
        _check_training(loss)
    for again in _round_trips(loss):
        np.testing.assert_array_equal(
            again.per_row(columns, scores), loss.per_row(columns, scores), err_msg="round trip"
        )


def value_and_gradient(loss, columns, scores, valid=None, jit=False, dtype="float32"):
    """Row losses and the gradient of their sum with respect to the scores, as arrays."""
    compute = _compiled(loss) if jit else _compute
    columns = tf.constant(columns, tf.int32)
    valid = None if valid is None else tf.constant(valid)
    rows, gradient = compute(loss, columns, tf.constant(scores, dtype), valid)
    assert rows.shape == (len(scores),)
    return rows.numpy(), gradient.numpy()


def _compute(loss, columns, scores, valid):
    with tf.GradientTape() as tape:
        tape.watch(scores)
        rows = loss.per_row(columns, scores, valid)
    return rows, tape.gradient(rows, scores)


@functools.cache
def _compiled(loss):
    return tf.function(_compute, jit_compile=True)


def _check_value_and_gradient(loss, want, scores, columns, valid=None):
    want_gradient = reference.central_difference(
        lambda moved: want(moved, columns, valid).sum(), scores
    )
    # One mask is for all rows, and every shape costs a compilation: XLA sees the other two.
    for jit in (False, True) if valid is None or len(valid) > 1 else (False,):
        rows, gradient = value_and_gradient(loss, columns, scores, valid, jit)
        np.testing.assert_allclose(
            rows, want(scores, columns, valid), rtol=1e-5, atol=1e-6, err_msg=f"jit={jit}"
        )
        np.testing.assert_allclose(
            gradient, want_gradient, rtol=1e-4, atol=2e-6, err_msg=f"gradient, jit={jit}"
        )


def _check_mask(loss, want, scores, columns, rng):
    """A column that is not valid counts as if it were deleted, whatever its score."""
    for shape in ((1, COLUMNS), (ROWS, COLUMNS)):
        valid = rng.random(shape) < 0.6
        _check_value_and_gradient(loss, want, scores, columns, valid)
        rows, gradient = value_and_gradient(loss, columns, scores, valid)
        unused = ~np.broadcast_to(valid, scores.shape)
        unused = unused & (np.arange(COLUMNS) != columns[:, None])
        assert unused.any() and (gradient[unused] == 0).all()
        for other in (-1e4, 50.0, 1e4):
            moved = np.where(unused, np.float32(other), scores)
            got, got_gradient = value_and_gradient(loss, columns, moved, valid)
            np.testing.assert_array_equal(got, rows, err_msg="score of a masked column")
            np.testing.assert_array_equal(got_gradient, gradient)

    keep = np.ones(COLUMNS, bool)
    keep[np.setdiff1d(np.arange(COLUMNS), columns)[:2]] = False
    masked, _ = value_and_gradient(loss, columns, scores, keep[None, :])
    deleted, _ = value_and_gradient(loss, np.cumsum(keep)[columns] - 1, scores[:, keep])
    np.testing.assert_allclose(masked, deleted, rtol=1e-6, err_msg="mask = deletion")


def _check_permutation(loss, scores, columns, rng):
    order = rng.permutation(COLUMNS)
    rows, gradient = value_and_gradient(loss, columns, scores)
    moved, moved_gradient = value_and_gradient(loss, np.argsort(order)[columns], scores[:, order])
    np.testing.assert_allclose(moved, rows, rtol=1e-5, atol=1e-6, err_msg="permutation")
    np.testing.assert_allclose(moved_gradient, gradient[:, order], rtol=1e-4, atol=1e-6)


def _check_extreme_scores(loss, want, columns, rng):
    """C11: +-1e4 in any place leave value and gradient finite, and the value right."""
    own = np.arange(COLUMNS) == columns[:, None]
    cases = [np.full((ROWS, COLUMNS), level) for level in (-1e4, 0.0, 1e4)]
    for low, high in ((-1e4, 1e4), (-100.0, 0.0), (0.0, 100.0), (-100.0, 100.0)):
        cases += [np.where(own, low, high), np.where(own, high, low)]
    cases += [rng.choice([-1e4, -100.0, 0.0, 100.0, 1e4], (ROWS, COLUMNS)) for _ in range(8)]
    scores, columns = np.concatenate(cases), np.tile(columns, len(cases))
    some = rng.random(scores.shape) < 0.5
    for valid, jit in ((None, False), (some, False), (some, True)):
        rows, gradient = value_and_gradient(loss, columns, scores, valid, jit)
        assert np.isfinite(rows).all() and np.isfinite(gradient).all()
        np.testing.assert_allclose(
            rows, want(scores, columns, valid), rtol=1e-4, atol=1e-5, err_msg=f"jit={jit}"
        )


def _check_row_without_negatives(loss):
    scores = np.array([[3.0, -2.0], [-500.0, 500.0]])
    nothing = np.zeros((1, 2), bool)
    for got in value_and_gradient(loss, [0, 1], scores, nothing):
        np.testing.assert_array_equal(got, np.zeros_like(got), err_msg="all masked")
    for got in value_and_gradient(loss, [0, 0], scores[:, :1]):
        np.testing.assert_array_equal(got, np.zeros_like(got), err_msg="one column")
    # The neighbour that has a negative is not touched by the one that has none.
    for jit in (False, True):
        rows, gradient = value_and_gradient(loss, [0, 1], scores, [[False] * 2, [True] * 2], jit)
        assert rows[0] == 0 and (gradient[0] == 0).all()
        assert np.isfinite(rows[1]) and np.isfinite(gradient).all()


def _round_trips(loss):
    config = loss.get_config()
    json.dumps(config)
    yield type(loss).from_config(config)
    stored = json.loads(json.dumps(keras.saving.serialize_keras_object(loss)))
    again = keras.saving.deserialize_keras_object(stored)
    assert type(again) is type(loss) and again.get_config() == config
    yield again
    yield keras.losses.deserialize(keras.losses.serialize(loss))


def _check_keras_loss(loss, want, scores, columns):
    """`loss(y_true, scores)` reduces and weights as any Keras loss does."""
    rows = want(scores, columns)
    np.testing.assert_allclose(float(loss(columns, scores)), rows.mean(), rtol=1e-5)
    np.testing.assert_allclose(float(loss(columns[:, None], scores)), rows.mean(), rtol=1e-5)
    weights = np.arange(len(rows)) % 2
    weighted = float(loss(columns, scores, sample_weight=weights))
    np.testing.assert_allclose(weighted, (rows * weights).sum() / len(rows), rtol=1e-5)

    config = {**loss.get_config(), "reduction": None, "name": "rows"}
    unreduced = type(loss).from_config(config)
    assert unreduced.name == "rows" and unreduced.reduction is None
    np.testing.assert_allclose(unreduced(columns, scores), rows, rtol=1e-5, atol=1e-6)


def _check_training(loss):
    """In a compiled model, with XLA: the loss falls and the positive rises."""
    keras.utils.set_random_seed(0)
    inputs = np.eye(COLUMNS, dtype="float32")
    columns = (np.arange(COLUMNS) + 1) % COLUMNS
    model = keras.Sequential([keras.Input((COLUMNS,)), keras.layers.Dense(COLUMNS)])
    model.compile(keras.optimizers.Adam(0.05), loss=loss, jit_compile=True)
    before = model.evaluate(inputs, columns, batch_size=COLUMNS, verbose=0)
    steps = 60
    model.fit(
        np.tile(inputs, (steps, 1)),
        np.tile(columns, steps),
        batch_size=COLUMNS,
        shuffle=False,
        verbose=0,
    )
    assert model.evaluate(inputs, columns, batch_size=COLUMNS, verbose=0) < before
    scores = model.predict_on_batch(inputs)
    np.testing.assert_array_equal(scores.argmax(axis=1), columns)
