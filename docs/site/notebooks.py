"""Notebooks of the example scripts, cell by section.

    python docs/site/notebooks.py

writes docs/notebooks/*.ipynb, so that script and notebook say the same.
"""

from __future__ import annotations

import ast
import json
import re
import textwrap
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "notebooks"
OF_SCRIPTS = {
    "quickstart": "quickstart",
    "titles_and_pictures": "parallel_rnn",
    "export_and_call": "export_and_call",
}
SECTION = re.compile(r"^# === (.*) ===$", re.MULTILINE)


def notebook_of(script: str) -> str:
    """The notebook of `examples/<script>.py`, as JSON without outputs."""
    path = f"../../examples/{script}.py"
    text = (ROOT / "examples" / f"{script}.py").read_text()
    module = ast.parse(text)
    doc, *body = module.body
    (main,) = [node for node in body if getattr(node, "name", None) == "main"]
    title = ast.literal_eval(doc.value).splitlines()[0]
    others = [node for node in body if node is not main and not isinstance(node, ast.If)]
    opening = "\n".join(_source(text, node) for node in others)
    before, *sections = SECTION.split(_body_of(text, main))
    cells = [
        _cell("markdown", f"# {title}\n\nThe same as [`examples/{script}.py`]({path})."),
        _cell("code", opening.replace("__file__", f'"{path}"').replace("import argparse\n", "")),
        _cell("markdown", "## Options"),
        _cell("code", _options(before)),
    ]
    for heading, code in zip(sections[::2], sections[1::2], strict=True):
        cells += [_cell("markdown", f"## {heading}"), _cell("code", code)]
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook = {
        "cells": cells,
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def _source(text: str, node: ast.stmt) -> str:
    """A statement as written, with the comments and blank lines in front of it."""
    lines = text.splitlines()
    begin = node.lineno - 1
    while begin and re.match(r"#|$", lines[begin - 1]):
        begin -= 1
    return "\n".join(lines[begin : node.end_lineno])


def _body_of(text: str, main: ast.FunctionDef) -> str:
    lines = text.splitlines()[main.body[0].lineno - 1 : main.end_lineno]
    return textwrap.dedent("\n".join(lines))


def _options(before: str) -> str:
    """What precedes the first section, with its arguments as an object of their defaults."""
    options, others = [], []
    for node in ast.parse(before).body:
        call = node.value if isinstance(node, ast.Expr) else None
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "parser.add_argument":
            options.append(_option(before, call))
        elif not re.match(r"(parser|args) = ", source := ast.get_source_segment(before, node)):
            others.append(source)
    first = [source for source in others if "args." not in source]
    last = [source for source in others if "args." in source]
    arguments = ["args = SimpleNamespace(", *options, ")"]
    return "\n".join(["from types import SimpleNamespace\n", *first, *arguments, *last])


def _option(before: str, call: ast.Call) -> str:
    name = ast.literal_eval(call.args[0]).removeprefix("--").replace("-", "_")
    given = {k.arg: ast.get_source_segment(before, k.value) for k in call.keywords}
    default = given.get("default", "False" if "action" in given else "None")
    comment = f"  # {ast.literal_eval(given['help'])}" if "help" in given else ""
    return f"    {name}={default},{comment}"


def _cell(kind: str, source: str) -> dict:
    code = {"execution_count": None, "outputs": []} if kind == "code" else {}
    lines = source.strip("\n").splitlines(keepends=True)
    return {"cell_type": kind, "id": "", "metadata": {}, **code, "source": lines}


if __name__ == "__main__":
    for name, script in OF_SCRIPTS.items():
        (FOLDER / f"{name}.ipynb").write_text(notebook_of(script))
