"""Samplers: which items a training step scores beside the positives."""

from keras_sessrec.samplers.extra_items import Popularity, Uniform
from keras_sessrec.samplers.sampler import Candidates, FullCatalog, InBatch, Sampler

__all__ = ["Candidates", "FullCatalog", "InBatch", "Popularity", "Sampler", "Uniform"]
