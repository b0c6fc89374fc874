"""Optimizers whose cost does not grow with the catalog."""

from keras_sessrec.optimizers.sparse_adagrad import SparseAdagrad

__all__ = ["SparseAdagrad"]
