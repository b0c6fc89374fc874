"""Training machinery: knows variables, steps and epochs; knows no network.

For users: the strategies `Simultaneous`, `Alternating`, `Residual`, `Interleaving`, `Stages`.
"""

from keras_sessrec.training.alternating import Alternating
from keras_sessrec.training.blocks import block_dataset, has_static_shapes
from keras_sessrec.training.finite_loss_guard import FiniteLossGuard
from keras_sessrec.training.freed_memory import keep_freed_memory
from keras_sessrec.training.fused_execution import checked_train_function, fused_train_function
from keras_sessrec.training.get_strategy import get_strategy
from keras_sessrec.training.interleaving import Interleaving
from keras_sessrec.training.lane_states import LaneStates, num_lanes
from keras_sessrec.training.residual import Residual
from keras_sessrec.training.simultaneous import Simultaneous
from keras_sessrec.training.stage_changes import StageChanges, with_callback
from keras_sessrec.training.stages import Stages
from keras_sessrec.training.strategy import Strategy
from keras_sessrec.training.update import Update

__all__ = [
    "Alternating",
    "FiniteLossGuard",
    "Interleaving",
    "LaneStates",
    "Residual",
    "Simultaneous",
    "StageChanges",
    "Stages",
    "Strategy",
    "Update",
    "block_dataset",
    "checked_train_function",
    "fused_train_function",
    "get_strategy",
    "has_static_shapes",
    "keep_freed_memory",
    "num_lanes",
    "with_callback",
]
