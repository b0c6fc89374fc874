"""The way of one training batch: which modules `fit` enters, and how long they are.

    python benchmarks/batch_path.py

Lists every module of the package in which a function runs while `GRU4Rec.fit` trains on one
session-parallel mini-batch (tracing included), with its lines and its lines of code: those that are
neither blank, nor comment, nor docstring. CONTRIBUTING.md prints the table.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from types import FrameType
from typing import Any

from tables import Records, parser, print_table

import keras_sessrec as ksr

ROOT = Path(ksr.__file__).parent


def modules_entered(tie_embeddings: bool = False) -> list[Path]:
    """Trains on one mini-batch and returns the modules whose functions ran, in order of entry."""
    log = ksr.data.synthetic_shop(num_items=40, num_sessions=200, seed=1).log
    catalog = ksr.Catalog.from_log(log)
    model = ksr.models.GRU4Rec(catalog, units=[8], tie_embeddings=tie_embeddings, seed=1)
    model.compile(negatives=ksr.samplers.Popularity(8), jit_compile=False)
    batch = ksr.batches.session_parallel(log, catalog, lanes=8).take(1)
    entered: dict[str, None] = {}

    def note(frame: FrameType, event: str, argument: Any) -> None:
        entered.setdefault(frame.f_code.co_filename)

    sys.setprofile(note)
    model.fit(batch, verbose=0)
    sys.setprofile(None)
    return [Path(name) for name in entered if ROOT in Path(name).parents]


def code_lines(path: Path) -> int:
    """Lines that are neither blank, nor comment, nor docstring."""
    text = path.read_text()
    lines = {n for n, line in enumerate(text.splitlines(), 1) if line.strip()[:1] not in ("", "#")}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(
            node
        ):
            lines -= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    return len(lines)


def main() -> None:
    args = parser(__doc__, "as it is: it takes seconds").parse_args()
    records = Records(args.json)
    for path in modules_entered():
        module, lines = path.relative_to(ROOT).as_posix(), len(path.read_text().splitlines())
        records.add({"module": module, "lines": lines, "code": code_lines(path)})
    totals = {name: sum(record[name] for record in records) for name in ("lines", "code")}
    print_table([*records, {"module": f"{len(records)} modules", **totals}])


if __name__ == "__main__":
    main()
