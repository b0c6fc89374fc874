"""Tensors in, tensors out: selection of the best, random numbers, loops."""

from keras_sessrec.ops.selection import top_k

__all__ = ["top_k"]
