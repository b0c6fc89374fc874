"""What callbacks remember, as JSON and arrays."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

# They write files and bars, and know by themselves where those go on.
_WRITERS = (
    keras.callbacks.CSVLogger,
    keras.callbacks.ProgbarLogger,
    keras.callbacks.RemoteMonitor,
    keras.callbacks.TensorBoard,
)
# Keras turns the sign of min_delta when it finds the direction of a metric, again after a restart.
_NOT_REMEMBERED = ("model", "_model", "params", "min_delta")
_ARRAY, _PAIRS = "__array__", "__pairs__"


def remembered(callback: keras.callbacks.Callback) -> dict[str, Any]:
    """Returns the attributes of a callback that are plain values, lists, dicts and arrays.

    Example:

    >>> stop = keras.callbacks.EarlyStopping("loss", patience=3)
    >>> remembered(stop)["patience"]
    3
    """
    if isinstance(callback, _WRITERS):
        return {}
    kept = {}
    for name, value in vars(callback).items():
        if name not in _NOT_REMEMBERED and _is_plain(value):
            kept[name] = value
    return kept


def pack(value: Any, arrays: dict[str, np.ndarray]) -> Any:
    """Makes what JSON can hold of a plain value; arrays go into `arrays`."""
    if isinstance(value, np.ndarray):
        name = f"remembered_{len(arrays)}"
        arrays[name] = value
        return {_ARRAY: name}
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, dict):
        return {_PAIRS: [[pack(k, arrays), pack(v, arrays)] for k, v in value.items()]}
    return [pack(v, arrays) for v in value] if isinstance(value, (list, tuple)) else value


def unpack(value: Any, arrays: dict[str, np.ndarray]) -> Any:
    """Makes a value of what `pack` has made; tuples have become lists."""
    if isinstance(value, list):
        return [unpack(v, arrays) for v in value]
    if isinstance(value, dict):
        if _ARRAY in value:
            return arrays[value[_ARRAY]]
        return {unpack(k, arrays): unpack(v, arrays) for k, v in value[_PAIRS]}
    return value


def same(one: Any, other: Any) -> bool:
    """Whether two plain values are equal; NaN equals NaN."""
    arrays: list[dict[str, np.ndarray]] = [{}, {}]
    texts = [repr(pack(value, found)) for value, found in zip((one, other), arrays, strict=True)]
    pairs = zip(arrays[0].values(), arrays[1].values(), strict=False)
    return texts[0] == texts[1] and all(a is b or np.array_equal(a, b) for a, b in pairs)


def _is_plain(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return all(map(_is_plain, value))
    if isinstance(value, dict):
        return all(map(_is_plain, [*value, *value.values()]))
    if isinstance(value, (np.ndarray, np.generic)):
        return value.dtype.kind in "biufU"
    return value is None or isinstance(value, (bool, int, float, str))
