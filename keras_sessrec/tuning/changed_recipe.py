"""A recipe with other arguments."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from keras_sessrec.recipes import Recipe


def changed_recipe(recipe: Recipe, values: Mapping[str, Any]) -> Recipe:
    """Returns the recipe with some arguments changed.

    Args:
        recipe: `Recipe`.
        values: Mapping from dotted names to values: a field of the recipe, then the way to an
            argument of that part. `"epochs"`, `"optimizer.learning_rate"`, `"model.units.0"`,
            `"model.subnets.item.dropout"`. An argument that the part does not name yet is
            added.

    Returns:
        `Recipe`.

    Raises:
        ValueError: There is no such place in the recipe.

    Example:

    >>> recipe = ksr.recipes.get("gru4rec_2016_rsc15_bpr_100")
    >>> changed_recipe(recipe, {"optimizer.learning_rate": 0.1}).optimizer
    ('SparseAdagrad', {'learning_rate': 0.1, 'momentum': 0.2})
    >>> changed_recipe(recipe, {"model.units.0": 200}).model[1]["units"]
    [200]
    """
    for name, value in values.items():
        field, *path = name.split(".")
        try:
            changed = _changed(getattr(recipe, field), path, value)
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            raise ValueError(
                "A name must lead to an argument of the recipe, such as 'epochs', "
                "'optimizer.learning_rate', 'model.units.0'. "
                f"Received: {name!r} of the recipe {recipe.name!r} with model={recipe.model}, "
                f"optimizer={recipe.optimizer}, loss={recipe.loss}, "
                f"negatives={recipe.negatives}, batches={recipe.batches}."
            ) from error
        recipe = dataclasses.replace(recipe, **{field: changed})
    return recipe


def _changed(part: Any, path: list[str], value: Any) -> Any:
    """The same part with `value` at the end of the path."""
    if isinstance(part, tuple):  # (name, arguments)
        name, arguments = part
        return name, _changed(arguments, path, value)
    if isinstance(part, dict):
        key, *rest = path
        inner = _changed(part[key], rest, value) if rest else value
        return {**part, key: inner}
    if isinstance(part, list):
        place, rest = int(path[0]), path[1:]
        part = list(part)
        part[place] = _changed(part[place], rest, value)
        return part
    if path:
        raise KeyError(path[0])
    return value
