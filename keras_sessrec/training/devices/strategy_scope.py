"""The scope of a `tf.distribute.Strategy`, and how to step out of it.

The one place that touches what TensorFlow keeps to itself.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

import tensorflow as tf

_left: ContextVar[tf.distribute.Strategy | None] = ContextVar("left", default=None)


def current_strategy() -> tf.distribute.Strategy | None:
    """Returns the strategy whose scope the caller is in or has stepped out of, or `None`."""
    return tf.distribute.get_strategy() if tf.distribute.has_strategy() else _left.get()


def made_plain(thing: Any) -> Any:
    """Returns a new optimizer or metric in the place of one made in the scope of a strategy.

    Args:
        thing: Keras optimizer or metric, not used yet.

    Returns:
        The same object, if its variables are plain ones, or one of the same configuration.
    """
    if any(isinstance(v.value, tf.distribute.DistributedValues) for v in thing.variables):
        return type(thing).from_config(thing.get_config())
    return thing


@contextlib.contextmanager
def outside_strategies() -> Iterator[None]:
    """Steps out of the scope of a strategy: variables made here are plain ones.

    A mirrored variable lets no XLA program touch its copies one by one, and Keras' own loop
    averages and splits data by rules that carry no lane's state. So the models keep plain
    variables and a loop of one device, and take from a strategy its devices and collectives.

    Works as a decorator, too.

    Example:

    >>> import tensorflow as tf
    >>> with tf.distribute.MirroredStrategy(["CPU:0"]).scope(), outside_strategies():
    ...     tf.distribute.has_strategy()
    False
    """
    # TensorFlow has no public way out of a scope: its strategies and creators of variables are
    # stacks of the default graph, which in eager execution is one of the thread.
    graph = tf.compat.v1.get_default_graph()
    scopes, creators = graph._distribution_strategy_stack, graph._variable_creator_stack
    entered = list(scopes)
    if not entered:
        yield
        return
    strategy = tf.distribute.get_strategy()
    token = _left.set(strategy)
    scopes.clear()
    graph._variable_creator_stack = []
    try:
        with tf.device(None), tf.device(strategy.extended.worker_devices[0]):
            yield
    finally:
        _left.reset(token)
        scopes.extend(entered)
        graph._variable_creator_stack = creators
