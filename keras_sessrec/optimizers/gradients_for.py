"""Gradients in the form an optimizer can use (TensorFlow only)."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from keras_sessrec.optimizers.sparse_adagrad import SparseAdagrad


def gradients_for(optimizer: keras.optimizers.Optimizer, gradients: list[Any]) -> list[Any]:
    """Keeps row-wise gradients only for the optimizer that sums their duplicates itself.

    Keras' own optimizers would square the gradients of a row that occurs twice one by
    one, and clipping or accumulation would take them apart: they get the dense gradient,
    which is right and costs as much as the table is tall.

    Args:
        optimizer: Keras optimizer.
        gradients: list of tensors, `tf.IndexedSlices` or `None`.

    Returns:
        List of the same length.
    """
    apart = (
        optimizer.clipnorm
        or optimizer.clipvalue
        or optimizer.global_clipnorm
        or optimizer.gradient_accumulation_steps
    )
    if isinstance(optimizer, SparseAdagrad) and not apart:
        return gradients
    return [None if g is None else tf.convert_to_tensor(g) for g in gradients]
