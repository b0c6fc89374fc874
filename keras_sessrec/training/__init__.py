"""Training machinery: knows variables, steps and epochs; knows no network.

For users: the strategies `Simultaneous`, `Alternating`, `Residual`, `Interleaving`, `Separate`,
`Stages`.
"""

from keras_sessrec.training.freed_memory import keep_freed_memory
from keras_sessrec.training.recency import RecencyStage, fit_by_recency
from keras_sessrec.training.strategies import (
    Alternating,
    Interleaving,
    Residual,
    Separate,
    Stages,
)
from keras_sessrec.training.strategy import Simultaneous, Strategy, Update

__all__ = [
    "Alternating",
    "Interleaving",
    "RecencyStage",
    "Residual",
    "Separate",
    "Simultaneous",
    "Stages",
    "Strategy",
    "Update",
    "fit_by_recency",
    "keep_freed_memory",
]
