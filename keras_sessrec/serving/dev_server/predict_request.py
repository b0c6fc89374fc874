"""The body of a `:predict` request, and that of its answer, by TensorFlow Serving's rules."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from keras_sessrec.serving.dev_server.answers import RequestError
from keras_sessrec.serving.dev_server.model_versions import ModelVersion

_SHOWN = 80  # characters of a value in a message


def predict(model: ModelVersion, body: bytes) -> dict[str, Any]:
    """Answers one request.

    Args:
        model: `ModelVersion`.
        body: UTF-8 JSON, an object with "instances" (one object of inputs per row) or "inputs"
            (one value per input), and "signature_name" if it is not "serving_default". The only
            input of a signature may go without its name.

    Returns:
        {"predictions": one object of outputs per row} or {"outputs": one value per output}, as the
        inputs came; the only output of a signature goes without its name. For `json.dumps`.

    Raises:
        RequestError: The body is no such JSON, the signature is unknown, an input is missing or
            does not fit it.
    """
    document = _parsed(body)
    signature = document.get("signature_name", "serving_default")
    if not isinstance(signature, str) or signature not in model.signatures:
        raise RequestError(
            f'"signature_name" must be one of {model.signatures}. Received: {_json(signature)}.'
        )
    specs = model.inputs(signature)
    by_row = "instances" in document
    if by_row == ("inputs" in document):
        raise RequestError(
            'The body must have one of the keys "instances" (by row) and "inputs" (by column). '
            f"Received: the keys {_json(sorted(document))}."
        )
    values: Mapping[str, Any]
    if by_row:
        values = _by_row(document["instances"], list(specs))
    else:
        values = _named(document["inputs"], list(specs), '"inputs"')
    inputs = {name: tensor_from_json(values[name], spec, name) for name, spec in specs.items()}
    outputs = {
        name: json_from_tensor(array) for name, array in model.predict(signature, inputs).items()
    }
    if len(outputs) == 1:
        (only,) = outputs.values()
        return {"predictions" if by_row else "outputs": only}
    if not by_row:
        return {"outputs": outputs}
    rows = zip(*outputs.values(), strict=True)
    return {"predictions": [dict(zip(outputs, row, strict=True)) for row in rows]}


def tensor_from_json(value: Any, spec: tf.TensorSpec, name: str) -> np.ndarray:
    """Makes an input tensor of nested lists; no value is converted from another type.

    Args:
        value: The parsed JSON value.
        spec: `tf.TensorSpec` of the input.
        name: str, the input's name in messages.

    Returns:
        Array of the spec's dtype; of bytes objects where it is a string.

    Raises:
        RequestError: The lists are ragged, a value is of another type or out of range, or the
            shape does not fit the signature.

    Example:

    >>> spec = tf.TensorSpec([None, None], tf.string)
    >>> tensor_from_json([["tea", "cup"]], spec, "session")
    array([[b'tea', b'cup']], dtype=object)
    """
    types: tuple[type, ...]
    if spec.dtype == tf.string:
        expected, types = "strings", (str,)
    elif spec.dtype.is_integer:
        expected, types = f"whole numbers of {spec.dtype.name}", (int,)
    else:
        expected, types = f"numbers of {spec.dtype.name}", (int, float)
    array = np.array(value, object)  # of lists, where they are ragged
    leaves = array.ravel().tolist()
    for leaf in leaves:
        if isinstance(leaf, list):
            raise RequestError(
                f"Rows of `{name}` must be lists of one length: pad the shorter ones. "
                f"Received: {_json(value)}."
            )
        if type(leaf) not in types:  # a bool is no number here
            raise RequestError(f"`{name}` must hold {expected}. Received: {_json(leaf)}.")
    if not spec.shape.is_compatible_with(array.shape):
        shape = ", ".join("?" if size is None else str(size) for size in spec.shape)
        raise RequestError(
            f"`{name}` must be of shape [{shape}] (? = any size). Received: shape {array.shape}."
        )
    if spec.dtype == tf.string:
        # Half a surrogate pair, which JSON can spell, is in no id.
        array.flat = [  # type: ignore[assignment, misc]
            leaf.encode("utf-8", "replace") for leaf in leaves
        ]
        return array
    try:
        return array.astype(spec.dtype.as_numpy_dtype)
    except OverflowError:
        raise RequestError(f"`{name}` must hold {expected}. Received: larger ones.") from None


def json_from_tensor(array: np.ndarray) -> Any:
    """Makes nested lists of an output tensor.

    Args:
        array: Array of numbers, or of bytes objects, which are UTF-8.

    Returns:
        What `json.dumps` writes; a float32 with as few digits as tell it from its neighbours.

    Example:

    >>> json_from_tensor(np.array([[0.1, np.nan]], np.float32))
    [[0.1, nan]]
    """
    if array.dtype == object:
        return np.vectorize(bytes.decode, otypes=[object])(array).tolist()
    if array.dtype == np.float32:
        # By way of text: the nearest float64 of 0.1 is written 0.1, of float32(0.1) with 17 digits.
        return array.astype(str).astype(np.float64).tolist()
    return array.tolist()


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body.decode())
    except (ValueError, RecursionError) as error:  # no UTF-8 is a ValueError too
        raise RequestError(f"The body must be JSON in UTF-8: {error}.") from None
    if not isinstance(document, dict):
        raise RequestError(
            'The body must be a JSON object such as {"instances": [...]}. '
            f"Received: {_json(document)}."
        )
    return document


def _by_row(instances: Any, names: list[str]) -> dict[str, list[Any]]:
    """For each input the list of its rows."""
    if not isinstance(instances, list) or not instances:
        raise RequestError(
            f'"instances" must be a list of at least one row. Received: {_json(instances)}.'
        )
    rows = [_named(row, names, f'Row {i} of "instances"') for i, row in enumerate(instances)]
    return {name: [row[name] for row in rows] for name in names}


def _named(value: Any, names: list[str], what: str) -> Mapping[str, Any]:
    """An object of inputs by name, which the only input may do without."""
    if len(names) == 1 and not isinstance(value, dict):
        return {names[0]: value}
    if not isinstance(value, dict) or value.keys() != set(names):
        raise RequestError(
            f"{what} must be an object with the keys {_json(names)}, the signature's inputs. "
            f"Received: {_json(value)}."
        )
    return value


def _json(value: Any) -> str:
    """A value as the client may have written it, cut."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."
