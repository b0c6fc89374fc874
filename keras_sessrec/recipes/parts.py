"""The classes and functions that recipes name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from keras_sessrec import batches, layers, losses, models, optimizers, samplers, training

Part = tuple[str, dict[str, Any]]
SEEDED = {"OneHotItem", "FeatureTable", "Concatenated", "Subnet"}

PARTS: dict[str, Callable[..., Any]] = {
    "GRU4Rec": models.GRU4Rec,
    "GRU4RecEnsemble": models.GRU4RecEnsemble,
    "ParallelGRU4Rec": models.ParallelGRU4Rec,
    "EmbeddingGRU4Rec": models.EmbeddingGRU4Rec,
    "OneHotItem": layers.OneHotItem,
    "FeatureTable": layers.FeatureTable,
    "Concatenated": layers.Concatenated,
    "Subnet": layers.Subnet,
    "SparseAdagrad": optimizers.SparseAdagrad,
    "Adam": keras.optimizers.Adam,
    "ELU": keras.layers.ELU,
    "TOP1": losses.TOP1,
    "BPR": losses.BPR,
    "BPRMax": losses.BPRMax,
    "CrossEntropy": losses.CrossEntropy,
    "CosineDistance": losses.CosineDistance,
    "Distillation": losses.Distillation,
    "InBatch": samplers.InBatch,
    "Popularity": samplers.Popularity,
    "Uniform": samplers.Uniform,
    "FullCatalog": samplers.FullCatalog,
    "Simultaneous": training.Simultaneous,
    "Alternating": training.Alternating,
    "Residual": training.Residual,
    "Interleaving": training.Interleaving,
    "Separate": training.Separate,
    "session_parallel": batches.session_parallel,
    "prefixes": batches.prefixes,
}


def made(part: Any) -> Any:
    """Makes what a part of a recipe describes.

    Args:
        part: `(name, arguments)`, whose arguments may hold parts again; lists and dicts of
            parts; anything else stays as it is.

    Returns:
        Object.

    Example:

    >>> made(("BPRMax", {"regularization": 0.5, "activation": ("ELU", {"alpha": 1.0})})).name
    'bpr_max'
    """
    if is_part(part):
        name, arguments = part
        return PARTS[name](**{key: made(value) for key, value in arguments.items()})
    if isinstance(part, dict):
        return {key: made(value) for key, value in part.items()}
    if isinstance(part, list):
        return [made(value) for value in part]
    return part


def seeded(part: Any, seed: int) -> Any:
    """Gives every layer in a part a seed of its own, so that a seed makes the whole model.

    Args:
        part: As in `made`.
        seed: int.

    Returns:
        The same with `seed` among the layers' arguments.

    Example:

    >>> sorted(seeded(("OneHotItem", {}), seed=1)[1])
    ['seed']
    """
    rng = np.random.default_rng(seed)

    def walk(value: Any) -> Any:
        if is_part(value):
            name, arguments = value
            arguments = walk(arguments)
            if name in SEEDED:
                arguments["seed"] = int(rng.integers(2**31 - 1))
            return name, arguments
        if isinstance(value, dict):
            return {key: walk(inner) for key, inner in value.items()}
        return [walk(inner) for inner in value] if isinstance(value, list) else value

    return walk(part)


def is_part(value: Any) -> bool:
    """Whether a value is `(name, arguments)`."""
    return isinstance(value, tuple) and len(value) == 2 and isinstance(value[1], dict)
