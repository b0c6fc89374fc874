"""Search for good settings of a recipe or a baseline: random points, then one by one."""

from keras_sessrec.tuning.baseline_search import BaselineTuning, tune_baseline
from keras_sessrec.tuning.search import tune
from keras_sessrec.tuning.tuning_result import TuningResult

__all__ = ["BaselineTuning", "TuningResult", "tune", "tune_baseline"]
