"""The way of one training batch: which modules `fit` enters, and how long they are.

    python benchmarks/batch_path.py

Lists every module of the package in which a function runs while `GRU4Rec.fit` trains on one
session-parallel mini-batch: what a batch crosses (tracing included), then what `fit` adds once.
Lines, and lines of code: those that are neither blank, nor comment, nor docstring. CONTRIBUTING.md
prints the table.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from types import FrameType
from typing import Any

import keras
from tables import Records, parser, print_table

import keras_sessrec as ksr

ROOT = Path(ksr.__file__).parent


class InBatch(keras.callbacks.Callback):
    """Knows when a mini-batch is on its way."""

    now = False

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        self.now = True

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.now = False


def modules_entered() -> dict[Path, bool]:
    """Trains on one mini-batch: modules whose functions ran, and whether for the batch itself."""
    log = ksr.data.synthetic_shop(num_items=40, num_sessions=200, seed=1).log
    catalog = ksr.Catalog.from_log(log)
    model = ksr.models.GRU4Rec(catalog, units=[8], seed=1)
    model.compile(negatives=ksr.samplers.Popularity(8), jit_compile=False)
    batch = ksr.batches.session_parallel(log, catalog, lanes=8).take(1)
    inside, entered = InBatch(), {}

    def note(frame: FrameType, event: str, argument: Any) -> None:
        path = Path(frame.f_code.co_filename)
        if ROOT in path.parents:
            entered[path] = entered.get(path, False) or inside.now

    sys.setprofile(note)
    model.fit(batch, verbose=0, callbacks=[inside])
    sys.setprofile(None)
    return dict(sorted(entered.items(), key=lambda pair: not pair[1]))


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
    for path, in_batch in modules_entered().items():
        records.add(
            {
                "module": f"`{path.relative_to(ROOT).as_posix()}`",
                "when": "batch" if in_batch else "fit",
                "lines": len(path.read_text().splitlines()),
                "code": code_lines(path),
            }
        )
    totals = []
    for name, kinds in {"a batch": ["batch"], "all of `fit`": ["batch", "fit"]}.items():
        part = [record for record in records if record["when"] in kinds]
        sums = {key: sum(record[key] for record in part) for key in ("lines", "code")}
        totals.append({"module": f"{name}: {len(part)} modules", "when": "", **sums})
    print_table([*records, *totals])


if __name__ == "__main__":
    main()
