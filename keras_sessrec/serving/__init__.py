"""Serving: export a model for TensorFlow Serving."""

from keras_sessrec.serving.export import export

__all__ = ["export"]
