"""Session-based recommendation on Keras 3 and TensorFlow."""

from keras_sessrec import (
    baselines,
    data,
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

__version__ = "0.1.0"

__all__ = [
    "Catalog",
    "baselines",
    "compare",
    "data",
    "evaluate",
    "layers",
    "losses",
    "metrics",
    "models",
    "optimizers",
    "samplers",
    "training",
]
