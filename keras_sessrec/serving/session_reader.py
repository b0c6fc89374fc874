"""Sessions of any length into queries for a score table, inside a TensorFlow graph."""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from keras_sessrec.models import SessionRecommender

# What a client sends back as its state is cut to this range: a float32 holds every item in it.
_LARGEST = 2.0**24


class Progress(NamedTuple):
    """Where sessions stand after some of their clicks.

    Attributes:
        events: float32 `[rows]`, known clicks read so far.
        query: float32 `[rows, dim]`, what the items' vectors are multiplied by; zeros without a
            known click.
        states: tuple of the network's states.
    """

    events: tf.Tensor
    query: tf.Tensor
    states: tuple[tf.Tensor, ...]


class SessionReader:
    """Runs a model's network over clicks, one at a time, with the state in the open.

    The network is what the model trained with, its states start at zero, and nothing is
    kept between calls. Clicks on unknown items (0) are skipped wherever they stand, so
    padding changes no answer.

    Args:
        model: `SessionRecommender`.
        max_length: int, how many of a session's last known clicks are read.

    Attributes:
        query_size: int, width of a query.
        state_size: int, width of a row of `pack`.

    Raises:
        ValueError: The states of a new session are not all zero, or the catalog is too
            large for states that hold items.

    Example:

    >>> model = ksr.models.GRU4Rec(ksr.Catalog(["tea", "cup"]), units=[4], seed=1)
    >>> reader = SessionReader(model, max_length=10)
    >>> progress = reader.read(np.array([[0, 2, 0, 1], [0, 0, 0, 0]], "int32"))
    >>> progress.events.numpy().tolist(), reader.pack(progress).shape
    ([2.0, 0.0], TensorShape([2, 9]))
    """

    def __init__(self, model: SessionRecommender, max_length: int) -> None:
        self._network, self._head = model.network, model.head()
        self._initial_states = model.network.initial_states
        self._num_items = model.catalog.num_items
        self.max_length = max_length
        states = [tf.convert_to_tensor(state) for state in self._initial_states(1)]
        query, after = self._read_one(tf.zeros([1], tf.int32), states)
        if any(new.shape != old.shape for new, old in zip(after, states, strict=True)):
            raise ValueError(
                "`model` must have states of a fixed size, which a client carries. "
                f"Received: {type(model).__name__}, whose states grow."
            )
        if any(tf.math.count_nonzero(state) for state in states):
            raise ValueError(
                "`model` must begin a session with states of zero. "
                f"Received: {type(model).__name__} with other `initial_states`."
            )
        if any(s.dtype.is_integer for s in states) and self._num_items > _LARGEST:
            raise ValueError(
                f"`model` must have at most {int(_LARGEST):,} items, since its states hold items. "
                f"Received: {self._num_items:,}. Leave out rare ones."
            )
        self._kinds = [(s.shape[1:], s.dtype) for s in states]
        self.query_size = int(query.shape[-1])
        self.state_size = 1 + self.query_size + sum(s.num_elements() for s, _ in self._kinds)

    def read(self, items: tf.Tensor) -> Progress:
        """Reads whole sessions.

        Args:
            items: int32 `[rows, steps]`, 0 = unknown or padding, anywhere; steps may be 0.

        Returns:
            `Progress` after the last known click.
        """
        known = items > 0
        place = tf.cumsum(tf.cast(known, tf.int32), axis=1, reverse=True)
        known &= place <= self.max_length  # the last ones
        length = tf.reduce_sum(tf.cast(known, tf.int32), axis=1)
        clicks = tf.RaggedTensor.from_row_lengths(
            tf.boolean_mask(items, known), length, validate=False
        ).to_tensor()
        rows, steps = tf.unstack(tf.shape(clicks))
        fresh = Progress(
            tf.zeros([rows]),
            tf.ensure_shape(tf.zeros([rows, self.query_size]), [None, self.query_size]),
            tuple(
                tf.ensure_shape(tf.convert_to_tensor(state), [None, *shape])
                for state, (shape, _) in zip(self._initial_states(rows), self._kinds, strict=True)
            ),
        )
        _, progress = tf.while_loop(
            lambda step, _: step < steps,
            lambda step, progress: (step + 1, self.step(progress, clicks[:, step])),
            (tf.constant(0), fresh),
            shape_invariants=(
                tf.TensorShape([]),
                tf.nest.map_structure(lambda t: tf.TensorShape([None, *t.shape[1:]]), fresh),
            ),
            parallel_iterations=1,
        )
        return progress

    def step(self, progress: Progress, items: tf.Tensor) -> Progress:
        """Reads one click of every session.

        Args:
            progress: `Progress`.
            items: int32 `[rows]`; 0 leaves a row as it is.

        Returns:
            `Progress`.
        """
        known = items > 0
        query, states = self._read_one(items, list(progress.states))

        def advance(new: tf.Tensor, old: tf.Tensor) -> tf.Tensor:
            return tf.where(tf.reshape(known, [-1] + [1] * (old.shape.rank - 1)), new, old)

        return Progress(
            progress.events + tf.cast(known, tf.float32),
            advance(query, progress.query),
            tuple(advance(*pair) for pair in zip(states, progress.states, strict=True)),
        )

    def _read_one(self, items: tf.Tensor, states: list) -> tuple[tf.Tensor, list]:
        """The query after one more event of each row, and the states."""
        parts, states = self._network.encode(items[:, None], states)
        query = self._head.query({name: h[:, 0] for name, h in parts.items()})
        return tf.cast(query, tf.float32), states

    def pack(self, progress: Progress) -> tf.Tensor:
        """Makes one float32 matrix `[rows, state_size]` of everything; all zero at the start."""
        parts = [progress.events[:, None], progress.query]
        for state, (shape, _) in zip(progress.states, self._kinds, strict=True):
            parts.append(tf.reshape(tf.cast(state, tf.float32), [-1, shape.num_elements()]))
        return tf.concat(parts, axis=1)

    def unpack(self, packed: tf.Tensor) -> Progress:
        """Reads what `pack` made and a client sent; whatever it sent, the numbers are usable."""
        packed = tf.where(tf.math.is_finite(packed), packed, 0.0)
        packed = tf.clip_by_value(packed, -_LARGEST, _LARGEST)
        sizes = [1, self.query_size, *(shape.num_elements() for shape, _ in self._kinds)]
        events, query, *parts = tf.split(packed, sizes, axis=1)
        states = []
        for part, (shape, dtype) in zip(parts, self._kinds, strict=True):
            if dtype.is_integer:
                part = tf.clip_by_value(part, 0.0, float(self._num_items))
            states.append(tf.cast(tf.reshape(part, [-1, *shape]), dtype))
        return Progress(tf.maximum(events[:, 0], 0.0), query, tuple(states))
