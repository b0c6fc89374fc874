"""Samplers: which items a training step scores beside the positives."""

from typing import Any

from keras_sessrec.ops.identifiers import resolve
from keras_sessrec.samplers.extra_items import Popularity, Uniform
from keras_sessrec.samplers.in_batch import FullCatalog, InBatch
from keras_sessrec.samplers.sampler import Candidates, Sampler

__all__ = ["Candidates", "FullCatalog", "InBatch", "Popularity", "Sampler", "Uniform", "get"]

_SAMPLERS = {
    "full_catalog": FullCatalog,
    "in_batch": InBatch,
    "popularity": Popularity,
    "uniform": Uniform,
}


def get(negatives: Any) -> Sampler:
    """Returns a sampler given as an object, by its name or as its config.

    Args:
        negatives: `Sampler`, or one of `"full_catalog"`, `"in_batch"`, `"popularity"` and
            `"uniform"`, which stand for the classes with their defaults.

    Returns:
        `Sampler`.

    Raises:
        ValueError: The name is unknown.
        TypeError: It is something else; a number or a class, for instance.

    Example:

    >>> get("popularity").num
    2048
    """
    return resolve("negatives", negatives, Sampler, _SAMPLERS, "ksr.samplers.Popularity(2048)")
