"""Diginetica, item views; importing it registers `tfds.load("diginetica")`."""

from keras_sessrec.datasets.diginetica.diginetica_dataset_builder import Builder

__all__ = ["Builder"]
