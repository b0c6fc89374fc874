"""Improved RNNs: Tan, Xu and Liu, 2016, models M1 to M4.

Embeddings of 50, one GRU, softmax over the catalog, a quarter of the clicks dropped, Adam,
batches of 512 prefixes of at most 19 clicks. Training stops when the loss of a tenth of the
sessions, kept apart, no longer falls.
"""

from __future__ import annotations

import dataclasses

from keras_sessrec.recipes.expectation import Expectation
from keras_sessrec.recipes.recipe import Recipe
from keras_sessrec.training.recency import RecencyStage

_REFERENCE = "Tan, Xu, Liu: Improved Recurrent Neural Networks for Session-based Recommendations"
_TABLE_1 = "Tan et al. 2016, table 1"
_EPOCHS = 30  # at most
_NOTES = (
    "The paper stops early and gives neither a patience nor a learning rate: one epoch, and "
    f"Adam's own; at most {_EPOCHS} epochs."
)


def _expects(recall: float, mrr: float) -> tuple[Expectation, ...]:
    return (
        Expectation("rsc15", "recall@20", recall, _TABLE_1),
        Expectation("rsc15", "mrr@20", mrr, _TABLE_1),
    )


def _m1(units: int) -> Recipe:
    return Recipe(
        name=f"tan_m1_{units}",
        reference=_REFERENCE,
        model=("GRU4Rec", {"units": [units], "embedding_dim": 50, "click_dropout": 0.25}),
        optimizer=("Adam", {}),
        loss=("CrossEntropy", {}),
        negatives=("FullCatalog", {}),
        batches=("prefixes", {"batch_size": 512, "max_length": 19}),
        epochs=_EPOCHS,
        early_stopping=1,
        notes=_NOTES,
    )


def _recipes() -> list[Recipe]:
    found = []
    for units in (100, 1000):
        m1 = _m1(units)
        m2 = dataclasses.replace(
            m1,
            name=f"tan_m2_{units}",
            start=m1,
            stages=(RecencyStage(1 / 4, epochs=_EPOCHS, learning_rate=0.00025),),
            notes=_NOTES + " Which fraction table 1 is of is not said. A quarter of the rate.",
            expects=_expects(0.7129, 0.3091) if units == 100 else (),
        )
        teacher = m1.with_arguments({"name": f"tan_m3_{units}_teacher", "batches.form": "futures"})
        m3 = dataclasses.replace(
            m1, name=f"tan_m3_{units}", loss=("Distillation", {"weight": 0.2}), teacher=teacher
        )
        m4 = dataclasses.replace(
            m1,
            name=f"tan_m4_{units}",
            model=("EmbeddingGRU4Rec", {"units": [units], "click_dropout": 0.25}),
            loss=("CosineDistance", {}),
            negatives=("InBatch", {}),
            start=m1,
            expects=_expects(0.6676, 0.2847) if units == 1000 else (),
        )
        found += [m1, m2, m3, m4]
    return found


RECIPES = tuple(_recipes())
