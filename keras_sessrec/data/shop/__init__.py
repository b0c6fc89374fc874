"""A shop that does not exist: sessions, titles, thumbnails, and the best possible metrics."""

from keras_sessrec.data.shop.shop import SyntheticShop, synthetic_shop

__all__ = ["SyntheticShop", "synthetic_shop"]
