"""Optimizers whose cost does not grow with the catalog."""

from typing import Any

import keras

from keras_sessrec.ops.identifiers import shown
from keras_sessrec.optimizers.sparse_adagrad import SparseAdagrad

__all__ = ["SparseAdagrad", "get"]

_OPTIMIZERS = {"sparse_adagrad": SparseAdagrad}


def get(optimizer: Any) -> keras.optimizers.Optimizer:
    """Returns an optimizer given as an object, by its name or as its config.

    Args:
        optimizer: Keras optimizer; `"sparse_adagrad"`; or a name or config that
            `keras.optimizers.get` knows.

    Returns:
        Keras optimizer.

    Raises:
        ValueError: It is none; a class, for instance.

    Example:

    >>> type(get("sparse_adagrad")).__name__
    'SparseAdagrad'
    """
    if isinstance(optimizer, str) and optimizer in _OPTIMIZERS:
        return _OPTIMIZERS[optimizer]()
    try:
        made = keras.optimizers.get(optimizer)
    except (ValueError, TypeError):  # their messages print a whole config
        made = None
    if made is None:
        raise ValueError(
            "`optimizer` must be a Keras optimizer object, e.g. "
            f"`ksr.optimizers.SparseAdagrad(0.1)`, or one of {sorted(_OPTIMIZERS)} and Keras' "
            f"names, such as 'adam'. Received: {shown(optimizer)}."
        )
    return made
