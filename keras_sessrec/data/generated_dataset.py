"""A `tf.data.Dataset` from a generator of mini-batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import tensorflow as tf


def generated_dataset(
    generate: Callable[[], Iterator[Any]], signature: Any, num_batches: int, in_slabs: bool = False
) -> tf.data.Dataset:
    """Makes a dataset whose every pass runs a generator.

    tf.data's autotuning is off: there is nothing to tune in the pipeline, and the thread
    that would do it sleeps for twice as long every time, up to a minute, while whoever
    drops the iterator waits for it: a `fit` could take up to twice its time.

    Args:
        generate: Callable that returns an iterator over nested arrays.
        signature: Nested `tf.TensorSpec` of what the iterator yields.
        num_batches: int, mini-batches in a pass.
        in_slabs: bool. Whether the iterator yields many mini-batches at a time, stacked
            along a first dimension. Defaults to `False`.

    Returns:
        `tf.data.Dataset` of mini-batches, of known cardinality.
    """
    dataset = tf.data.Dataset.from_generator(generate, output_signature=signature)
    if in_slabs:
        dataset = dataset.unbatch()
    dataset = dataset.apply(tf.data.experimental.assert_cardinality(num_batches))
    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)
