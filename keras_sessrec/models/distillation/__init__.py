"""A teacher's opinions about the training pairs (Tan et al. 2016, model M3)."""

from keras_sessrec.models.distillation.soft_labels import SoftLabels, live_soft_labels

__all__ = ["SoftLabels", "live_soft_labels"]
