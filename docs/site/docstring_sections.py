"""Docstrings end with `Example:` and may have `Call arguments:`, which griffe knows otherwise."""

from __future__ import annotations

import textwrap

import griffe


class DocstringSections(griffe.Extension):
    """Rewrites these two sections before a docstring is parsed."""

    def on_object(self, *, obj: griffe.Object, **_) -> None:
        if obj.docstring:
            text, _, example = obj.docstring.value.partition("\nExample:\n")
            if example:
                text += "\nExamples:\n" + textwrap.indent(example.strip("\n"), "    ")
            text = text.replace("\nCall arguments:\n", "\nOther Args: Call arguments\n")
            obj.docstring.value = text
