"""Recipes with other arguments: new ones, since a recipe itself never changes."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from keras_sessrec.recipes.parts import is_part

# What `tiny` makes of sizes, wherever in a recipe they stand.
TINY = {
    "units": [8],
    "embedding_dim": 6,
    "num": 16,
    "lanes": 8,
    "batch_size": 32,
    "max_length": 4,
    "epochs_per_subnet": 1,
}


def changed(value: Any, path: list[str], new: Any) -> Any:
    """Replaces what stands at the end of a path.

    Args:
        value: Dataclass, part of a recipe, dict, list or tuple.
        path: List of str: a field, an argument of the part, a key or a place at each step. The
            last one may be an argument that the part does not name yet.
        new: What is put there. A part gives way to a part only.

    Returns:
        A copy with `new` in it.

    Raises:
        AttributeError, LookupError, TypeError, ValueError: The path leads nowhere.

    Example:

    >>> changed({"optimizer": ("Adam", {})}, ["optimizer", "learning_rate"], 0.1)
    {'optimizer': ('Adam', {'learning_rate': 0.1})}
    """
    if not path:
        if is_part(value) and not is_part(new):
            raise ValueError("A part must be a name and its arguments.")
        return new
    if is_part(value):
        name, arguments = value
        return name, changed(arguments, path, new)
    key, *rest = path
    if dataclasses.is_dataclass(value):
        return dataclasses.replace(  # type: ignore[type-var]
            value, **{key: changed(getattr(value, key), rest, new)}
        )
    if isinstance(value, dict):
        return {**value, key: changed(value[key] if rest else value.get(key), rest, new)}
    if isinstance(value, (list, tuple)):
        items = list(value)
        items[int(key)] = changed(items[int(key)], rest, new)
        return type(value)(items)
    raise KeyError(key)


def everywhere(recipe: Any, change: Callable[[Any], dict[str, Any]]) -> Any:
    """Changes a recipe, its start and its teacher; `change` gives the new fields of each."""
    others = {"start": recipe.start, "teacher": recipe.teacher}
    others = {name: other and everywhere(other, change) for name, other in others.items()}
    return dataclasses.replace(recipe, **others, **change(recipe))


def other_epochs(recipe: Any, epochs: int) -> dict[str, Any]:
    """The fields of a recipe that hold a number of epochs, with another one.

    Raises:
        ValueError: `epochs` is not positive.
    """
    if epochs < 1:
        raise ValueError(f"`epochs` must be at least 1. Received: epochs={epochs}.")
    strategy = recipe.strategy
    if strategy is not None and "epochs_per_subnet" in strategy[1]:
        each = max(1, epochs * strategy[1]["epochs_per_subnet"] // recipe.epochs)
        strategy = (strategy[0], {**strategy[1], "epochs_per_subnet": each})
    stages = tuple(dataclasses.replace(stage, epochs=epochs) for stage in recipe.stages)
    return {"epochs": epochs, "strategy": strategy, "stages": stages}


def tiny_sizes(recipe: Any) -> dict[str, Any]:
    """The fields of a recipe that are other for a laptop and a test."""
    sizes = {name: _shrunk(getattr(recipe, name)) for name in ("model", "negatives", "batches")}
    return {
        **sizes,
        "name": f"{recipe.name}_tiny",
        # Strategies of two stages have both.
        "epochs": 1 if recipe.strategy is None else max(1, recipe.epochs // 10),
        "strategy": _shrunk(recipe.strategy),
        "stages": tuple(dataclasses.replace(stage, epochs=1) for stage in recipe.stages),
        "soft_labels": 8,
        "compile": {**recipe.compile, "jit_compile": False},
        "expects": (),
    }


def _shrunk(value: Any) -> Any:
    """A part with the sizes of `TINY`."""
    if isinstance(value, dict):
        return {
            key: TINY[key] if key in TINY and part is not None else _shrunk(part)
            for key, part in value.items()
        }
    if isinstance(value, (list, tuple)):
        return type(value)(_shrunk(part) for part in value)
    return value
