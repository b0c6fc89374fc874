"""RSC15, clicks; importing it registers `tfds.load("rsc15")`."""

from keras_sessrec.datasets.rsc15.rsc15_dataset_builder import Builder

__all__ = ["Builder"]
