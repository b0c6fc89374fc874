"""Samplers: which items a training step scores beside the positives."""

from keras_sessrec.samplers.candidates import Candidates
from keras_sessrec.samplers.full_catalog import FullCatalog
from keras_sessrec.samplers.in_batch import InBatch
from keras_sessrec.samplers.popularity import Popularity
from keras_sessrec.samplers.sampler import Sampler
from keras_sessrec.samplers.uniform import Uniform

__all__ = ["Candidates", "FullCatalog", "InBatch", "Popularity", "Sampler", "Uniform"]
