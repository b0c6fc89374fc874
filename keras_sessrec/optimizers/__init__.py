"""Optimizers whose cost does not grow with the catalog."""

from keras_sessrec.optimizers.gradients_for import gradients_for
from keras_sessrec.optimizers.sparse_adagrad import SparseAdagrad

__all__ = ["SparseAdagrad", "gradients_for"]
