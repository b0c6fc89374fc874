"""What a model lets in: batches and items of its own catalog, of a size that fits."""

from __future__ import annotations

import contextlib
import math
import re
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_sessrec.batches.epochs import check_catalog, sources
from keras_sessrec.catalog import Catalog
from keras_sessrec.ops.weight_memory import machine_memory
from keras_sessrec.samplers import FullCatalog, Sampler


def check_input(x: Any, catalog: Catalog, name: str = "x") -> None:
    """Raises unless data can be of a catalog.

    Args:
        x: What `fit`, `evaluate` and `predict` take.
        catalog: `Catalog` of the model.
        name: str, what the argument is called. Defaults to `"x"`.

    Raises:
        ValueError: It is no batches, of another catalog, or holds items that are not in it.
    """
    if isinstance(x, tf.data.Dataset):
        check_catalog(x, catalog, name)
        return
    items = x.get("item") if isinstance(x, dict) else x
    if isinstance(items, keras.utils.PyDataset) or hasattr(items, "__next__"):
        return  # seen when it comes
    is_nested = isinstance(items, (list, tuple)) and all(
        isinstance(row, (list, tuple, np.ndarray)) for row in items
    )
    is_array = isinstance(items, np.ndarray) or tf.is_tensor(items) or is_nested
    values = np.asarray(items) if is_array else None
    if values is None or values.dtype.kind not in "iu" or values.ndim != 2:
        what = type(x).__name__ if values is None else f"{values.dtype}, shape {values.shape}"
        raise ValueError(
            f"`{name}` must be batches made by `ksr.batches`, such as `session_parallel(log, "
            "model.catalog)` to train and `whole_sessions(log, model.catalog)` to validate, or an "
            f"array of items `[sessions, steps]`. Received: {what}."
        )
    if values.size and (values.min() < 0 or values.max() > catalog.num_items):
        raise ValueError(
            f"`{name}` must hold items 0..{catalog.num_items} of the model's catalog (0 is "
            f"padding). Received: values from {values.min()} to {values.max()}. "
            "`model.catalog.encode` makes items of raw ids."
        )


def names_its_catalog(x: Any) -> bool:
    """Whether data says which catalog it is of, so that its items need no check."""
    return isinstance(x, tf.data.Dataset) and bool(sources(x))


def check_items(data: Any, catalog: Catalog) -> Any:
    """Checks that the items of a mini-batch are of a catalog, in graphs too; see `item_errors`.

    Args:
        data: `(x, y, sample_weight)`, or less of it, tensors.
        catalog: `Catalog` of the model.

    Returns:
        The same data, which in a graph comes after the check.

    Raises:
        ValueError: An item is too great or negative.
    """
    x, y, _ = keras.utils.unpack_x_y_sample_weight(data)
    parts = [x.get("item") if isinstance(x, dict) else x, y]
    items = tf.concat([tf.reshape(tf.cast(p, tf.int64), [-1]) for p in parts if p is not None], 0)
    outside = tf.boolean_mask(items, (items < 0) | (items > catalog.num_items))
    message = (
        f"`x` and `y` must hold items 0..{catalog.num_items} of the catalog of the model (0 is "
        "padding). `model.catalog.encode` makes items of raw ids. Received:"
    )
    with item_errors():
        check = tf.debugging.Assert(tf.size(outside) == 0, [message, outside[:3]])
    with tf.control_dependencies([check] if check is not None else []):
        return tf.nest.map_structure(lambda part: None if part is None else tf.identity(part), data)


@contextlib.contextmanager
def item_errors() -> Iterator[None]:
    """Makes of a graph's error about items what `check_items` raises."""
    try:
        yield
    except tf.errors.InvalidArgumentError as error:
        found = re.search(r"(`x` and `y` must hold items.*?Received:)[^\d-]*([-\d ]+)", str(error))
        if not found:
            raise
        raise ValueError(f"{found[1]} {found[2]}.") from None


def as_arrays(x: Any, y: Any) -> tuple[Any, Any]:
    """Makes arrays follow the batch contract; anything else stays as it is.

    Raises:
        ValueError: `x` is an array and `y` is missing.
    """
    if isinstance(x, (list, tuple, np.ndarray)) or tf.is_tensor(x):
        x = {"item": np.asarray(x, np.int32)}
    if isinstance(x, dict) and y is None:
        raise ValueError(
            "`y` must be the next items, `[rows, steps]`, or `[rows]` for those after the last "
            "events. Received: None. `ksr.batches` makes datasets that hold them."
        )
    return x, y


def check_memory(x: Any, negatives: Sampler, catalog: Catalog) -> None:
    """Refuses mini-batches whose scores alone do not fit.

    Args:
        x: What `fit` takes; only a dataset says the size of its mini-batches.
        negatives: `Sampler` of the model.
        catalog: `Catalog` of the model.

    Raises:
        ValueError: The scores and their gradient need more memory than there is.
    """
    spec = getattr(x, "element_spec", None)
    shape = spec[1].shape if isinstance(spec, tuple) and len(spec) > 1 else [None]
    if None in list(shape):
        return
    lanes = math.prod(shape)
    is_full = isinstance(negatives, FullCatalog)
    columns = catalog.num_items if is_full else lanes + negatives.num
    needed = 2 * 4 * lanes * columns
    available = machine_memory()
    if needed > available:
        raise ValueError(
            "Mini-batches must be small enough for the memory (`lanes`, `batch_size`). Received: "
            f"{lanes:,} targets for which {columns:,} items are scored, which takes "
            f"{needed / 2**30:,.0f} GiB and more of {available / 2**30:,.0f}. A few hundred "
            "lanes train best."
        )
