"""Batches of clicks for training and validation, and the cases of an evaluation."""

from keras_sessrec.batches.epochs import epochs_of
from keras_sessrec.batches.lanes import session_parallel
from keras_sessrec.batches.prefix_batches import prefixes
from keras_sessrec.batches.session_batches import whole_sessions

__all__ = ["epochs_of", "prefixes", "session_parallel", "whole_sessions"]
