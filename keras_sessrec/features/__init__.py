"""Features of items from their texts and pictures, for a `Catalog`."""

from keras_sessrec.features.image_vectorizer import ImageVectorizer
from keras_sessrec.features.text_vectorizer import TextVectorizer

__all__ = ["ImageVectorizer", "TextVectorizer"]
