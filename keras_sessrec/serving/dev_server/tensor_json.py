"""Tensors as JSON values and back, by TensorFlow Serving's rules."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from itertools import chain
from typing import Any

import numpy as np
import tensorflow as tf

from keras_sessrec.serving.dev_server.answers import RequestError

_MAX_RANK = 32
_SHOWN = 80


def tensor_from_json(value: Any, spec: tf.TensorSpec, name: str) -> np.ndarray:
    """Makes an input tensor of nested lists.

    No value is converted: an integer input takes whole numbers within its range, a
    floating-point one any number and NaN, Infinity and -Infinity, a string one strings and
    `{"b64": "..."}` for bytes that are no text.

    Args:
        value: The parsed JSON value.
        spec: `tf.TensorSpec` of the signature's input.
        name: str, the input's name in messages.

    Returns:
        Array of the spec's dtype; of bytes objects where it is a string.

    Raises:
        RequestError: The lists are ragged, a value is of another type or out of range, or the
            shape does not fit the signature.

    Example:

    >>> import tensorflow as tf
    >>> spec = tf.TensorSpec([None, None], tf.string)
    >>> tensor_from_json([["tea", {"b64": "Y3Vw"}]], spec, "session")
    array([[b'tea', b'cup']], dtype=object)
    """
    shape, leaves = _shape_and_leaves(value, name)
    if not spec.shape.is_compatible_with(shape):
        raise RequestError(
            f"`{name}` must be of shape {_shown_shape(spec.shape)} "
            f"(? = any size). Received: shape {shape}."
        )
    return _converter(spec.dtype)(leaves, spec.dtype, name).reshape(shape)


def json_from_tensor(array: np.ndarray, name: str) -> Any:
    """Makes nested lists of an output tensor.

    A float32 is written with as few digits as tell it from its neighbours. Strings are taken for
    UTF-8; those of an output whose name ends in `_bytes` become `{"b64": "..."}`.

    Args:
        array: An array; bytes objects where the output is a string.
        name: str, the output's.

    Returns:
        What `json.dumps` writes.

    Raises:
        RequestError: The dtype has no form in JSON.

    Example:

    >>> json_from_tensor(np.array([[0.1, np.nan]], np.float32), "scores")
    [[0.1, nan]]
    """
    if array.dtype == object:
        of_bytes = _to_base64 if name.endswith("_bytes") else _to_text
        written = np.empty(array.size, object)
        written[:] = [of_bytes(value) for value in array.ravel()]
        return written.reshape(array.shape).tolist()
    if array.dtype == np.float32:
        # By way of text: the nearest float64 of 0.1 is written 0.1, of float32(0.1) with 17 digits.
        return array.astype(str).astype(np.float64).tolist()
    if array.dtype == np.float64 or array.dtype.kind in "iub":
        return array.tolist()
    raise RequestError(f"Output `{name}` of type {array.dtype} has no form in JSON.")


def _shape_and_leaves(value: Any, name: str) -> tuple[tuple[int, ...], list[Any]]:
    """The shape of nested lists and their innermost values, in order."""
    shape: list[int] = []
    level = [value]
    while level and isinstance(level[0], list):
        size = len(level[0])
        for row, values in enumerate(level):
            if not isinstance(values, list) or len(values) != size:
                found = f"{len(values)}" if isinstance(values, list) else _shown(values)
                raise RequestError(
                    f"Rows of `{name}` must be lists of one length: pad the shorter ones. "
                    f"Received: {size} values in row 0 and {found} in row {row}."
                )
        shape.append(size)
        if len(shape) > _MAX_RANK:
            raise RequestError(f"`{name}` is nested deeper than {_MAX_RANK} lists.")
        level = list(chain.from_iterable(level))
    for place, leaf in enumerate(level):
        if isinstance(leaf, list):
            raise RequestError(
                f"`{name}` must be nested evenly. Received: a list where value {place} was "
                "expected. Give every row the same depth."
            )
    return tuple(shape), level


def _strings(leaves: list[Any], dtype: tf.DType, name: str) -> np.ndarray:
    strings = np.empty(len(leaves), object)
    strings[:] = [_to_bytes(leaf, name) for leaf in leaves]
    return strings


def _to_bytes(leaf: Any, name: str) -> bytes:
    try:
        if isinstance(leaf, str):
            return leaf.encode()
        if isinstance(leaf, dict) and leaf.keys() == {"b64"} and isinstance(leaf["b64"], str):
            return base64.b64decode(leaf["b64"], validate=True)
    except UnicodeEncodeError:
        raise RequestError(f"`{name}` holds half of a surrogate pair: {_shown(leaf)}.") from None
    except (binascii.Error, ValueError) as error:
        raise RequestError(f"`{name}`: {_shown(leaf)} is not base64 ({error}).") from None
    raise _wrong_type(leaf, 'a string or {"b64": "..."}', name)


def _integers(leaves: list[Any], dtype: tf.DType, name: str) -> np.ndarray:
    low, high = int(dtype.min), int(dtype.max)
    for leaf in leaves:
        if type(leaf) is not int or not low <= leaf <= high:
            raise _wrong_type(leaf, f"a whole number of {low}..{high}", name)
    return np.array(leaves, dtype.as_numpy_dtype)


def _floats(leaves: list[Any], dtype: tf.DType, name: str) -> np.ndarray:
    largest = float(dtype.max)
    for leaf in leaves:
        is_number = type(leaf) is float or type(leaf) is int
        # NaN and infinities pass: they compare false, or equal the infinity they are.
        if not is_number or (abs(leaf) > largest and abs(leaf) != np.inf):
            raise _wrong_type(leaf, f"a number of {dtype.name}", name)
    return np.array(leaves, dtype.as_numpy_dtype)


def _booleans(leaves: list[Any], dtype: tf.DType, name: str) -> np.ndarray:
    for leaf in leaves:
        if type(leaf) is not bool:
            raise _wrong_type(leaf, "true or false", name)
    return np.array(leaves, bool)


def _converter(dtype: tf.DType) -> Callable[[list[Any], tf.DType, str], np.ndarray]:
    if dtype == tf.string:
        return _strings
    if dtype in (tf.float32, tf.float64):
        return _floats
    if dtype == tf.bool:
        return _booleans
    if dtype.is_integer and not dtype.is_quantized:
        return _integers
    raise RequestError(f"Inputs of type {dtype.name} have no form in JSON.", "UNIMPLEMENTED")


def _to_base64(value: bytes) -> dict[str, str]:
    return {"b64": base64.b64encode(value).decode()}


def _to_text(value: bytes) -> str:
    return value.decode("utf-8", "replace")


def _wrong_type(leaf: Any, expected: str, name: str) -> RequestError:
    return RequestError(f"`{name}` must hold {expected}. Received: {_shown(leaf)}.")


def _shown(value: Any) -> str:
    """The JSON of a value, cut."""
    text = repr(value) if isinstance(value, (str, bytes)) else _json(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."


def _json(value: Any) -> str:
    names = {None: "null", True: "true", False: "false"}
    if value is None or isinstance(value, bool):
        return names[value]
    if isinstance(value, dict):
        return f"an object with keys {sorted(value)}"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return str(value)


def _shown_shape(shape: tf.TensorShape) -> str:
    return "[" + ", ".join("?" if size is None else str(size) for size in shape.as_list()) + "]"
