"""Hidden vectors after each session's own last event (TensorFlow only)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf


def last_hidden(
    encode: Callable[..., tuple[Any, list[Any]]], states: list[Any], items: Any, length: Any
) -> Any:
    """Reads sessions of different lengths; a session costs no step beyond its own last one.

    The longest sessions come first, so those that have a step are the first rows. Padded
    batches of RSC15's test prefixes, 19 steps wide, hold five events a row on average: the
    recurrent products are then a quarter. For graphs that XLA does not compile: the rows of a
    step change in number.

    Args:
        encode: `SessionNetwork.encode`.
        states: list of float `[rows, ...]`, those of sessions without events.
        items: int `[rows, steps]`, one step at least, each row's events first and then zeros.
        length: int `[rows]`, numbers of events.

    Returns:
        dict from names of subnets to float `[rows, dim]`; what a row without events gets has no
        meaning.

    Example:

    >>> model = ksr.models.GRU4Rec(ksr.Catalog(["tea", "cup"]), units=[4], seed=1)
    >>> items = keras.ops.array([[1, 2], [2, 0]])
    >>> network, length = model.network, keras.ops.array([2, 1])
    >>> hidden = last_hidden(network.encode, network.initial_states(2), items, length)
    >>> hidden["network"].shape
    TensorShape([2, 4])
    """
    order = tf.argsort(-length, stable=True)
    items, length = tf.gather(items, order), tf.gather(length, order)
    hidden, states = _one_step(encode, items[:, 0], states)

    def body(step: Any, hidden: Any, states: list[Any]) -> tuple[Any, Any, list[Any]]:
        rows = tf.reduce_sum(tf.cast(length > step, tf.int32))
        new = _one_step(encode, items[:rows, step], [state[:rows] for state in states])
        hidden, states = tf.nest.map_structure(
            lambda new, old: tf.ensure_shape(tf.concat([new, old[rows:]], axis=0), old.shape),
            new,
            (hidden, states),
        )
        return step + 1, hidden, states

    steps = tf.reduce_max(length)
    _, hidden, _ = tf.while_loop(lambda step, *_: step < steps, body, (1, hidden, list(states)))
    back = tf.argsort(order)
    return tf.nest.map_structure(lambda rows: tf.gather(rows, back), hidden)


def _one_step(encode: Callable, items: Any, states: list[Any]) -> tuple[Any, list[Any]]:
    parts, states = encode(items[:, None], states)
    return tf.nest.map_structure(lambda hidden: hidden[:, 0], dict(parts)), list(states)
