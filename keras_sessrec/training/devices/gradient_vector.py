"""What replicas tell each other in a step, as one vector whose sum is what they all need."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from keras_sessrec.training.devices.lane_shard import LaneShard

_HALF = 4096  # row numbers travel as two float32, exact below 2^36


class GradientVector:
    """Packs losses and gradients so that one sum over the replicas exchanges all of them.

    A collective costs mostly its start, so there is one. Dense gradients and those of rows that
    all replicas read alike (the candidates) are added up. Rows that a replica has read alone are
    laid, with their numbers, where the others have zeros: their sum is a gather. So nothing is as
    tall as the catalog, unless a gradient is dense.

    Args:
        shard: `LaneShard`.

    Example:

    >>> import tensorflow as tf
    >>> packing = GradientVector(LaneShard(0, 1))
    >>> rows = tf.IndexedSlices(tf.ones((2, 3)), [4, 7], dense_shape=[9, 3])
    >>> vector, shared = packing.pack(tf.zeros(5), [None], [rows])
    >>> losses, (gradient,) = packing.unpack(vector, shared, [(9, 3)])
    >>> losses.shape[0], gradient.indices.numpy().tolist()
    (5, [4, 7])
    """

    def __init__(self, shard: LaneShard) -> None:
        self._shard = shard

    def pack(
        self, losses: tf.Tensor, shared: Sequence[Any], own: Sequence[Any]
    ) -> tuple[tf.Tensor, list[Any]]:
        """Packs; the shapes that it sees, while a program is traced, are what `unpack` finds.

        Args:
            losses: float32 `[rows]`, zero where they are another replica's.
            shared: Gradients of the variables: `None`, tensors, or `tf.IndexedSlices` of rows that
                are the same, in the same order, on all replicas.
            own: The same variables' other gradients; `tf.IndexedSlices` of any rows, as many on
                all replicas.

        Returns:
            Tuple of float32 `[n]`, and the numbers of the shared rows, for `unpack`.
        """
        entries, shared_rows = [], []
        for of_shared, of_own in zip(shared, own, strict=True):
            entry: dict[str, Any] = {}
            dense = [g for g in (of_shared, of_own) if isinstance(g, tf.Tensor)]
            if dense:
                entry["dense"] = sum(dense)
            if isinstance(of_shared, tf.IndexedSlices):
                entry["shared"] = tf.convert_to_tensor(of_shared.values)
            if isinstance(of_own, tf.IndexedSlices):
                rows = tf.cast(of_own.indices, tf.int64)
                halves = tf.stack([rows // _HALF, rows % _HALF], axis=1)
                entry["own"] = self._shard.spread(tf.convert_to_tensor(of_own.values))
                entry["rows"] = self._shard.spread(tf.cast(halves, tf.float32))
            entries.append(entry)
            shared_rows.append(of_shared.indices if "shared" in entry else None)
        self._sent = (losses, entries)
        parts = tf.nest.flatten(self._sent)
        self._shapes = [part.shape for part in parts]
        return tf.concat([tf.reshape(part, [-1]) for part in parts], 0), shared_rows

    def unpack(
        self, vector: tf.Tensor, shared_rows: Sequence[Any], shapes: Sequence[Sequence[int]]
    ) -> tuple[tf.Tensor, list[Any]]:
        """Unpacks a sum of what all replicas have packed.

        Args:
            vector: float32 `[n]`.
            shared_rows: As `pack` has returned them.
            shapes: Of the variables.

        Returns:
            Tuple of losses `[rows]`, and a gradient of each variable: `None`, a tensor or
            `tf.IndexedSlices`.
        """
        parts = tf.split(vector, [shape.num_elements() for shape in self._shapes])
        parts = [tf.reshape(part, shape) for part, shape in zip(parts, self._shapes, strict=True)]
        losses, entries = tf.nest.pack_sequence_as(self._sent, parts)
        gradients = []
        for entry, rows, shape in zip(entries, shared_rows, shapes, strict=True):
            slices = []
            if "shared" in entry:
                slices.append((entry["shared"], tf.cast(rows, tf.int64)))
            if "own" in entry:
                halves = tf.cast(entry["rows"], tf.int64)
                slices.append((entry["own"], halves[:, 0] * _HALF + halves[:, 1]))
            gradients.append(add_gradients(entry.get("dense"), _joined(slices, shape)))
        return losses, gradients


def add_gradients(one: Any, other: Any) -> Any:
    """The sum of two gradients, each `None`, a tensor or `tf.IndexedSlices`; at most one sparse."""
    if one is None or other is None:
        return other if one is None else one
    return tf.convert_to_tensor(one) + tf.convert_to_tensor(other)


def _joined(slices: list[tuple[tf.Tensor, tf.Tensor]], shape: Any) -> tf.IndexedSlices | None:
    """All of a table's rows below each other."""
    if not slices:
        return None
    values, rows = (tf.concat(parts, 0) for parts in zip(*slices, strict=True))
    return tf.IndexedSlices(values, rows, tf.constant(tuple(shape), tf.int64))
