"""GRU4Rec in its authors' current state: the parameter files and tables of their repositories.

Cross-entropy or BPR-max (Hidasi and Karatzoglou, CIKM 2018), 2,048 extra negatives, mostly
tied embeddings, 10 epochs. Of five data sets the comparison of implementations (Hidasi and
Czapp, RecSys 2023) has settings for the loss that came second too, trained for 5 epochs.
"""

from __future__ import annotations

from typing import Any

from keras_sessrec.recipes.expectation import Expectation
from keras_sessrec.recipes.recipe import Recipe

_README = "README of the authors' PyTorch port"
_COMPARISON = "site of the authors' comparison of implementations, 2023"

# name, data set, loss, tied, units, lanes, embedding dropout, hidden dropout, learning rate,
# momentum, alpha, regularization and elu (None: linear) of BPR-max or logq of cross-entropy
_FILES = (
    ("rsc15_xe_shared_100", "rsc15", "xe", True, 100, 32, 0, 0.4, 0.2, 0.2, 0.5, 1.0),
    ("yoochoose_xe_shared", "yoochoose", "xe", True, 480, 48, 0, 0.2, 0.07, 0, 0.2, 1.0),
    ("rees46_xe_shared", "rees46", "xe", True, 512, 240, 0.45, 0, 0.065, 0, 0.5, 1.0),
    ("coveo_bprmax_shared", "coveo", "bpr", True, 512, 144, 0.35, 0, 0.05, 0.4, 0.2, (1.85, 1)),
    (
        "retailrocket_bprmax_shared",
        *("retailrocket", "bpr", True, 224, 80, 0.5, 0.05, 0.05, 0.4, 0.4, (1.95, 0.5)),
    ),
    (
        "diginetica_bprmax_shared",
        *("diginetica", "bpr", True, 512, 128, 0.5, 0.3, 0.05, 0.15, 0.3, (0.9, 1)),
    ),
    ("rsc15_bprmax_100", "rsc15", "bpr", False, 100, 32, 0, 0, 0.2, 0.3, 0, (1.0, 0.5)),
    ("rsc15_bprmax_shared_100", "rsc15", "bpr", True, 100, 32, 0, 0, 0.2, 0.1, 0, (0.5, 0.5)),
    ("rsc15_xe_100", "rsc15", "xe", False, 100, 32, 0, 0.3, 0.1, 0.7, 0, 0.0),
)
_SECOND = (
    (
        "yoochoose_bprmax_shared",
        *("yoochoose", "bpr", True, 448, 48, 0.25, 0, 0.075, 0.1, 0.2, (0.5, None)),
    ),
    (
        "rees46_bprmax_shared",
        *("rees46", "bpr", True, 512, 32, 0.1, 0, 0.03, 0.55, 0.2, (0.75, 0.5)),
    ),
    ("coveo_xe_shared", "coveo", "xe", True, 512, 32, 0.4, 0.15, 0.03, 0, 0, 1.0),
    (
        "retailrocket_xe_shared",
        *("retailrocket", "xe", True, 192, 240, 0.5, 0.05, 0.085, 0.3, 0.3, 1.0),
    ),
    ("diginetica_xe_shared", "diginetica", "xe", True, 192, 128, 0.45, 0.15, 0.1, 0, 0, 1.0),
)
_RSC15 = "run_rsc15.py of the authors' Theano code"
_FIGURES: dict[str, tuple[float, float, str]] = {
    "rsc15_xe_shared_100": (0.7283, 0.3205, _README),
    "yoochoose_xe_shared": (0.6789, 0.3024, _README),
    "rees46_xe_shared": (0.5293, 0.2008, _README),
    "coveo_bprmax_shared": (0.3135, 0.1010, _README),
    "retailrocket_bprmax_shared": (0.5186, 0.2175, _README),
    "diginetica_bprmax_shared": (0.4995, 0.1542, _README),
    "rsc15_bprmax_100": (0.7197, 0.3157, _RSC15),
    "rsc15_bprmax_shared_100": (0.7261, 0.3124, _RSC15),
    "rsc15_xe_100": (0.7180, 0.3087, _RSC15),
    "yoochoose_bprmax_shared": (0.6799, 0.2931, _COMPARISON),
    "rees46_bprmax_shared": (0.5206, 0.1913, _COMPARISON),
    "coveo_xe_shared": (0.2947, 0.0960, _COMPARISON),
    "retailrocket_xe_shared": (0.4953, 0.2012, _COMPARISON),
    "diginetica_xe_shared": (0.4874, 0.1440, _COMPARISON),
}
_NOTES = {
    "rsc15_xe_shared_100": "The README's own table names other settings beside the figure than "
    "this file holds, so it cannot be attributed with certainty.",
}


def _recipe(
    name: str,
    dataset: str,
    loss: str,
    tied: bool,
    units: int,
    lanes: int,
    embedding_dropout: float,
    hidden_dropout: float,
    rate: float,
    momentum: float,
    alpha: float,
    more: Any,
    epochs: int = 10,
) -> Recipe:
    negatives: dict[str, Any] = {"num": 2048, "alpha": alpha}
    loss_part: tuple[str, dict[str, Any]] = ("CrossEntropy", {})
    if loss == "xe":
        negatives["logq"] = more
    else:
        regularization, elu = more
        loss_part = ("BPRMax", {"regularization": regularization})
        if elu is not None:
            loss_part[1]["activation"] = ("ELU", {"alpha": float(elu)})
    recall, mrr, source = _FIGURES[name]
    return Recipe(
        name=f"gru4rec_{name}",
        reference="B. Hidasi, A. Karatzoglou: CIKM 2018, and the parameter files of GRU4Rec",
        model=(
            "GRU4Rec",
            {
                "units": [units],
                "tie_embeddings": tied,
                "embedding_dropout": embedding_dropout,
                "hidden_dropout": hidden_dropout,
            },
        ),
        optimizer=("SparseAdagrad", {"learning_rate": rate, "momentum": momentum}),
        loss=loss_part,
        negatives=("Popularity", negatives),
        batches=("session_parallel", {"lanes": lanes}),
        epochs=epochs,
        notes=_NOTES.get(name, ""),
        expects=(
            Expectation(dataset, "recall@20", recall, source),
            Expectation(dataset, "mrr@20", mrr, source),
        ),
    )


RECIPES = tuple(
    [_recipe(*row) for row in _FILES]
    + [
        _recipe(*row, epochs=5)  # type: ignore[misc]
        for row in _SECOND
    ]
)
