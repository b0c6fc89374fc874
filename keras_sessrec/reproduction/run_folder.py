"""The folder of a run: finished rows, each whole or not there at all."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import shutil
from collections.abc import Iterator
from typing import Any

from keras_sessrec.ops.whole_files import whole_file

RUN, RECORD, MODEL = "run.json", "record.json", "model.keras"


class RunFolder:
    """Keeps what is finished, so that a run that was killed goes on after it.

    `rows/<row>/` holds a row's `record.json` and `model.keras`. It is written beside under a
    name that begins with a dot and renamed when it is whole, in one step. `run.json` says which
    logs the rows are of. Two processes may share a folder if they run different rows.

    Args:
        path: str or path; made if missing.
        facts: dict of what all rows share, as JSON holds it.

    Raises:
        ValueError: The folder holds a run of other facts.

    Example:

    >>> folder = RunFolder("reports/shop", {"train": "first log"})
    >>> with folder.new_row("POP") as path:
    ...     write_json(path / RECORD, {"recall": 0.1, "made_with": {}})
    >>> folder.records()
    [{'recall': 0.1, 'made_with': {}}]
    """

    def __init__(self, path: str | os.PathLike, facts: dict[str, Any]) -> None:
        self.path = pathlib.Path(path)
        self.path.mkdir(parents=True, exist_ok=True)
        run = self.path / RUN
        if not run.exists():
            write_json(run, facts)
        known = json.loads(run.read_text())
        if changed := [key for key in facts if known.get(key) != facts[key]]:
            there, here = ({key: run.get(key) for key in changed} for run in (known, facts))
            raise ValueError(
                f"`folder` must be new, or hold a run of the same {' and '.join(changed)}. "
                f"Received: {self.path}, whose run has {there} where this one has {here}. "
                "Choose another folder."
            )

    def read(self, key: str, made_with: dict[str, Any]) -> dict[str, Any] | None:
        """Returns the record of a row, or `None` if it is not finished.

        Args:
            key: str, name of the row.
            made_with: dict of all that the row's numbers depend on, as JSON holds it.

        Raises:
            ValueError: The folder's row of this name was made with something else.
        """
        path = self.path / "rows" / key
        if not (path / RECORD).exists():
            return None
        record = json.loads((path / RECORD).read_text())
        if changed := _differences(record["made_with"], made_with):
            raise ValueError(
                f"The row {key!r} of {self.path} was made with other settings: {changed}. "
                f"Choose another folder, or remove {path} to train it anew."
            )
        return record

    def model_path(self, key: str) -> pathlib.Path:
        """Returns where the trained model of a finished row is."""
        return self.path / "rows" / key / MODEL

    @contextlib.contextmanager
    def new_row(self, key: str) -> Iterator[pathlib.Path]:
        """Yields a path to write a row into, which appears when the block ends well."""
        beside = self.path / "rows" / f".{key}"
        shutil.rmtree(beside, ignore_errors=True)  # of a process that was killed
        beside.mkdir(parents=True)
        try:
            yield beside
            os.rename(beside, self.path / "rows" / key)
        finally:
            shutil.rmtree(beside, ignore_errors=True)

    def records(self) -> list[dict[str, Any]]:
        """Returns the records of all finished rows, by name."""
        paths = sorted(p for p in self.path.glob(f"rows/*/{RECORD}") if p.parent.name[0] != ".")
        return [json.loads(path.read_text()) for path in paths]


def write_json(path: pathlib.Path, value: Any) -> None:
    """Writes what JSON can hold, without NaN, to a file that is whole or not there."""
    write_text(path, json.dumps(value, indent=1, allow_nan=False) + "\n")


def write_text(path: pathlib.Path, text: str) -> None:
    """Writes a file that is whole or not there."""
    with whole_file(path) as beside:
        beside.write_text(text, encoding="utf-8")


def _differences(known: dict[str, Any], made_with: dict[str, Any], where: str = "") -> str:
    """The entries in which two nested dicts differ, in words."""
    found = []
    for key in {**known, **made_with}:
        old, new = known.get(key), made_with.get(key)
        if isinstance(old, dict) and isinstance(new, dict):
            found.append(_differences(old, new, f"{where}{key}."))
        elif old != new:
            found.append(f"{where}{key} is {old!r} there and {new!r} here")
    return "; ".join(text for text in found if text)
