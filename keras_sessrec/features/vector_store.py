"""Vectors of items that are being computed, in memory or on disk."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np

from keras_sessrec.ops.whole_files import whole_file


class VectorStore:
    """A float32 matrix and which of its rows are done.

    In a folder, a run that was killed goes on where it was: `vectors.npy` and `done.npy` are
    memory-mapped NumPy files, `settings.json` says what the vectors were made with. A row is
    marked as done after it was written to disk.

    Args:
        shape: (rows, columns).
        settings: dict of JSON-able values on which the vectors depend.
        folder: str or path, made if missing; `None` keeps the vectors in memory.

    Attributes:
        vectors: float32 `shape`, zero where not done.
        done: bool `[rows]`.

    Raises:
        ValueError: The folder holds vectors of other settings, or a file of it was damaged. A
            changed number in `vectors.npy` cannot be seen.
        OSError: There is no room for them.

    Example:

    >>> store = VectorStore((3, 2), {"cnn": "mobilenet"}, folder="vectors")
    >>> store.write([2], [[0.6, 0.8]])
    >>> VectorStore((3, 2), {"cnn": "mobilenet"}, folder="vectors").done.tolist()
    [False, False, True]
    """

    def __init__(
        self, shape: tuple[int, int], settings: dict[str, Any], folder: str | Path | None = None
    ) -> None:
        if folder is None:
            self.vectors, self.done = np.zeros(shape, np.float32), np.zeros(shape[0], bool)
            return
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        settings = {**settings, "shape": list(shape)}
        description = folder / "settings.json"
        if description.exists():
            try:
                found = json.loads(description.read_bytes())
                self.vectors = np.load(folder / "vectors.npy", mmap_mode="r+")
                self.done = np.load(folder / "done.npy", mmap_mode="r+")
            except (ValueError, EOFError, FileNotFoundError) as error:
                raise ValueError(
                    f"`cache` must hold whole files. Received: {str(folder)!r}, which was damaged: "
                    f"{error}. Remove it, and the vectors are computed anew."
                ) from error
            _check_same(folder, settings, found)
            return
        self.vectors = _new_file(folder / "vectors.npy", np.float32, shape)
        self.done = _new_file(folder / "done.npy", bool, shape[:1])
        # Last, and in one step: a folder with settings has whole files.
        with whole_file(description) as beside:
            beside.write_text(json.dumps(settings))

    def write(self, rows: Any, vectors: Any) -> None:
        """Stores vectors float32 `[n, columns]` and marks their rows, int `[n]`, as done."""
        for array, values in ((self.vectors, vectors), (self.done, True)):
            array[rows] = values
            if isinstance(array, np.memmap):
                array.flush()

    def matrix(self) -> np.ndarray:
        """Returns the vectors, float32 `shape`, independent of the files."""
        return np.array(self.vectors) if isinstance(self.vectors, np.memmap) else self.vectors


def _new_file(path: Path, dtype: Any, shape: tuple[int, ...]) -> np.ndarray:
    """A file mapped into memory, zero everywhere, with all of its room on the disk.

    Without the room a full disk would end the process at some later write.
    """
    try:
        array = np.lib.format.open_memmap(path, "w+", dtype, shape)
        with open(path, "r+b") as file:
            os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
    except OSError as error:
        path.unlink(missing_ok=True)
        raise OSError(error.errno, f"{path} was not written: {error.strerror}") from error
    return array


def _check_same(folder: Path, settings: dict[str, Any], found: dict[str, Any]) -> None:
    names = sorted(settings.keys() | found.keys())
    other = [name for name in names if settings.get(name) != found.get(name)]
    if other:
        raise ValueError(
            "`cache` must be a new folder or one of the same settings. "
            f"Received: {str(folder)!r}, which differs in {other}. Give another folder."
        )
