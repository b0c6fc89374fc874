"""Serving: export a model for TensorFlow Serving."""

from keras_sessrec.serving.exporter import export
from keras_sessrec.serving.pruned_search import PrunedSearch

__all__ = ["PrunedSearch", "export"]
