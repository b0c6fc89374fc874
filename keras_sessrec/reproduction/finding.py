"""Recipes by their own names or by those of papers."""

from __future__ import annotations

from collections.abc import Iterable

from keras_sessrec import recipes
from keras_sessrec.recipes import (
    Recipe,
    gru4rec_2016,
    gru4rec_official,
    parallel_rnn_2016,
    prefixes_on_top,
    tan_2016,
)

PAPERS = {
    paper.__name__.rsplit(".", 1)[-1]: paper.RECIPES
    for paper in (gru4rec_2016, gru4rec_official, parallel_rnn_2016, prefixes_on_top, tan_2016)
}


def find_recipes(names: Iterable[str]) -> list[Recipe]:
    """Finds recipes by name, and all of a paper by the paper's.

    Args:
        names: Iterable of str: names of `recipes.list()`, or `"gru4rec_2016"`,
            `"gru4rec_official"`, `"parallel_rnn_2016"`, `"tan_2016"`, `"prefixes_on_top"`.

    Returns:
        List of `Recipe`, each once, in the order of the names.

    Raises:
        ValueError: A name is neither.

    Example:

    >>> [recipe.name for recipe in find_recipes(["tan_m2_100", "tan_2016"])][:3]
    ['tan_m2_100', 'tan_m1_100', 'tan_m3_100']
    """
    found: dict[str, Recipe] = {}
    for name in names:
        if name not in PAPERS and name not in recipes.list():
            raise ValueError(
                f"`names` must be of papers, {sorted(PAPERS)}, or of recipes: {recipes.list()}. "
                f"Received: {name!r}."
            )
        for recipe in PAPERS.get(name) or (recipes.get(name),):
            found.setdefault(recipe.name, recipe)
    return list(found.values())
