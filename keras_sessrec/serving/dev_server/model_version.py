"""One loaded version of a model."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from google.protobuf import json_format

from keras_sessrec.serving.dev_server.request_error import RequestError
from keras_sessrec.serving.dev_server.signature import Signature

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
