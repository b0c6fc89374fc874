"""Groups mini-batches into blocks that run as one program (TensorFlow only)."""

from __future__ import annotations

import tensorflow as tf


def has_static_shapes(dataset: tf.data.Dataset) -> bool:
    """Whether all elements of a dataset have one and the same known shape."""
    return all(
        getattr(spec, "shape", None) is not None and spec.shape.is_fully_defined()
        for spec in tf.nest.flatten(dataset.element_spec)
    )


def block_dataset(
    dataset: tf.data.Dataset, size: int, steps_per_epoch: int | None
) -> tuple[tf.data.Dataset, int | None]:
    """Stacks every `size` mini-batches of an epoch into one block.

    Stacked in tf.data's own threads, beside the training program, instead of drawn one by
    one inside the training loop.

    Args:
        dataset: `tf.data.Dataset` of mini-batches with static shapes.
        size: int, mini-batches in a block; the last block of an epoch may hold fewer.
        steps_per_epoch: int or `None`. As in `fit`: an epoch is that many mini-batches,
            the next one goes on where it ended.

    Returns:
        Tuple of a dataset of blocks `[<= size, ...]` and the number of mini-batches in
        an epoch, `None` if unknown. If known, the dataset repeats forever.
    """
    if steps_per_epoch is None:
        cardinality = int(dataset.cardinality())
        if cardinality < 0:
            return dataset.batch(size).prefetch(2), None
        return dataset.batch(size).repeat().prefetch(2), cardinality
    epochs = dataset.repeat().window(steps_per_epoch)
    blocks = epochs.flat_map(lambda *parts: _zip_nested(parts).batch(size))
    return blocks.prefetch(2), steps_per_epoch


def _zip_nested(parts: tuple) -> tf.data.Dataset:
    """A window's datasets of components as one dataset of elements."""
    return tf.data.Dataset.zip(parts if len(parts) > 1 else parts[0])
