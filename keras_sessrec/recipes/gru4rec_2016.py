"""GRU4Rec as in its paper: Hidasi et al., ICLR 2016, table 2.

One GRU layer, the item as a 1-of-N vector, the other lanes' next items as negatives, Adagrad. The
settings were found with 100 units and kept for 1,000. Cross-entropy with 1,000 units was unstable
on VIDEO, so the paper has no figure of it (4.3); the recipe is here for who wants to see it.
"""

from __future__ import annotations

from keras_sessrec.recipes.expectation import Expectation
from keras_sessrec.recipes.recipe import Recipe

_TAN = "Tan et al. 2016, table 1, quoting Hidasi et al. 2016"

# data set, loss, lanes, dropout, learning rate, momentum
_TABLE_2 = (
    ("rsc15", "TOP1", 50, 0.5, 0.01, 0.0),
    ("rsc15", "BPR", 50, 0.2, 0.05, 0.2),
    ("rsc15", "CrossEntropy", 500, 0.0, 0.01, 0.0),
    ("video", "TOP1", 50, 0.4, 0.05, 0.0),
    ("video", "BPR", 50, 0.3, 0.1, 0.0),
    ("video", "CrossEntropy", 200, 0.1, 0.05, 0.3),
)
_OF_1000_UNITS = {("rsc15", "TOP1"): (0.6206, 0.2693), ("rsc15", "BPR"): (0.6322, 0.2467)}


def _recipe(
    dataset: str, loss: str, lanes: int, dropout: float, rate: float, momentum: float, units: int
) -> Recipe:
    short = {"CrossEntropy": "xe"}.get(loss, loss.lower())
    # "It is beneficial to use tanh as the activation function of the output layer" (4.2).
    activation = {} if loss == "CrossEntropy" else {"activation": "tanh"}
    figures = _OF_1000_UNITS.get((dataset, loss), ()) if units == 1000 else ()
    return Recipe(
        name=f"gru4rec_2016_{dataset}_{short}_{units}",
        reference="Hidasi, Karatzoglou, Baltrunas, Tikk: ICLR 2016, table 2",
        model=("GRU4Rec", {"units": [units], "hidden_dropout": dropout}),
        optimizer=("SparseAdagrad", {"learning_rate": rate, "momentum": momentum}),
        loss=(loss, activation),
        negatives=("InBatch", {}),
        batches=("session_parallel", {"lanes": lanes, "min_live_lanes": 2}),
        notes="The paper does not say for how many epochs; 10 is the authors' later default.",
        expects=tuple(
            Expectation(dataset, metric, value, _TAN)
            for metric, value in zip(("recall@20", "mrr@20"), figures, strict=False)
        ),
    )


RECIPES = tuple(_recipe(*row, units) for units in (100, 1000) for row in _TABLE_2)
