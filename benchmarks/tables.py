"""Arguments, records and tables of all benchmarks."""

from __future__ import annotations

import argparse
import json
import pathlib
import shlex
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

Record = dict[str, Any]


def parser(doc: str, quick: str) -> argparse.ArgumentParser:
    """The arguments that every benchmark takes; `quick` says what `--quick` leaves out."""
    found = argparse.ArgumentParser(description=doc.splitlines()[0])
    found.add_argument("--quick", action="store_true", help=quick)
    found.add_argument("--json", help="file for one record per row")
    found.add_argument("--markdown", action=_Page, help="file for the tables, for docs/")
    return found


class _Page(argparse.Action):
    """Begins a file with the command; `print_table` writes its tables there too."""

    file: pathlib.Path | None = None

    def __call__(self, parser: Any, namespace: Any, values: Any, option: str | None = None) -> None:
        setattr(namespace, self.dest, values)
        _Page.file = pathlib.Path(values)
        command = shlex.join([pathlib.Path(sys.argv[0]).name, *sys.argv[1:]])
        _Page.file.write_text(f"`benchmarks/{command}`\n")


class Records(list):
    """Rows of a table; each is printed, and written to a file if one is given, when it is added."""

    def __init__(self, path: str | None) -> None:
        super().__init__()
        self._path = path

    def add(self, *rows: Record) -> None:
        self.extend(rows)
        for row in rows:
            print(json.dumps(row), flush=True)
        if self._path:
            pathlib.Path(self._path).write_text(json.dumps(self, indent=1) + "\n")


def print_table(rows: Iterable[Record]) -> None:
    """Prints records as a Markdown table of all their keys, into the file of `--markdown` too."""
    rows = list(rows)
    columns = list(dict.fromkeys(key for row in rows for key in row))
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    for row in rows:
        lines.append("| " + " | ".join(_cell(row.get(name, "-")) for name in columns) + " |")
    table = "\n".join(["", *lines])
    print(table)
    if _Page.file:
        with _Page.file.open("a") as file:
            file.write(f"{table}\n")


def _cell(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def means(
    records: Iterable[Record],
    by: Sequence[str],
    more: Callable[[list[Record]], Record] = lambda same: {},
) -> list[Record]:
    """One row per value of `by`: metrics in %, mean ± standard deviation over the seeds.

    Args:
        records: Records with a seed each; whatever is called something@k is a metric.
        by: Names of columns.
        more: Function from the records of a row to further columns.
    """
    groups: dict[tuple, list[Record]] = {}
    for record in records:
        groups.setdefault(tuple(record[name] for name in by), []).append(record)
    table = []
    for key, same in groups.items():
        row = {**dict(zip(by, key, strict=True)), "seeds": len(same)}
        for column in (name for name in same[0] if "@" in name):
            values = [100 * record[column] for record in same]
            spread = f" ± {np.std(values, ddof=1):.2f}" if len(values) > 1 else ""
            row[column] = f"{np.mean(values):.2f}{spread}"
        table.append(row | more(same))
    return table
