"""A Keras model that keeps to one device itself, and trains on all those of a strategy."""

from __future__ import annotations

import inspect
from typing import Any

import keras
import tensorflow as tf

from keras_sessrec.models.replicas import Replicas
from keras_sessrec.training.devices import (
    LocalExchange,
    current_strategy,
    exchange_for,
    outside_strategies,
)
from keras_sessrec.training.lane_states import num_lanes


class _MadeOutsideStrategies(type):
    """Makes models of plain variables, in the scope of a strategy too."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        with outside_strategies():
            return super().__call__(*args, **kwargs)

    @property
    def __signature__(cls) -> inspect.Signature:
        """The constructor's arguments, which `__call__` would hide from `help`."""
        arguments = inspect.signature(cls.__init__).parameters.values()  # type: ignore[misc]
        return inspect.Signature(list(arguments)[1:])


class ReplicatedModel(keras.Model, metaclass=_MadeOutsideStrategies):
    """What models know of the strategy under which they were made or compiled.

    Under `tf.distribute.MirroredStrategy` (devices of one process) and
    `tf.distribute.MultiWorkerMirroredStrategy` (processes with a device each) every replica trains
    its share of a mini-batch's lanes, and all end with the weights that one device would have, but
    for rounding; see `Replicas`. Everything else - evaluation, answers, files - is that of a model
    on one device, in every process.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._distribution: tf.distribute.Strategy | None = None
        self._keep_strategy()

    @property
    def is_chief(self) -> bool:
        """Whether this process writes files: worker 0 of a cluster, or the only process.

        Example:

        >>> ksr.models.GRU4Rec(ksr.Catalog(range(5)), units=[8]).is_chief
        True
        """
        return self._cluster is None or self._cluster.is_chief

    def take_logs_of_chief(self, logs: dict[str, Any] | None) -> None:
        """Puts what the chief has measured into an epoch's logs: all workers decide alike."""
        if logs and self._cluster:
            values = self._cluster.from_chief([float(value) for value in logs.values()])
            logs.update(zip(logs, values.tolist(), strict=True))

    def greatest_of_workers(self, number: int) -> int:
        """Returns the greatest of the numbers that the workers of a cluster say."""
        return max(self._cluster.of_all(number)) if self._cluster else number

    @property
    def _cluster(self) -> LocalExchange | None:
        """What joins the processes of a cluster, if there are several."""
        return None if self._exchange is None or self._exchange.is_alone else self._exchange

    def _keep_strategy(self) -> None:
        """Notes the strategy of the scope; replicas of an earlier compilation are let go."""
        self._distribution = strategy = current_strategy() or self._distribution
        is_shared = strategy is not None and strategy.num_replicas_in_sync > 1
        self._exchange: LocalExchange | None = exchange_for(strategy) if is_shared else None
        self._replicas: Replicas | None = None

    def _prepare_replicas(self, x: Any, jit_compile: bool) -> None:
        """Readies the other devices, for data that a `fit` begins with.

        Raises:
            ValueError: The strategy is another one than the model's, or devices cannot share the
                data.
        """
        strategy = self._distribution
        if current_strategy() not in (None, strategy):
            raise ValueError(
                "`fit` in the scope of a strategy needs a model that was compiled in it. Received: "
                f"one compiled {'in another' if strategy else 'outside of it'}."
            )
        if self._replicas is None and self._exchange:
            self._replicas = Replicas(self, self._exchange, jit_compile)
        if self._replicas is None:
            return
        eager = self.run_eagerly or tf.config.functions_run_eagerly()
        if eager or not isinstance(x, tf.data.Dataset):
            raise ValueError(
                "Several devices train by `fit` on a dataset of `ksr.batches`, in compiled "
                f"programs. Received: {type(x).__name__}, run_eagerly={eager}."
            )
        self._replicas.prepare(num_lanes(x))

    def _say_if_a_worker_was_lost(self, error: tf.errors.OpError) -> None:
        """Raises with a word on what to do, if the error can be that of another process."""
        if self._cluster:
            raise RuntimeError(
                "Training broke off on this worker, most likely since another one was lost: "
                f"{str(error)[:200]}. Start all workers again; with "
                "`callbacks=[ksr.callbacks.BackupAndRestore(folder)]` they go on where they were."
            ) from error
