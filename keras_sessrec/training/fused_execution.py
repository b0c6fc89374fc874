"""Many mini-batches in one compiled program (TensorFlow only)."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

import tensorflow as tf

from keras_sessrec.batches.epochs import passes
from keras_sessrec.training.shared_programs import shared_program


class TrainingGuard:
    """Knows what went wrong inside compiled programs, which cannot raise.

    A step notes in a variable if its loss is not finite, and `check` raises after the block. A
    program that broke off, for want of memory say, leaves the weights half written: after it
    nothing goes on.

    Example:

    >>> import tensorflow as tf
    >>> guard = TrainingGuard()
    >>> guard.note(tf.constant(0.5), step=0)
    >>> guard.note(tf.constant(float("nan")), step=1)
    >>> try:
    ...     guard.check()
    ... except FloatingPointError as error:
    ...     print(str(error)[:36])
    The loss is not finite at step 1 (co
    """

    def __init__(self) -> None:
        self._failed_at = tf.Variable(-1, dtype=tf.int64, trainable=False)
        self._broken: str | None = None

    def note(self, loss: tf.Tensor, step: tf.Tensor | int) -> None:
        """Notes a step.

        Args:
            loss: float scalar.
            step: int scalar, what to call the step.
        """
        first = tf.logical_and(tf.logical_not(tf.math.is_finite(loss)), self._failed_at < 0)
        self._failed_at.assign(tf.where(first, tf.cast(step, tf.int64), self._failed_at))

    def check(self) -> None:
        """Raises if a step has failed since the last check.

        Raises:
            FloatingPointError: Names the first step whose loss was not finite.
        """
        step = int(self._failed_at)
        if step >= 0:
            self._failed_at.assign(-1)
            raise FloatingPointError(
                f"The loss is not finite at step {step} (counted by the optimizer from 0). "
                "Lower the learning rate or the momentum and start again from a checkpoint: "
                "the weights are lost, unless a callback restores the best ones."
            )

    def break_off(self, error: Exception) -> None:
        """Notes that a program broke off in the middle."""
        self._broken = f"a training program broke off: {str(error)[:200]}"

    def check_usable(self) -> None:
        """Raises if the weights cannot be trusted any more.

        Raises:
            RuntimeError: A program has broken off before.
        """
        if self._broken:
            raise RuntimeError(
                f"This model cannot be used any more, since {self._broken}. Its weights may be "
                "half written: make it anew; `load_weights` takes what was saved before."
            )


def has_static_shapes(dataset: tf.data.Dataset) -> bool:
    """Whether all elements of a dataset have one and the same known shape."""
    return all(
        getattr(spec, "shape", None) is not None and spec.shape.is_fully_defined()
        for spec in tf.nest.flatten(dataset.element_spec)
    )


def block_dataset(
    dataset: tf.data.Dataset,
    size: int,
    steps_per_epoch: int | None,
    begin: Callable[[], tuple[int, int]] | None = None,
) -> tuple[tf.data.Dataset, int | None, int | None]:
    """Stacks every `size` mini-batches of an epoch into one block, epoch after epoch.

    Stacked in tf.data's own threads, beside the training program, instead of drawn one by
    one inside the training loop. Single mini-batches stay what they are.

    Args:
        dataset: `tf.data.Dataset` of mini-batches with static shapes.
        size: int, mini-batches in a block; the last block of an epoch may hold fewer.
        steps_per_epoch: int or `None`. As in `fit`: an epoch is that many mini-batches,
            the next one goes on where it ended.
        begin: As in `passes`. Defaults to `None`.

    Returns:
        Tuple of a dataset of blocks `[<= size, ...]`, and the numbers of blocks and of
        mini-batches in an epoch, `None` if unknown. If known, the dataset has no end.

    Raises:
        ValueError: The dataset has no end, and `steps_per_epoch` is `None`.
    """
    steps = steps_per_epoch or int(dataset.cardinality())
    if steps == tf.data.INFINITE_CARDINALITY:
        raise ValueError(
            "`steps_per_epoch` is needed for a dataset without end. Received: None. Give it, or "
            "leave `.repeat()` and `epochs_of` out: `fit` goes on by itself."
        )
    if steps < 0:
        return (dataset.batch(size).prefetch(2) if size > 1 else dataset), None, None
    if size == 1:
        return passes(dataset, begin), steps, steps
    if steps_per_epoch is None:
        blocks = passes(dataset, begin, lambda one_pass: one_pass.batch(size))
    else:
        epochs = passes(dataset, begin).window(steps)
        blocks = epochs.flat_map(lambda *parts: _zip_nested(parts).batch(size))
    return blocks.prefetch(2), -(-steps // size), steps


def _zip_nested(parts: tuple) -> tf.data.Dataset:
    """A window's datasets of components as one dataset of elements."""
    return tf.data.Dataset.zip(parts if len(parts) > 1 else parts[0])


def fused_train_function(
    train_step: Callable[[Any], Any],
    results: Callable[[], dict[str, Any]],
    size: int,
    jit_compile: bool,
) -> Callable[[Any], dict[str, Any]]:
    """Makes a function that runs a block of mini-batches per call.

    Small recurrent networks are bound by the cost of starting operations, not by
    arithmetic. One program that loops over `size` mini-batches - forward, sampling,
    loss, gradient, update, carried state, metrics - starts once per block. `train_step`
    stays the unit: the numbers are those of single steps. A shorter last block is padded
    and the padding not run, so there is one program for all blocks.

    Args:
        train_step: Callable that trains on one mini-batch `(x, y, sample_weight)`.
        results: Callable without arguments that returns the metrics' current results.
        size: int, mini-batches in a full block.
        jit_compile: bool. Whether to compile the program with XLA.

    Returns:
        Function that takes a block, trains on it and returns the results.
    """

    def steps(block: Any, count: tf.Tensor) -> dict[str, Any]:
        def one_step(step: tf.Tensor) -> tf.Tensor:
            train_step(tf.nest.map_structure(lambda part: part[step], block))
            return step + 1

        begin = [tf.constant(0)]
        tf.while_loop(lambda step: step < count, one_step, begin, parallel_iterations=1)
        return results()

    program = shared_program(steps) if jit_compile else tf.function(steps, autograph=False)

    def fill(part: tf.Tensor) -> tf.Tensor:
        missing = [[0, size - part.shape[0]]] + [[0, 0]] * (len(part.shape) - 1)
        return tf.pad(part, missing)

    def train_on_block(block: Any) -> dict[str, Any]:
        count = tf.nest.flatten(block)[0].shape[0]
        if count < size:
            block = tf.nest.map_structure(fill, block)
        return program(block, tf.constant(count))

    return train_on_block


def checked_train_function(
    train_step: Callable[[Any], Any],
    results: Callable[[], dict[str, Any]],
    guard: TrainingGuard,
    size: int,
    jit_compile: bool,
    run_eagerly: bool,
    check_data: Callable[[Any], None] = lambda data: None,
) -> Callable[[Iterator], dict[str, Any]]:
    """Makes a train function for blocks or, with `size` 1, for single mini-batches.

    Args:
        train_step: Callable that trains on one mini-batch.
        results: Callable without arguments that returns the metrics' current results.
        guard: `TrainingGuard` that `train_step` notes its losses in.
        size: int, mini-batches per call; above 1 the iterator must yield blocks.
        jit_compile: bool. Whether to compile with XLA.
        run_eagerly: bool. Whether single mini-batches run without any tracing.
        check_data: Callable that raises if what the iterator yields cannot be trained on. Defaults
            to nothing.

    Returns:
        Function that takes an iterator, trains on what it yields next, raises what the guard
        has noted, and returns the results.
    """
    if size > 1:
        run = fused_train_function(train_step, results, size, jit_compile)
    elif run_eagerly:
        run = train_step
    elif jit_compile:
        run = shared_program(train_step)
    else:
        run = _one_program_per_shape(train_step)

    def train_function(iterator: Iterator) -> dict[str, Any]:
        data = next(iterator)
        check_data(data)
        try:
            logs = run(data)
        except tf.errors.OpError as error:
            guard.check()
            guard.break_off(error)
            raise
        guard.check()
        return logs

    return train_function


def _one_program_per_shape(train_step: Callable[[Any], Any]) -> Callable[[Any], dict[str, Any]]:
    """Traces a step anew for every shape of mini-batch; prefixes come in several widths.

    One `tf.function` would do so too, but warn that it is traced often, which here is meant.
    It counts per code object, which a `partial` has not.
    """
    programs: dict[tuple, Callable] = {}

    def step(data: Any) -> dict[str, Any]:
        shapes = tuple(tuple(part.shape) for part in tf.nest.flatten(data) if part is not None)
        if shapes not in programs:
            program = functools.partial(train_step)
            programs[shapes] = tf.function(program, autograph=False)
        return programs[shapes](data)

    return step
