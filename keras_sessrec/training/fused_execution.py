"""Many mini-batches in one compiled program (TensorFlow only)."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

import tensorflow as tf

from keras_sessrec.training.finite_loss_guard import FiniteLossGuard


def fused_train_function(
    train_step: Callable[[Any], Any],
    results: Callable[[], dict[str, Any]],
    size: int,
    jit_compile: bool,
) -> Callable[[Iterator], dict[str, Any]]:
    """Makes a Keras train function that runs a block of mini-batches per call.

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
        Function that takes an iterator over blocks, trains on the next one and returns
        the results.
    """

    def steps(block: Any, count: tf.Tensor) -> dict[str, Any]:
        def one_step(step: tf.Tensor) -> tf.Tensor:
            train_step(tf.nest.map_structure(lambda part: part[step], block))
            return step + 1

        tf.while_loop(lambda step: step < count, one_step, [tf.constant(0)])
        return results()

    program = tf.function(steps, jit_compile=jit_compile, autograph=False)

    def fill(part: tf.Tensor) -> tf.Tensor:
        missing = [[0, size - part.shape[0]]] + [[0, 0]] * (len(part.shape) - 1)
        return tf.pad(part, missing)

    def train_on_next_block(iterator: Iterator) -> dict[str, Any]:
        block = next(iterator)
        count = tf.nest.flatten(block)[0].shape[0]
        if count < size:
            block = tf.nest.map_structure(fill, block)
        return program(block, tf.constant(count))

    return train_on_next_block


def checked_train_function(
    train_step: Callable[[Any], Any],
    results: Callable[[], dict[str, Any]],
    guard: FiniteLossGuard,
    size: int,
    jit_compile: bool,
    run_eagerly: bool,
) -> Callable[[Iterator], dict[str, Any]]:
    """Makes a train function for blocks or, with `size` 1, for single mini-batches.

    Args:
        train_step: Callable that trains on one mini-batch.
        results: Callable without arguments that returns the metrics' current results.
        guard: `FiniteLossGuard` that `train_step` notes its losses in.
        size: int, mini-batches per call; above 1 the iterator must yield blocks.
        jit_compile: bool. Whether to compile with XLA.
        run_eagerly: bool. Whether single mini-batches run without any tracing.

    Returns:
        Function that takes an iterator, trains on what it yields next, raises
        `FloatingPointError` if a loss was not finite, and returns the results.
    """
    if size > 1:
        run = fused_train_function(train_step, results, size, jit_compile)
    else:
        step = train_step if run_eagerly else _one_program_per_shape(train_step, jit_compile)

        def run(iterator: Iterator) -> dict[str, Any]:
            return step(next(iterator))

    def train_function(iterator: Iterator) -> dict[str, Any]:
        logs = run(iterator)
        guard.check()
        return logs

    return train_function


def _one_program_per_shape(
    train_step: Callable[[Any], Any], jit_compile: bool
) -> Callable[[Any], dict[str, Any]]:
    """Compiles a step anew for every shape of mini-batch; prefixes come in several widths.

    One `tf.function` would do so too, but warn that it is traced often, which here is meant.
    It counts per code object, which a `partial` has not.
    """
    programs: dict[tuple, Callable] = {}

    def step(data: Any) -> dict[str, Any]:
        shapes = tuple(tuple(part.shape) for part in tf.nest.flatten(data) if part is not None)
        if shapes not in programs:
            program = functools.partial(train_step)
            programs[shapes] = tf.function(program, jit_compile=jit_compile, autograph=False)
        return programs[shapes](data)

    return step
