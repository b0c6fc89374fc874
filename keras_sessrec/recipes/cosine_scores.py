"""GRU4Rec that scores by cosines, and three of them together: not published, ours.

GRU4Rec as its authors set it for Diginetica (cross-entropy, 2,048 uniform negatives, tied
embeddings), with hidden and item vectors divided by their lengths, which Gupta et al. (NISER,
2019) brought to session-based recommendation by graph networks. `benchmarks/cosine_scores.py` has
what the settings were chosen by.
"""

from __future__ import annotations

import dataclasses

from keras_sessrec.recipes.recipe import Recipe

_ONE = Recipe(
    name="gru4rec_cosine_128",
    reference="none: GRU4Rec's later state and NISER (Gupta et al., 2019) put together",
    model=(
        "GRU4Rec",
        {
            "units": [128],
            "tie_embeddings": True,
            "embedding_dropout": 0.45,
            "hidden_dropout": 0.15,
            "normalize": True,
            "score_scale": 22.0,
        },
    ),
    optimizer=("SparseAdagrad", {"learning_rate": 0.1}),
    loss=("CrossEntropy", {}),
    negatives=("Popularity", {"num": 2048, "alpha": 0.0, "logq": 1.0}),
    batches=("session_parallel", {"lanes": 128}),
    epochs=8,
    notes="Chosen on the last day of the training part of rsc15_64.",
)
_THREE = dataclasses.replace(
    _ONE,
    name="gru4rec_cosine_3x128",
    model=("GRU4RecEnsemble", {"members": 3, **_ONE.model[1]}),
)

RECIPES = (_ONE, _THREE)
