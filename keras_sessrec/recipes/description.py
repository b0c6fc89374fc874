"""A recipe in a few lines, to read."""

from __future__ import annotations

import dataclasses
import textwrap
from typing import Any

from keras_sessrec.recipes.expectation import Expectation
from keras_sessrec.recipes.parts import is_part

WIDTH = 100


def described(recipe: Any) -> str:
    """Describes a recipe: a line for each field that says something.

    Args:
        recipe: `Recipe`.

    Returns:
        str of several lines, without one at the end. Of `start` and `teacher` only the names.

    Example:

    >>> print(described(ksr.recipes.get("gru4rec_rsc15_bprmax_100")))
    gru4rec_rsc15_bprmax_100:
      reference: B. Hidasi, A. Karatzoglou: CIKM 2018, and the parameter files of GRU4Rec
      model: GRU4Rec(units=[100], tie_embeddings=False, embedding_dropout=0, hidden_dropout=0)
      optimizer: SparseAdagrad(learning_rate=0.2, momentum=0.3)
      loss: BPRMax(regularization=1.0, activation=ELU(alpha=0.5))
      negatives: Popularity(num=2048, alpha=0)
      batches: session_parallel(lanes=32)
      epochs: 10
      expects: recall@20 0.7197 on rsc15 (run_rsc15.py of the authors' Theano code)
      expects: mrr@20 0.3157 on rsc15 (run_rsc15.py of the authors' Theano code)
    """
    lines = [f"{recipe.name}:"]
    for field in dataclasses.fields(recipe):
        value = getattr(recipe, field.name)
        is_default = field.default is not dataclasses.MISSING and value == field.default
        if field.name == "name" or (is_default and field.name != "epochs") or value == {}:
            continue
        if field.name in ("start", "teacher"):
            value = value.name
        values = value if field.name in ("stages", "expects") else [value]
        lines += [
            textwrap.fill(
                f"{field.name}: {_text(one)}",
                WIDTH,
                initial_indent="  ",
                subsequent_indent="      ",
                break_long_words=False,
                break_on_hyphens=False,
            )
            for one in values
        ]
    return "\n".join(lines)


def _text(value: Any) -> str:
    """A part as the call that makes it; what is in lists and dicts alike."""
    if is_part(value):
        name, arguments = value
        return f"{name}({', '.join(f'{key}={_inner(part)}' for key, part in arguments.items())})"
    return str(value) if isinstance(value, (str, Expectation)) else _inner(value)


def _inner(value: Any) -> str:
    if is_part(value):
        return _text(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_inner(part)}" for key, part in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_inner, value)) + "]"
    return repr(value)
