"""Clicks of a made-up shop; importing it registers `tfds.load("synthetic_shop")`."""

from keras_sessrec.datasets.synthetic_shop.synthetic_shop_dataset_builder import Builder

__all__ = ["Builder"]
