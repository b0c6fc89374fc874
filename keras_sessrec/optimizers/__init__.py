"""Optimizers whose cost does not grow with the catalog."""

from typing import Any

import keras

from keras_sessrec.optimizers.sparse_adagrad import SparseAdagrad

__all__ = ["SparseAdagrad", "get"]


def get(optimizer: Any) -> keras.optimizers.Optimizer:
    """Returns an optimizer given as an object or by its name.

    Args:
        optimizer: Keras optimizer; `"sparse_adagrad"`; or a name or config that
            `keras.optimizers.get` knows.

    Returns:
        Keras optimizer.

    Raises:
        ValueError: It is none.

    Example:

    >>> type(get("sparse_adagrad")).__name__
    'SparseAdagrad'
    """
    if optimizer == "sparse_adagrad":
        return SparseAdagrad()
    try:
        return keras.optimizers.get(optimizer)
    except (ValueError, TypeError) as error:
        raise ValueError(
            "`optimizer` must be a Keras optimizer, e.g. `ksr.optimizers.SparseAdagrad(0.1)`, or "
            f"its name. Received: optimizer={str(optimizer)[:200]!r}."
        ) from error
