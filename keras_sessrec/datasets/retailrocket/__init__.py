"""RetailRocket, item views; importing it registers `tfds.load("retailrocket")`."""

from keras_sessrec.datasets.retailrocket.retailrocket_dataset_builder import Builder

__all__ = ["Builder"]
