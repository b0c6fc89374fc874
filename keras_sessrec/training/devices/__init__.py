"""Training on several devices and machines, by lanes: what the replicas share, and how."""

from keras_sessrec.training.devices.exchange import ClusterExchange, LocalExchange, exchange_for
from keras_sessrec.training.devices.gradient_vector import GradientVector
from keras_sessrec.training.devices.lane_shard import LaneShard
from keras_sessrec.training.devices.strategy_scope import (
    current_strategy,
    made_plain,
    outside_strategies,
)

__all__ = [
    "ClusterExchange",
    "GradientVector",
    "LaneShard",
    "LocalExchange",
    "current_strategy",
    "exchange_for",
    "made_plain",
    "outside_strategies",
]
