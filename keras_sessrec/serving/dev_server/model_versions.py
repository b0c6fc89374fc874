"""The versions of a model that are served, kept up to date with its folder."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import tensorflow as tf

from keras_sessrec.serving.dev_server.answers import RequestError
from keras_sessrec.serving.dev_server.model_version import ModelVersion

logger = logging.getLogger(__name__)

_MAX_VERSION = 2**63 - 1


class ModelVersions:
    """Serves the newest version that loads.

    A version is a folder with a whole number for a name and a `saved_model.pb` inside. A newer
    one takes over when it is loaded; the one before is freed when its last request is answered.
    A version that does not load is reported, and tried again when its files change; meanwhile
    the one before keeps serving. A version whose folder is gone is freed too.

    Args:
        base_path: str or path, the folder of the versions. Its name is the model's.

    Attributes:
        name: str, the model's.

    Raises:
        ValueError: The folder does not exist, is itself a version, or the parent of models.
    """

    def __init__(self, base_path: str | Path) -> None:
        self._path = Path(base_path).resolve()
        if not self._path.is_dir():
            raise ValueError(
                "`base_path` must be a folder of numbered versions, as `export` writes it. "
                f"Received: {str(base_path)!r}, which is none."
            )
        if (self._path / "saved_model.pb").exists():
            raise ValueError(
                "`base_path` must be a folder of numbered versions. "
                f"Received: {str(base_path)!r}, a version itself. Give the folder above."
            )
        models = sorted({file.parts[-3] for file in self._path.glob("*/[0-9]*/saved_model.pb")})
        if models:
            raise ValueError(
                "`base_path` must be the folder of one model. "
                f"Received: {str(base_path)!r}, which holds {models}. "
                f"Give {str(Path(base_path) / models[0])!r}."
            )
        self.name = self._path.name
        self._lock = threading.Lock()  # of all below but the last line
        self._serving: dict[int, ModelVersion] = {}
        self._users: dict[ModelVersion, int] = {}
        self._status: dict[int, tuple[str, str, str]] = {}
        self._failed: dict[int, list[Any]] = {}
        self._polling = threading.Lock()

    def poll(self) -> None:
        """Looks at the folder once: loads what is new, then frees what is no longer served."""
        with self._polling:
            found = self._found()
            newest_first = sorted(found, reverse=True)
            newest = next((v for v in newest_first if self._is_loaded(v, found[v])), None)
            for version in self._serving.keys() - {newest}:
                self._retire(version)

    @contextmanager
    def borrow(self, version: int | None = None) -> Iterator[Any]:
        """Lends a loaded version; it is not freed before it comes back.

        Args:
            version: int, or `None` for the newest one.

        Yields:
            The version's number and its `ModelVersion`.

        Raises:
            RequestError: No such version is loaded.
        """
        with self._lock:
            number = self._number(version)
            model = self._serving[number]
            self._users[model] += 1
        try:
            yield number, model
        finally:
            self._give_back(model)

    def status(self, version: int | None = None) -> dict[str, Any]:
        """Returns TensorFlow Serving's JSON on the state of the versions met so far.

        Args:
            version: int, or `None` for all of them, newest first.

        Raises:
            RequestError: No such version has been met.
        """
        with self._lock:
            known = dict(self._status)
        if version is not None and version not in known:
            raise RequestError(f"Model {self.name!r} has no version {version}.", "NOT_FOUND")
        if not known:
            raise RequestError(f"Model {self.name!r} has no version yet.", "NOT_FOUND")
        rows = []
        for number in sorted(known, reverse=True) if version is None else [version]:
            state, code, message = known[number]
            status = {"error_code": code, "error_message": message}
            rows.append({"version": str(number), "state": state, "status": status})
        return {"model_version_status": rows}

    def close(self) -> None:
        """Frees all versions, each after its last request."""
        with self._polling:
            for version in list(self._serving):
                self._retire(version)

    def _found(self) -> dict[int, Path]:
        """The folders that look like versions."""
        found = {}
        try:
            for path in self._path.iterdir():
                is_number = path.name.isascii() and path.name.isdigit()
                is_version = is_number and int(path.name) <= _MAX_VERSION
                if is_version and (path / "saved_model.pb").is_file():
                    found[int(path.name)] = path
        except OSError as error:  # the folder is gone, or being changed under our hands
            logger.warning("%s: %s", self._path, error)
        return found

    def _is_loaded(self, version: int, path: Path) -> bool:
        """Whether the version serves, after a try if it is new or has changed."""
        if version in self._serving:
            return True
        files = _files(path)
        if self._failed.get(version) == files:
            return False
        self._set_status(version, "LOADING")
        try:
            model = ModelVersion(path)
        except Exception as error:  # of whatever kind: the others go on serving
            self._failed[version] = files
            code, message = _explained(error)
            self._set_status(version, "END", code, message)
            logger.error("%s version %d does not load: %s", self.name, version, message)
            return False
        self._failed.pop(version, None)
        with self._lock:
            self._serving[version] = model
            self._users[model] = 0
        self._set_status(version, "AVAILABLE")
        logger.info("serving %s version %d", self.name, version)
        return True

    def _retire(self, version: int) -> None:
        with self._lock:
            model = self._serving.pop(version)
            self._users[model] += 1
        self._set_status(version, "END")
        self._give_back(model)
        logger.info("no longer serving %s version %d", self.name, version)

    def _give_back(self, model: ModelVersion) -> None:
        with self._lock:
            self._users[model] -= 1
            is_unused = not self._users[model] and model not in self._serving.values()
            if is_unused:
                del self._users[model]
        if is_unused:
            model.close()

    def _number(self, version: int | None) -> int:
        if version is None:
            version = max(self._serving, default=None)
        if version not in self._serving:
            which = "No version" if version is None else f"No version {version}"
            raise RequestError(f"{which} of model {self.name!r} is loaded.", "NOT_FOUND")
        return version

    def _set_status(self, version: int, state: str, code: str = "OK", message: str = "") -> None:
        with self._lock:
            self._status[version] = (state, code, message)


def _files(path: Path) -> list[Any]:
    """What tells whether a folder has changed."""
    found = []
    for file in sorted(path.rglob("*")):
        try:
            state = file.stat()
        except OSError:
            continue
        found.append((str(file), state.st_size, state.st_mtime_ns))
    return found


def _explained(error: Exception) -> tuple[str, str]:
    if isinstance(error, tf.errors.OpError):
        reason = RequestError.from_tensorflow(error)
        return reason.code, reason.message
    return "UNKNOWN", f"{type(error).__name__}: {error}"
