"""Training machinery: knows variables, steps and epochs; knows no network."""

from keras_sessrec.training.blocks import block_dataset, has_static_shapes
from keras_sessrec.training.fused_execution import fused_train_function
from keras_sessrec.training.lane_states import LaneStates

__all__ = ["LaneStates", "block_dataset", "fused_train_function", "has_static_shapes"]
