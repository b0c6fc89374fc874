"""Parallel RNNs: Hidasi et al., RecSys 2016, tables 2 to 4.

Networks of 100 or 1,000 units, parallel ones of 100 or 500 a subnet, in every architecture and
under every strategy, each subnet trained for ten epochs. The catalog must carry `"image"` (VIDXL,
thumbnails) or `"text"` (CLASS, descriptions).
"""

from __future__ import annotations

from typing import Any

from keras_sessrec.recipes.expectation import Expectation
from keras_sessrec.recipes.parts import Part
from keras_sessrec.recipes.recipe import Recipe

_REFERENCE = "Hidasi, Quadrana, Karatzoglou, Tikk: RecSys 2016"
_SLIDES = "slides of the RecSys 2016 talk, VIDXL with 100 units a subnet"
_NOTES = (
    "The paper gives no learning rate, dropout and batch size: these are of ICLR 2016, table 2, "
    "VIDEO with TOP1. Ranks are among the 50,000 most supported items on VIDXL."
)
_EPOCHS = 10
_STRATEGIES: dict[str, tuple[tuple[str, dict[str, Any]], int]] = {
    "simultaneous": (("Simultaneous", {}), _EPOCHS),
    "alternating": (("Alternating", {}), 2 * _EPOCHS),
    "residual": (("Residual", {"epochs_per_subnet": _EPOCHS}), 2 * _EPOCHS),
    "interleaving": (("Interleaving", {}), _EPOCHS),
}
_FIGURES = {
    "id_100": (0.6831, 0.3847),
    "id_200": (0.6963, 0.3881),
    "image_100": (0.5367, 0.3065),
    "concatenated_image_100": (0.6766, 0.3850),
    "parallel_image_simultaneous_100": (0.6765, 0.4014),
    "parallel_image_alternating_100": (0.6874, 0.4331),
    "parallel_image_residual_100": (0.7028, 0.4440),
    "parallel_image_interleaving_100": (0.7040, 0.4361),
}


def _subnet(reads: tuple[str, dict[str, Any]], units: int) -> tuple[str, dict[str, Any]]:
    return "Subnet", {"representation": reads, "units": [units], "dropout": 0.4}


def _recipe(
    name: str,
    subnets: dict[str, Any],
    features: tuple[str, ...],
    strategy: str | None = None,
    fusion: str = "parallel",
) -> Recipe:
    part, epochs = _STRATEGIES[strategy] if strategy else (None, _EPOCHS)
    figures = _FIGURES.get(name, ())
    return Recipe(
        name=f"prnn_{name}",
        reference=_REFERENCE,
        model=("ParallelGRU4Rec", {"subnets": subnets, "fusion": fusion}),
        optimizer=("SparseAdagrad", {"learning_rate": 0.05}),
        loss=("TOP1", {"activation": "tanh"}),
        negatives=("InBatch", {}),
        batches=("session_parallel", {"lanes": 50, "min_live_lanes": 2}),
        epochs=epochs,
        strategy=part,
        features=features,
        notes=_NOTES,
        expects=tuple(
            Expectation("vidxl", metric, value, _SLIDES, most_supported=50_000)
            for metric, value in zip(("recall@20", "mrr@20"), figures, strict=False)
        ),
    )


def _recipes() -> list[Recipe]:
    item: Part = ("OneHotItem", {})
    found = [
        _recipe(f"id_{units}", {"item": _subnet(item, units)}, ()) for units in (100, 200, 1000)
    ]
    for feature in ("image", "text"):
        reads = ("FeatureTable", {"features": feature})
        both = ("Concatenated", {"parts": [item, reads]})
        own = (feature,)
        for units in (100, 1000):
            found += [
                _recipe(f"{feature}_{units}", {feature: _subnet(reads, units)}, own),
                _recipe(f"concatenated_{feature}_{units}", {"both": _subnet(both, units)}, own),
            ]
        for units in (100, 500):
            subnets = {"item": _subnet(item, units), feature: _subnet(reads, units)}
            found += [
                _recipe(f"{fusion}_{feature}_{strategy}_{units}", subnets, own, strategy, fusion)
                for fusion in ("parallel", "shared", "interaction")
                for strategy in _STRATEGIES
            ]
    return found


RECIPES = tuple(_recipes())
