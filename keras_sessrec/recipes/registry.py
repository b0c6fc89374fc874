"""All recipes by name."""

from __future__ import annotations

from keras_sessrec.recipes import (
    cosine_scores,
    gru4rec_2016,
    gru4rec_official,
    parallel_rnn_2016,
    prefixes_on_top,
    tan_2016,
)
from keras_sessrec.recipes.recipe import Recipe

PAPERS = {
    "gru4rec_2016": gru4rec_2016.RECIPES,
    "gru4rec_official": gru4rec_official.RECIPES,
    "parallel_rnn_2016": parallel_rnn_2016.RECIPES,
    "tan_2016": tan_2016.RECIPES,
    "prefixes_on_top": prefixes_on_top.RECIPES,
    "cosine_scores": cosine_scores.RECIPES,
}
_RECIPES = {recipe.name: recipe for recipes in PAPERS.values() for recipe in recipes}


def names() -> list[str]:
    """Returns the names of all recipes.

    Example:

    >>> "tan_m1_100" in names()
    True
    """
    return sorted(_RECIPES)


def get(name: str) -> Recipe:
    """Returns a recipe.

    Args:
        name: str, one of `recipes.list()`.

    Returns:
        `Recipe`.

    Raises:
        ValueError: There is no such recipe.

    Example:

    >>> get("tan_m2_100").expects[0].value
    0.7129
    """
    if name not in _RECIPES:
        raise ValueError(
            f"`name` must be one of `ksr.recipes.list()`: {names()}. Received: name={name!r}."
        )
    return _RECIPES[name]
