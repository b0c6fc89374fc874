"""Which rows a reproduction has."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from keras_sessrec import recipes as registry
from keras_sessrec.catalog.catalog import Catalog
from keras_sessrec.recipes import Recipe
from keras_sessrec.recipes.registry import PAPERS
from keras_sessrec.reproduction.row import BASELINES, Row


def find_recipes(names: Iterable[str]) -> list[Recipe]:
    """Finds recipes by name, and all of a paper by the paper's.

    Args:
        names: Iterable of str: names of `recipes.list()`, or of papers, such as
            `"tan_2016"`.

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
        if name not in PAPERS and name not in registry.list():
            raise ValueError(
                f"`names` must be of papers, {sorted(PAPERS)}, or of recipes: {registry.list()}. "
                f"Received: {name!r}."
            )
        for recipe in PAPERS.get(name) or (registry.get(name),):
            found.setdefault(recipe.name, recipe)
    return list(found.values())


@dataclass(frozen=True)
class Plan:
    """The rows to run, in their order.

    Attributes:
        rows: tuple of `Row`. What another row starts from comes before it.
        skipped: dict of a recipe's name to the reason why it is not among them.
    """

    rows: tuple[Row, ...]
    skipped: dict[str, str]

    @classmethod
    def of(
        cls,
        recipes: Iterable[Recipe],
        catalog: Catalog,
        seeds: Sequence[int] = (1, 2, 3),
        fractions: Sequence[float] = (1,),
        baselines: bool = True,
        epochs: int | None = None,
    ) -> Plan:
        """Lists the rows of recipes, seed by seed.

        Args:
            recipes: Iterable of `Recipe`.
            catalog: `Catalog`. A recipe whose features it lacks is skipped.
            seeds: Sequence of int. Defaults to 1, 2, 3.
            fractions: Sequence of floats in (0, 1], the most recent fractions of the log to
                train on, as in figure 4 of Tan et al. (2016). What a recipe starts from is
                trained on all: M2 is then tuned on the fraction, its published one instead of
                1, and M4 takes the embeddings. M3's teacher is trained on the fraction, "the
                future sequences available in each data fraction". Defaults to all.
            baselines: bool. Whether to also fit the baselines, to the whole log.
            epochs: int or `None`, another number than the published one.

        Returns:
            `Plan`.

        Example:

        >>> tan = [ksr.recipes.get(name) for name in ("tan_m1_100", "tan_m2_100")]
        >>> plan = Plan.of(tan, ksr.Catalog([7]), [1], [1, 1 / 16], baselines=False)
        >>> [(row.name, row.fraction) for row in plan.rows]
        [('tan_m1_100', 1.0), ('tan_m1_100', 0.0625), ('tan_m2_100', 0.25), ('tan_m2_100', 0.0625)]
        """
        rows = [Row(name) for name in BASELINES] if baselines else []
        usable, skipped = [], {}
        for recipe in recipes:
            if missing := [name for name in recipe.features if name not in catalog.features]:
                skipped[recipe.name] = f"the catalog has no features {missing}"
            else:
                usable.append(recipe if epochs is None else recipe.with_epochs(epochs))
        for seed in seeds:
            for recipe in usable:
                for row in _rows_of(recipe, seed, fractions):
                    rows += [row] if row.start is None else [row.start, row]
        return cls(tuple({row.key: row for row in rows}.values()), skipped)


def _rows_of(recipe: Recipe, seed: int, fractions: Iterable[float]) -> list[Row]:
    """The rows of one recipe and seed, one per fraction."""
    if not recipe.stages:
        return [Row(recipe.name, recipe, seed, float(fraction)) for fraction in fractions]
    last, rows = len(recipe.stages) - 1, {}
    for fraction in fractions:
        own = recipe.stages[last].fraction if fraction == 1 else float(fraction)
        changed = recipe.with_arguments({f"stages.{last}.fraction": own})
        rows[own] = Row(recipe.name, changed, seed, own)
    return list(rows.values())
