"""Session-based recommendation on Keras 3 and TensorFlow."""

from keras_sessrec import (
    baselines,
    batches,
    callbacks,
    data,
    datasets,
    features,
    layers,
    losses,
    metrics,
    models,
    optimizers,
    recipes,
    reproduction,
    samplers,
    serving,
    training,
    tuning,
)
from keras_sessrec.catalog import Catalog, ItemFeatures
from keras_sessrec.evaluation import compare, evaluate
from keras_sessrec.models import SoftLabels, live_soft_labels
from keras_sessrec.training import RecencyStage, fit_by_recency

__version__ = "0.2.0"

__all__ = [
    "Catalog",
    "ItemFeatures",
    "RecencyStage",
    "SoftLabels",
    "baselines",
    "batches",
    "callbacks",
    "compare",
    "data",
    "datasets",
    "evaluate",
    "features",
    "fit_by_recency",
    "layers",
    "live_soft_labels",
    "losses",
    "metrics",
    "models",
    "optimizers",
    "recipes",
    "reproduction",
    "samplers",
    "serving",
    "training",
    "tuning",
]
