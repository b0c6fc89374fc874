"""Session-based recommendation on Keras 3 and TensorFlow."""

from keras_sessrec import (
    baselines,
    callbacks,
    data,
    features,
    layers,
    losses,
    metrics,
    models,
    optimizers,
    samplers,
    training,
)
from keras_sessrec.catalog import Catalog
from keras_sessrec.comparison import compare
from keras_sessrec.evaluation import evaluate
from keras_sessrec.item_features import ItemFeatures

__version__ = "0.1.0"

__all__ = [
    "Catalog",
    "ItemFeatures",
    "baselines",
    "callbacks",
    "compare",
    "data",
    "evaluate",
    "features",
    "layers",
    "losses",
    "metrics",
    "models",
    "optimizers",
    "samplers",
    "training",
]
