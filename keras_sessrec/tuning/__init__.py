"""Search for good settings of a recipe: random points, then one argument at a time."""

from keras_sessrec.tuning.search import tune
from keras_sessrec.tuning.tuning_result import TuningResult

__all__ = ["TuningResult", "tune"]
