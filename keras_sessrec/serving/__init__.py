"""Serving: export a model for TensorFlow Serving, ONNX Runtime and LiteRT."""

from keras_sessrec.serving.exporter import export
from keras_sessrec.serving.pruned_search import PrunedSearch
from keras_sessrec.serving.step_exporter import export_step

__all__ = ["PrunedSearch", "export", "export_step"]
