"""What a training is made of at one moment, in a file."""

from __future__ import annotations

import contextlib
import json
import os
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from keras_sessrec.ops.whole_files import whole_file

FORMAT = 1
_FACTS = "facts"
_NAMES = ("snapshot-*.npz", ".unfinished-*-snapshot-*.npz")
_DAMAGED = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error)


class Snapshots:
    """The last snapshots of a training, in a folder of their own.

    A snapshot is one file of arrays and facts, written beside and renamed; every part of it has a
    checksum, so one that was damaged is seen and the one before is taken.

    Args:
        folder: str or path; made when the first snapshot is written.
        keep: int, how many are kept. Defaults to 2.

    Example:

    >>> snapshots = Snapshots("backup")
    >>> snapshots.write({"epoch": 1}, {"weight": np.arange(3.0)})
    >>> facts, arrays = Snapshots("backup").newest()
    >>> facts["epoch"], arrays["weight"]
    (1, array([0., 1., 2.]))
    """

    def __init__(self, folder: str | os.PathLike, keep: int = 2) -> None:
        self.folder, self.keep = Path(folder), keep

    def write(self, facts: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
        """Writes a snapshot, then removes all but the last ones.

        Args:
            facts: Mapping that JSON can hold.
            arrays: Mapping from names to arrays.

        Raises:
            OSError: It cannot be written; names the file. Earlier snapshots are whole.
        """
        paths = self._paths()
        number = 1 + (_number(paths[-1]) if paths else 0)
        self.folder.mkdir(parents=True, exist_ok=True)
        with whole_file(self.folder / f"snapshot-{number:06d}.npz") as beside:
            text = np.array(json.dumps(dict(facts)))
            with open(beside, "wb") as file:
                np.savez(file, **{_FACTS: text, **arrays})  # type: ignore[arg-type]
        for path in self._paths()[: -self.keep]:
            path.unlink(missing_ok=True)

    def newest(self) -> tuple[dict[str, Any], dict[str, np.ndarray]] | None:
        """Reads the newest snapshot that is whole.

        Returns:
            Pair of facts and arrays; `None` if there is no snapshot.

        Raises:
            OSError: There are snapshots, and none is whole; names them.
        """
        damaged = []
        for path in reversed(self._paths()):
            try:
                with np.load(path, allow_pickle=False) as file:
                    arrays = {name: file[name] for name in file.files}
                return json.loads(str(arrays.pop(_FACTS))), arrays
            except _DAMAGED as error:
                damaged.append(f"{path} ({error})")
        if damaged:
            raise OSError(
                f"No snapshot can be read: {'; '.join(damaged)}. Remove {self.folder} to train "
                "from the start."
            )
        return None

    def remove(self) -> None:
        """Removes all snapshots, those in folders within too, and the folders that were theirs."""
        for path in [p for kind in _NAMES for p in self.folder.rglob(kind)]:
            path.unlink(missing_ok=True)
        folders = [p for p in self.folder.rglob("*") if p.is_dir()]
        for folder in [*sorted(folders, reverse=True), self.folder]:
            with contextlib.suppress(OSError):  # not empty: what else is there is not ours
                folder.rmdir()

    def _paths(self) -> list[Path]:
        return sorted(self.folder.glob(_NAMES[0]), key=_number)


def _number(path: Path) -> int:
    digits = path.stem.removeprefix("snapshot-")
    return int(digits) if digits.isdigit() else 0
