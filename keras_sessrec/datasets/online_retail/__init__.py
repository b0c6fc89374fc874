"""Online Retail, baskets; importing it registers `tfds.load("online_retail")`."""

from keras_sessrec.datasets.online_retail.online_retail_dataset_builder import Builder

__all__ = ["Builder"]
