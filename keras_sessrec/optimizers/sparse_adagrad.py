"""Row-wise Adagrad with momentum, the authors' update rule (TensorFlow only)."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf


@keras.saving.register_keras_serializable(package="keras_sessrec")
class SparseAdagrad(keras.optimizers.Optimizer):
    """Adagrad with classical momentum whose cost does not depend on the catalog.

    With accumulator A and velocity v of every weight, both 0 at the start:

        A += g^2
        v  = momentum * v - learning_rate * g / sqrt(A + epsilon)
        w += v

    A weight that is read by lookup (item tables and biases) is updated row by row: the
    gradients of a row that was read several times are summed first, and rows that were
    not read keep their weight, accumulator and velocity. This is the rule GRU4Rec was
    published with. It differs from `keras.optimizers.Adagrad`, which starts the
    accumulator at 0.1, adds epsilon outside the root, has no momentum, squares
    duplicate rows one by one and computes the root of the whole table in every step.

    Args:
        learning_rate: float or schedule. Defaults to 0.05.
        momentum: float in [0, 1). Defaults to 0.
        epsilon: float, inside the root. Defaults to 1e-6.
        name: str.
        **kwargs: As in `keras.optimizers.Optimizer`.

    Raises:
        ValueError: `momentum` or `epsilon` is out of range.

    Example:

    >>> weight = keras.Variable([1.0, 1.0])
    >>> SparseAdagrad(0.1).apply([keras.ops.array([2.0, 0.0])], [weight])
    >>> weight.numpy().round(4)
    array([0.9, 1. ], dtype=float32)
    """

    def __init__(
        self,
        learning_rate: float | keras.optimizers.schedules.LearningRateSchedule = 0.05,
        momentum: float = 0.0,
        epsilon: float = 1e-6,
        name: str = "sparse_adagrad",
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate=learning_rate, name=name, **kwargs)
        _check_momentum(momentum)
        if epsilon <= 0:
            raise ValueError(f"`epsilon` must be positive. Received: epsilon={epsilon}.")
        self.momentum = float(momentum)
        self.epsilon = float(epsilon)
        self._rate_factors: dict[int, float] = {}
        self._momentums: dict[int, float] = {}

    def scale_learning_rate(self, variables: list[keras.Variable], factor: float) -> None:
        """Lets some variables learn faster or slower than the others.

        Not part of the config: the model that knows the variables calls it again.

        Args:
            variables: List of Keras variables that the optimizer was built for.
            factor: float, what the learning rate is multiplied by for them.

        Raises:
            ValueError: `factor` is negative, or the optimizer was not built for a variable.
        """
        if factor < 0:
            raise ValueError(f"`factor` must not be negative. Received: factor={factor}.")
        indices = [self._index_of(variable) for variable in variables]
        self._rate_factors |= dict.fromkeys(indices, float(factor))

    def set_momentum(self, variables: list[keras.Variable], momentum: float) -> None:
        """Lets some variables have another momentum than the others.

        Not part of the config: the model that knows the variables calls it again.

        Args:
            variables: List of Keras variables that the optimizer was built for.
            momentum: float in [0, 1), for them. An optimizer whose own is 0 has no velocities and
                takes no other.

        Raises:
            ValueError: `momentum` is out of range, the optimizer has none, or it was not built
                for a variable.
        """
        _check_momentum(momentum)
        if momentum and not self.momentum:
            raise ValueError(
                "`momentum` of some variables needs an optimizer that has one: give it to "
                "`SparseAdagrad(momentum=...)`, and 0 to the other variables. "
                f"Received: momentum={momentum} for an optimizer with 0."
            )
        indices = [self._index_of(variable) for variable in variables]
        self._momentums |= dict.fromkeys(indices, float(momentum))

    def slots(self, variable: keras.Variable) -> dict[str, keras.Variable]:
        """Returns what the optimizer remembers of one weight, to be read or assigned.

        `optimizer.variables` holds the slots of all weights, the number of steps and the learning
        rate, whatever the optimizer is. Of Keras' `Adam` the slots of
        `model.trainable_variables[i]` are `_momentums[i]` and `_velocities[i]`.

        Args:
            variable: Keras variable that the optimizer was built for, as `compile` does.

        Returns:
            dict with `"accumulator"` (A) and, where the optimizer has momentum, `"velocity"`
            (v): Keras variables of the weight's shape.

        Raises:
            ValueError: The optimizer was not built for `variable`.

        Example:

        >>> weight = keras.Variable([1.0, 1.0])
        >>> optimizer = SparseAdagrad(0.1)
        >>> optimizer.apply([keras.ops.array([2.0, 0.0])], [weight])
        >>> optimizer.slots(weight)["accumulator"].numpy()
        array([4., 0.], dtype=float32)
        """
        index = self._index_of(variable)
        slots = {"accumulator": self._accumulators[index]}
        return slots | ({"velocity": self._velocities[index]} if self.momentum else {})

    def _index_of(self, variable: keras.Variable) -> int:
        if not self.built or id(variable) not in {id(v) for v in self._trainable_variables}:
            raise ValueError(
                "`variable` must be a weight that the optimizer was built for: one of "
                "`model.trainable_variables` after `compile`. "
                f"Received: {getattr(variable, 'path', type(variable).__name__)!r}."
            )
        return self._get_variable_index(variable)

    def build(self, variables: list[keras.Variable]) -> None:
        """Creates accumulators and velocities; called by Keras once."""
        if self.built:
            return
        super().build(variables)
        self._accumulators = self.add_optimizer_variables(variables, "accumulator")
        if self.momentum:
            self._velocities = self.add_optimizer_variables(variables, "velocity")
        # Scratch space, not state. One for each height and use: XLA copies a shared one.
        # int64, since TensorFlow keeps int32 variables on a GPU's host.
        with tf.init_scope():
            self._first_seen = [
                tf.Variable(np.zeros(v.shape[:1] or (1,), np.int64), trainable=False)
                for v in variables
            ]

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Updates one variable from a dense gradient or from `tf.IndexedSlices`."""
        index = self._get_variable_index(variable)
        weight, accumulator = _as_tf(variable), _as_tf(self._accumulators[index])
        momentum = self._momentums.get(index, self.momentum)
        velocity = _as_tf(self._velocities[index]) if momentum else None
        rate = tf.cast(learning_rate, weight.dtype) * self._rate_factors.get(index, 1.0)
        if isinstance(gradient, tf.IndexedSlices):
            rows, gradient = sum_duplicates(gradient, self._first_seen[index])
            total = tf.gather(accumulator, rows) + tf.square(gradient)
            step = -rate * gradient * tf.math.rsqrt(total + self.epsilon)
            if velocity is not None:
                step += momentum * tf.gather(velocity, rows)
                velocity.scatter_update(tf.IndexedSlices(step, rows))
            # Duplicates write the same value, so any of them may come last.
            accumulator.scatter_update(tf.IndexedSlices(total, rows))
            weight.scatter_update(tf.IndexedSlices(tf.gather(weight, rows) + step, rows))
        else:
            accumulator.assign_add(tf.square(gradient))
            step = -rate * gradient * tf.math.rsqrt(accumulator + self.epsilon)
            if velocity is not None:
                step += momentum * velocity
                velocity.assign(step)
            weight.assign_add(step)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "momentum": self.momentum, "epsilon": self.epsilon}


def _check_momentum(momentum: float) -> None:
    if not 0 <= momentum < 1:
        raise ValueError(f"`momentum` must be in [0, 1). Received: momentum={momentum}.")


def _as_tf(variable: keras.Variable | tf.Variable) -> tf.Variable:
    """The TensorFlow variable behind a Keras one."""
    return variable.value if isinstance(variable, keras.Variable) else variable


def sum_duplicates(
    slices: tf.IndexedSlices, first_seen: tf.Variable
) -> tuple[tf.Tensor, tf.Tensor]:
    """Gives every occurrence of a row the sum over all its occurrences.

    `tf.unique` has no XLA kernel and sorting costs a quarter of a step's speed, so the
    occurrences of a row find each other through a scratch table: all of them write
    their position at the row's place, one wins, and all read the winner's position.
    The cost is that of the occurrences, whatever the table's height; what is in the table
    (int64, as tall as the sliced one) before and after does not matter.

    Returns:
        Tuple of the n row numbers and the n summed gradients, equal where rows are.
    """
    rows = tf.convert_to_tensor(slices.indices)
    values = tf.convert_to_tensor(slices.values)
    count = tf.shape(rows, out_type=tf.int64)[0]
    first_seen.scatter_update(tf.IndexedSlices(tf.range(count), rows))
    winner = tf.gather(first_seen, rows)
    total = tf.math.unsorted_segment_sum(values, winner, count)
    return rows, tf.gather(total, winner)


def gradients_for(optimizer: keras.optimizers.Optimizer, gradients: list[Any]) -> list[Any]:
    """Keeps row-wise gradients only for the optimizer that sums their duplicates itself.

    Keras' own optimizers would square the gradients of a row that occurs twice one by
    one, and clipping or accumulation would take them apart: they get the dense gradient,
    which is right and costs as much as the table is tall. Keras' loss scaling passes rows on
    to the optimizer in it; its search for infinite gradients alone is as tall as the table.
    """
    rule = getattr(optimizer, "inner_optimizer", optimizer)  # of Keras' loss scaling
    apart = (
        rule.clipnorm or rule.clipvalue or rule.global_clipnorm or rule.gradient_accumulation_steps
    )
    if isinstance(rule, SparseAdagrad) and not apart:
        return gradients
    return [None if g is None else tf.convert_to_tensor(g) for g in gradients]
