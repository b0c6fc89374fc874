"""One evaluation for models, baselines and whatever else has a `score`."""

from keras_sessrec.evaluation.comparison import compare
from keras_sessrec.evaluation.next_event import evaluate
from keras_sessrec.evaluation.result import EvaluationResult

__all__ = ["EvaluationResult", "compare", "evaluate"]
