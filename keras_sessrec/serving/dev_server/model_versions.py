"""The version of a model that is served, kept up to date with its folder."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from google.protobuf import json_format

from keras_sessrec.serving.dev_server.answers import RequestError

logger = logging.getLogger(__name__)

# An export serves on a CPU; a model in training keeps the accelerator to itself.
_CONFIG = tf.compat.v1.ConfigProto(device_count={"GPU": 0}, allow_soft_placement=True)


class ModelVersion:
    """A SavedModel in a session of its own, loaded the way TensorFlow Serving does.

    Only the graph and its signatures count: no Python object of the model is made. Calls may
    come from several threads at once; the memory is freed with the last reference.

    Args:
        path: Path of the version's folder, whose name is its number.

    Attributes:
        path: Path.
        number: int.
        signatures: list of str, names.

    Raises:
        Exception: Whatever TensorFlow raises for a folder that holds no complete SavedModel.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.number = path, int(path.name)
        graph = tf.Graph()
        self._session = tf.compat.v1.Session(graph=graph, config=_CONFIG)
        with graph.as_default():
            loaded = tf.compat.v1.saved_model.load(self._session, ["serve"], str(path))
        self._definitions = dict(loaded.signature_def)
        # An initialisation is listed too; it has no inputs.
        self.signatures = sorted(name for name, d in self._definitions.items() if d.inputs)

    def inputs(self, signature: str) -> dict[str, tf.TensorSpec]:
        """Returns what a signature takes, by name, in alphabetical order."""
        return {
            name: tf.TensorSpec(tf.TensorShape(info.tensor_shape), tf.as_dtype(info.dtype))
            for name, info in sorted(self._definitions[signature].inputs.items())
        }

    def predict(self, signature: str, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Runs a signature.

        Args:
            signature: str, one of `signatures`.
            inputs: dict of input name -> array that fits the signature.

        Returns:
            dict of output name -> array, bytes objects for strings, in alphabetical order.

        Raises:
            RequestError: The graph refuses the inputs.
        """
        definition = self._definitions[signature]
        feed = {definition.inputs[name].name: array for name, array in inputs.items()}
        fetches = {name: info.name for name, info in sorted(definition.outputs.items())}
        try:
            outputs = self._session.run(fetches, feed)
        except tf.errors.InvalidArgumentError as error:
            raise RequestError(f"The model refuses the inputs: {error.message}") from None
        return {name: np.asarray(output) for name, output in outputs.items()}

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


class ModelVersions:
    """Serves the newest version that loads.

    A version is a folder with a whole number for a name and a `saved_model.pb` inside. A newer
    one takes over when it is loaded; requests under way end with the one before. A version that
    does not load is reported, and tried again when its files change; meanwhile the one before
    keeps serving. A version whose folder is gone is served no longer.

    Args:
        base_path: str or path, the folder of the versions. Its name is the model's.

    Attributes:
        name: str, the model's.

    Raises:
        ValueError: The folder does not exist, is itself a version, or the parent of models.
    """

    def __init__(self, base_path: str | Path) -> None:
        self._path = Path(base_path).resolve()
        # A hidden folder is an export that is being written.
        models = sorted({file.parts[-3] for file in self._path.glob("[!.]*/*/saved_model.pb")})
        hint = ""
        if not self._path.is_dir():
            hint = "which is no folder"
        elif (self._path / "saved_model.pb").exists():
            hint = f"a version itself. Give {str(self._path.parent)!r}"
        elif models:
            hint = f"which holds models. Give one of {[str(self._path / name) for name in models]}"
        if hint:
            raise ValueError(
                "`base_path` must be the folder of one model's numbered versions, as `export` "
                f"writes it. Received: {str(base_path)!r}, {hint}."
            )
        self.name = self._path.name
        self._served: ModelVersion | None = None
        self._failed: dict[int, list[Any]] = {}  # the files of what did not load
        self._status: dict[int, dict[str, Any]] = {}

    def poll(self) -> None:
        """Looks at the folder once, and serves the newest version that loads; for one thread."""
        paths = self._path.glob("*/saved_model.pb")
        folders = {int(p.parent.name): p.parent for p in paths if _is_number(p.parent.name)}
        before, served = self._served, None
        for number in sorted(folders, reverse=True):
            is_served = before is not None and before.number == number
            served = before if is_served else self._loaded(number, folders[number])
            if served is not None:
                break
        if served is before:
            return
        self._served = served
        if before is not None:
            self._set_status(before.number, "END")
            logger.info("no longer serving %s version %d", self.name, before.number)
        if served is not None:
            self._set_status(served.number, "AVAILABLE")
            logger.info("serving %s version %d", self.name, served.number)

    def get(self, version: int | None = None) -> ModelVersion:
        """Returns the version that is served.

        Args:
            version: int, the number it must have, or `None` for any.

        Raises:
            RequestError: No version is served, or another one.
        """
        served = self._served
        if served is None:
            raise RequestError(f"No version of model {self.name!r} is loaded.", 404)
        if version not in (None, served.number):
            raise RequestError(
                f"No version {version} of model {self.name!r} is loaded; {served.number} is.", 404
            )
        return served

    def status(self, version: int | None = None) -> dict[str, Any]:
        """Returns TensorFlow Serving's JSON on the state of the versions met so far.

        Args:
            version: int, or `None` for all of them, newest first.

        Raises:
            RequestError: No such version has been met.
        """
        known = sorted(self._status.copy().items(), reverse=True)
        rows = [status for number, status in known if version in (None, number)]
        if not rows:
            which = "version yet" if version is None else f"version {version}"
            raise RequestError(f"Model {self.name!r} has no {which}.", 404)
        return {"model_version_status": rows}

    def _loaded(self, number: int, path: Path) -> ModelVersion | None:
        """A version, or `None` if it does not load or did not and has not changed since."""
        files = [(str(f), f.stat().st_size, f.stat().st_mtime_ns) for f in sorted(path.rglob("*"))]
        if self._failed.get(number) == files:
            return None
        self._set_status(number, "LOADING")
        try:
            return ModelVersion(path)
        except Exception as error:  # of whatever kind: the others go on serving
            self._failed[number] = files
            message = f"{type(error).__name__}: {error}"
            self._set_status(number, "END", "UNKNOWN", message)
            logger.error("%s version %d does not load: %s", self.name, number, message)
            return None

    def _set_status(self, number: int, state: str, code: str = "OK", message: str = "") -> None:
        status = {"error_code": code, "error_message": message}
        self._status[number] = {"version": str(number), "state": state, "status": status}


def _is_number(name: str) -> bool:
    return name.isascii() and name.isdigit()
