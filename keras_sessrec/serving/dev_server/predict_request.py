"""The body of a `:predict` request and of its answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from keras_sessrec.serving.dev_server.answers import RequestError
from keras_sessrec.serving.dev_server.model_version import Signature
from keras_sessrec.serving.dev_server.tensor_json import json_from_tensor, tensor_from_json

DEFAULT_SIGNATURE = "serving_default"


@dataclass(frozen=True)
class PredictRequest:
    """One request: which signature, its input tensors, and in which form to answer.

    Args:
        signature: `Signature`.
        inputs: dict of input name -> array.
        by_row: bool, whether the inputs came as "instances" (one JSON value per row) rather
            than as "inputs" (one per tensor). The answer has the same form.

    Example:

    >>> import tensorflow as tf
    >>> spec = tf.TensorSpec([None], tf.float32)
    >>> double = Signature("serving_default", {"x": spec}, {"y": spec})
    >>> request = PredictRequest.from_json(b'{"instances": [1, 2]}', {double.name: double})
    >>> request.answer({"y": 2 * request.inputs["x"]})
    {'predictions': [2.0, 4.0]}
    """

    signature: Signature
    inputs: Mapping[str, np.ndarray]
    by_row: bool

    @classmethod
    def from_json(cls, body: bytes, signatures: Mapping[str, Signature]) -> Self:
        """Reads a request.

        Args:
            body: UTF-8 JSON, an object with "instances" or "inputs", and "signature_name" if
                it is not "serving_default". Other keys are ignored.
            signatures: dict of name -> `Signature`, what the model has.

        Returns:
            The request.

        Raises:
            RequestError: The body is no such JSON, the signature is unknown, an input is missing
                or does not fit it.
        """
        document = _parsed(body)
        signature = _signature(document, signatures)
        if ("instances" in document) == ("inputs" in document):
            raise RequestError(
                'The body must have one of the keys "instances" (by row) and "inputs" (by column). '
                f"Received: the keys {sorted(document)}."
            )
        by_row = "instances" in document
        if by_row:
            values = _by_row(document["instances"], signature)
        else:
            values = _by_column(document["inputs"], signature)
        inputs = {
            name: tensor_from_json(values[name], spec, name)
            for name, spec in signature.inputs.items()
        }
        return cls(signature, inputs, by_row)

    def answer(self, outputs: Mapping[str, np.ndarray]) -> dict[str, Any]:
        """Returns the outputs in the request's form, ready for `json.dumps`.

        By row: {"predictions": one value per row}, by column: {"outputs": ...}. A single
        output goes without its name, several are objects by name.

        Args:
            outputs: dict of output name -> array.

        Raises:
            RequestError: The outputs do not share their first dimension, as answers by row need.
        """
        if self.by_row:
            _check_rows(outputs)
        values = {name: json_from_tensor(array, name) for name, array in outputs.items()}
        if len(values) == 1:
            (only,) = values.values()
            return {"predictions" if self.by_row else "outputs": only}
        if not self.by_row:
            return {"outputs": values}
        rows = zip(*values.values(), strict=True)
        return {"predictions": [dict(zip(values, row, strict=True)) for row in rows]}


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body.decode(), object_pairs_hook=_object)
    except UnicodeDecodeError as error:
        raise RequestError(f"The body must be UTF-8: {error}.") from None
    except RecursionError:
        raise RequestError("The body is nested too deep.") from None
    except ValueError as error:  # also a number with thousands of digits
        raise RequestError(f"The body must be JSON: {error}.") from None
    if not isinstance(document, dict):
        raise RequestError(
            'The body must be a JSON object such as {"instances": [...]}. '
            f"Received: {type(document).__name__}."
        )
    return document


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object; readers disagree on which of two equal keys counts."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("an object has a key twice")
    return found


def _signature(document: dict[str, Any], signatures: Mapping[str, Signature]) -> Signature:
    name = document.get("signature_name", DEFAULT_SIGNATURE)
    if not isinstance(name, str):
        raise RequestError(f'"signature_name" must be a string. Received: {name!r}.')
    signature = signatures.get(name or DEFAULT_SIGNATURE)
    if signature is None:
        raise RequestError(
            f'"signature_name" must be one of {sorted(signatures)}. Received: {name!r}.'
        )
    return signature


def _is_named(value: Any) -> bool:
    """Whether the value is an object of inputs by name, not a base64 string."""
    if not isinstance(value, dict):
        return False
    return not (value.keys() == {"b64"} and isinstance(value["b64"], str))


def _by_row(instances: Any, signature: Signature) -> dict[str, list[Any]]:
    """For each input the list of its rows."""
    if not isinstance(instances, list) or not instances:
        raise RequestError('"instances" must be a list of at least one row.')
    names = list(signature.inputs)
    if not _is_named(instances[0]):
        if len(names) > 1:
            raise RequestError(
                f'Each row of "instances" must be an object with the keys {names}, the inputs '
                f'of "{signature.name}".'
            )
        for row, values in enumerate(instances):
            if _is_named(values):
                raise RequestError(f"Row {row} is an object, row 0 is not: give all one form.")
        return {names[0]: instances}
    for row, values in enumerate(instances):
        if not _is_named(values) or values.keys() != signature.inputs.keys():
            found = f"the keys {sorted(values)}" if _is_named(values) else "no object of inputs"
            raise RequestError(
                f'Row {row} of "instances" must have exactly the keys {names}, the inputs of '
                f'"{signature.name}". Received: {found}.'
            )
    return {name: [values[name] for values in instances] for name in names}


def _by_column(inputs: Any, signature: Signature) -> Mapping[str, Any]:
    """For each input its values."""
    names = list(signature.inputs)
    if not _is_named(inputs):
        if len(names) > 1:
            raise RequestError(
                f'"inputs" must be an object with the keys {names}, the inputs of '
                f'"{signature.name}".'
            )
        return {names[0]: inputs}
    missing = [name for name in names if name not in inputs]
    if missing:
        raise RequestError(
            f'"inputs" must have the keys {names}, the inputs of "{signature.name}". '
            f"Received: {sorted(inputs)}; missing: {missing}."
        )
    return inputs


def _check_rows(outputs: Mapping[str, np.ndarray]) -> None:
    sizes = {name: array.shape[0] if array.ndim else None for name, array in outputs.items()}
    if len(set(sizes.values())) != 1 or None in sizes.values():
        raise RequestError(
            'Answers by row need outputs of one first dimension. Send "inputs" instead of '
            f'"instances". The signature gave: {sizes}.'
        )
