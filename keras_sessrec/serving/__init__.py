"""Serving: export a model for TensorFlow Serving."""

from keras_sessrec.serving.exporter import export

__all__ = ["export"]
