"""Sums over replicas: of the devices of one process, and of the processes of a cluster."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf


class LocalExchange:
    """Replicas on the devices of one process, as `tf.distribute.MirroredStrategy` names them.

    Args:
        strategy: `tf.distribute.MirroredStrategy`.

    Attributes:
        count: int, number of replicas.
        devices: tuple of str, those of this process.
        first: int, number of the replica on the first of them.
        is_alone: bool, whether there is no other process.
        is_chief: bool, whether this process writes files.
    """

    def __init__(self, strategy: tf.distribute.Strategy) -> None:
        self.devices = tuple(strategy.extended.worker_devices)
        self.count, self.first = len(self.devices), 0
        self.is_alone = self.is_chief = True

    def sum(self, values: Sequence[tf.Tensor]) -> tf.Tensor:
        """Returns the sum over all replicas.

        Args:
            values: One tensor of each replica of this process, of one shape and dtype.
        """
        with tf.device(self.devices[0]):
            return tf.add_n(values)

    def from_chief(self, value: Any) -> np.ndarray:
        """Returns what the process that writes files has: in one process, what it gets."""
        return np.asarray(value)

    def of_all(self, number: int) -> list[int]:
        """Returns an integer of every process."""
        return [number]


class ClusterExchange(LocalExchange):
    """A replica in every process of a `tf.distribute.MultiWorkerMirroredStrategy`.

    Every process must make the same calls in the same order.

    Raises:
        ValueError: The process has several devices.
    """

    def __init__(self, strategy: tf.distribute.Strategy) -> None:
        super().__init__(strategy)
        if self.count > 1:
            raise ValueError(
                "`tf.distribute.MultiWorkerMirroredStrategy` needs one process for each device. "
                f"Received: a process with {list(self.devices)}. Let each see one, by "
                "CUDA_VISIBLE_DEVICES, and name them all in TF_CONFIG."
            )
        self._strategy = strategy
        self.count, self.is_alone = strategy.num_replicas_in_sync, False
        resolver = strategy.cluster_resolver
        chiefs = resolver.cluster_spec().as_dict().get("chief", []) if resolver else []
        is_worker = resolver is not None and resolver.task_type == "worker"
        self.first = (resolver.task_id or 0) + (len(chiefs) if is_worker else 0) if resolver else 0
        self.is_chief = self.first == 0

    def sum(self, values: Sequence[tf.Tensor]) -> tf.Tensor:
        return self._strategy.run(self._all_reduce, args=tuple(values))

    def from_chief(self, value: Any) -> np.ndarray:
        value = np.asarray(value)
        # Collectives know no bool and no unsigned integers; an integer must not be rounded.
        plain = value.astype(np.int64) if value.dtype.kind in "biu" else value
        sent = plain if self.is_chief else np.zeros_like(plain)
        return self._eager_sum(sent).astype(value.dtype)

    def of_all(self, number: int) -> list[int]:
        slots = np.zeros(self.count, np.int64)
        slots[self.first] = number
        return self._eager_sum(slots).tolist()

    def _all_reduce(self, value: tf.Tensor) -> tf.Tensor:
        with tf.device(self.devices[0]):
            value = tf.identity(value)
        return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, value)

    def _eager_sum(self, value: np.ndarray) -> np.ndarray:
        return self.sum([tf.convert_to_tensor(value)]).numpy()


def exchange_for(strategy: tf.distribute.Strategy) -> LocalExchange:
    """Returns what exchanges the gradients of a strategy's replicas.

    Raises:
        ValueError: It is none of the two strategies that are known here.
    """
    if isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy):
        return ClusterExchange(strategy)
    if isinstance(strategy, tf.distribute.MirroredStrategy):
        return LocalExchange(strategy)
    raise ValueError(
        "Models train under `tf.distribute.MirroredStrategy` (devices of one process) and "
        "`tf.distribute.MultiWorkerMirroredStrategy` (a process for each device). "
        f"Received: `{type(strategy).__name__}`."
    )
