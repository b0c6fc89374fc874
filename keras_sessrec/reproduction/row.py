"""One row of a report: what is trained, with which seed, on how much."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from keras_sessrec import baselines, recipes
from keras_sessrec.recipes import Recipe

# The baselines of every report, by the names that tables give them. SLIST is not among them: it
# inverts a matrix of all pairs of items.
BASELINES: dict[str, Callable[[], Any]] = {
    "POP": baselines.Popularity,
    "S-POP": baselines.SessionPopularity,
    "Item-KNN": baselines.ItemKNN,
    "AR": baselines.AssociationRules,
    "SR": baselines.SequentialRules,
    "VS-kNN": baselines.SessionKNN,
    "STAN": baselines.STAN,
    "VSTAN": baselines.VSTAN,
    "first-order Markov": baselines.MarkovChain,
    "BPR-MF": baselines.BPRMF,
}


@dataclass(frozen=True)
class Row:
    """One network or baseline to train and measure.

    Args:
        name: str, of the recipe or the baseline.
        recipe: `Recipe`, or `None` for a baseline.
        seed: int. Defaults to 0.
        fraction: float in (0, 1], the most recent fraction of the training sequences; of a
            recipe with stages that of its last stage. A start is trained on all, a teacher on
            the fraction.

    Example:

    >>> Row("Item-KNN", fraction=1 / 4).key
    'Item-KNN-fraction1of4-seed0'
    """

    name: str
    recipe: Recipe | None = None
    seed: int = 0
    fraction: float = 1.0

    @property
    def key(self) -> str:
        """Name of the row's folder."""
        name = self.name.replace(" ", "_")
        return f"{name}-fraction{fraction_text(self.fraction, 'of')}-seed{self.seed}"

    @property
    def log_fraction(self) -> float:
        """The fraction that is cut from the log before training; stages cut for themselves."""
        return 1.0 if self.recipe is not None and self.recipe.stages else self.fraction

    @property
    def is_published(self) -> bool:
        """Whether it is trained on all and as its recipe is registered, if it is."""
        registered = self.name not in recipes.list() or recipes.get(self.name) == self.recipe
        return registered and self.log_fraction == 1

    @property
    def most_supported(self) -> list[int]:
        """The numbers of most supported items that its recipe's figures are ranked among."""
        expects = () if self.recipe is None else self.recipe.expects
        return sorted({e.most_supported for e in expects if e.most_supported is not None})

    @property
    def max_length(self) -> int | None:
        """How many clicks are read in the test: as many as its recipe says for training.

        Our reading of Tan et al. (2016), whose network has 19 time steps: sequences of the test
        are cut as those of the training.
        """
        return None if self.recipe is None else self.recipe.batches[1].get("max_length")

    @property
    def start(self) -> Row | None:
        """The row whose model this one starts from, which is trained on all.

        Tan et al. (2016), section 4.1, on M4 of every fraction: "We used the embeddings trained on
        the full training dataset in M1 for these models."
        """
        if self.recipe is None or self.recipe.start is None:
            return None
        return Row(self.recipe.start.name, self.recipe.start, self.seed)


def fraction_text(fraction: float, sign: str = "/") -> str:
    """Writes a fraction as people do: "1/16", or "1" for all."""
    exact = Fraction(fraction).limit_denominator(100_000)
    return f"{exact.numerator}{sign}{exact.denominator}" if exact.denominator > 1 else "1"
