"""All recipes by name."""

from __future__ import annotations

import difflib

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
        near = difflib.get_close_matches(str(name), names(), n=5, cutoff=0.3) or names()[:5]
        raise ValueError(
            f"`name` must be one of the {len(_RECIPES)} of `ksr.recipes.list()`, such as {near}. "
            f"Received: name={name!r}."
        )
    return _RECIPES[name]
