"""Training machinery: knows variables, steps and epochs; knows no network."""

from keras_sessrec.training.blocks import block_dataset, has_static_shapes
from keras_sessrec.training.finite_loss_guard import FiniteLossGuard
from keras_sessrec.training.freed_memory import keep_freed_memory
from keras_sessrec.training.fused_execution import checked_train_function, fused_train_function
from keras_sessrec.training.lane_states import LaneStates, num_lanes

__all__ = [
    "FiniteLossGuard",
    "LaneStates",
    "block_dataset",
    "checked_train_function",
    "fused_train_function",
    "has_static_shapes",
    "keep_freed_memory",
    "num_lanes",
]
