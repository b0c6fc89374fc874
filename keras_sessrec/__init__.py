"""Session-based recommendation on Keras 3 and TensorFlow."""

from keras_sessrec import (
    baselines,
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
from keras_sessrec.catalog import Catalog
from keras_sessrec.comparison import compare
from keras_sessrec.evaluation import evaluate
from keras_sessrec.fine_tuning import fit_by_recency
from keras_sessrec.item_features import ItemFeatures
from keras_sessrec.recency_stage import RecencyStage
from keras_sessrec.soft_labels import SoftLabels, live_soft_labels

__version__ = "0.1.0"

__all__ = [
    "Catalog",
    "ItemFeatures",
    "RecencyStage",
    "SoftLabels",
    "baselines",
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
