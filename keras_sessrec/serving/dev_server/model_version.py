"""One loaded version of a model, and what its signatures take and give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import tensorflow as tf
from google.protobuf import json_format

from keras_sessrec.serving.dev_server.answers import RequestError


@dataclass(frozen=True)
class Signature:
    """The named inputs and outputs of one signature.

    Args:
        name: str, e.g. "serving_default".
        inputs: dict of input name -> `tf.TensorSpec` whose name is the graph tensor's.
        outputs: The same of the outputs.

    Example:

    >>> import tensorflow as tf
    >>> Signature("f", {"x": tf.TensorSpec([None], name="f_x:0")}, {}).inputs["x"].dtype
    tf.float32
    """

    name: str
    inputs: Mapping[str, tf.TensorSpec]
    outputs: Mapping[str, tf.TensorSpec]

    @classmethod
    def from_proto(cls, name: str, definition: Any) -> Self | None:
        """Reads a `SignatureDef`.

        Args:
            name: str, the signature's.
            definition: `SignatureDef` protocol buffer.

        Returns:
            The signature; `None` if it is no function of dense tensors, which alone have a
            form in JSON: an initialisation, or one with sparse or composite tensors.
        """
        infos = [*definition.inputs.values(), *definition.outputs.values()]
        if not definition.inputs or any(info.WhichOneof("encoding") != "name" for info in infos):
            return None
        return cls(name, _specs(definition.inputs), _specs(definition.outputs))


def _specs(infos: Mapping[str, Any]) -> dict[str, tf.TensorSpec]:
    # Sorted: a protocol buffer's map has no order, but answers shall be the same every time.
    return {
        name: tf.TensorSpec(
            tf.TensorShape(infos[name].tensor_shape),
            tf.as_dtype(infos[name].dtype),
            infos[name].name,
        )
        for name in sorted(infos)
    }


# An export serves on a CPU; a model in training keeps the accelerator to itself.
_CONFIG = tf.compat.v1.ConfigProto(device_count={"GPU": 0}, allow_soft_placement=True)


class ModelVersion:
    """A SavedModel in a session of its own, loaded the way TensorFlow Serving does.

    Only the graph and its signatures count: no Python object of the model is made. Calls may
    come from several threads at once.

    Args:
        path: str or path, the version's folder.

    Attributes:
        path: Path.
        signatures: dict of name -> `Signature`.

    Raises:
        Exception: Whatever TensorFlow raises for a folder that holds no complete SavedModel.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        graph = tf.Graph()
        self._session = tf.compat.v1.Session(graph=graph, config=_CONFIG)
        try:
            with graph.as_default():
                loaded = tf.compat.v1.saved_model.load(self._session, ["serve"], str(path))
        except BaseException:
            self._session.close()
            raise
        self._definitions = dict(loaded.signature_def)
        read = (Signature.from_proto(name, d) for name, d in sorted(self._definitions.items()))
        self.signatures = {signature.name: signature for signature in read if signature}

    def predict(
        self, signature: Signature, inputs: Mapping[str, np.ndarray]
    ) -> dict[str, np.ndarray]:
        """Runs a signature.

        Args:
            signature: One of `signatures`.
            inputs: dict of input name -> array that fits the signature.

        Returns:
            dict of output name -> array, bytes objects for strings.

        Raises:
            RequestError: The graph refuses the inputs.
        """
        feed = {spec.name: inputs[name] for name, spec in signature.inputs.items()}
        fetches = {name: spec.name for name, spec in signature.outputs.items()}
        try:
            outputs = self._session.run(fetches, feed)
        except tf.errors.OpError as error:
            raise RequestError.from_tensorflow(error) from None
        return {
            name: np.asarray(outputs[name], object if spec.dtype == tf.string else None)
            for name, spec in signature.outputs.items()
        }

    def metadata(self) -> dict[str, Any]:
        """Returns the signatures as TensorFlow Serving's JSON, {"signature_def": ...}."""
        return {
            "signature_def": {
                name: json_format.MessageToDict(
                    definition,
                    preserving_proto_field_name=True,
                    always_print_fields_with_no_presence=True,
                )
                for name, definition in sorted(self._definitions.items())
            }
        }

    def close(self) -> None:
        """Frees the graph and its variables."""
        self._session.close()
