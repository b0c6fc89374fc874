"""The closed set of items: raw ids on one side, items 1..N on the other, and their features."""

from keras_sessrec.catalog.catalog import Catalog
from keras_sessrec.catalog.item_features import ItemFeatures
from keras_sessrec.catalog.scorer import Scorer

__all__ = ["Catalog", "ItemFeatures", "Scorer"]
