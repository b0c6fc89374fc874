"""What a search has found."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from keras_sessrec.recipes import Recipe


@dataclass(frozen=True, eq=False)
class TuningResult:
    """The best settings, and all that were tried.

    Made by `tune`.

    Attributes:
        recipe: `Recipe` with the best settings, to be trained on training and validation
            sessions together: `recipe.train(train)`.
        score: float, its objective on the validation sessions.
        trials: `pandas.DataFrame`, one row per trial in the order of the search: the values, then
            the metrics (NaN where a trial failed).

    Example:

    >>> import pandas as pd
    >>> recipe = ksr.recipes.get("tan_m1_100")
    >>> TuningResult(recipe, 0.7, pd.DataFrame({"recall_at_20": [0.6, 0.7]})).score
    0.7
    """

    recipe: Recipe
    score: float
    trials: pd.DataFrame

    def to_frame(self) -> pd.DataFrame:
        """A copy of `trials`, by the method that evaluations and comparisons have, too."""
        return self.trials.copy()
