"""Callbacks that Keras lacks."""

from keras_sessrec.callbacks.throughput import Throughput

__all__ = ["Throughput"]
