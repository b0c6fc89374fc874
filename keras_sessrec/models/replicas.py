"""One model trained by several replicas."""

from __future__ import annotations

import json
from typing import Any

import tensorflow as tf

from keras_sessrec.batches.dataset import digest
from keras_sessrec.models.replica_step import ReplicaStep
from keras_sessrec.models.training_state import training_setup
from keras_sessrec.training.devices.exchange import LocalExchange
from keras_sessrec.training.devices.lane_shard import LaneShard
from keras_sessrec.training.fit_progress import FitProgress


class Replicas:
    """Trains a model's lanes on several devices, as one device would train them all.

    A session stays on its replica, with its states; after every block each process knows the
    states of all lanes. The model itself is the first replica of its process; on the process'
    other devices are twins of it, with weights of their own.

    Args:
        model: Compiled `SessionTrainer`.
        exchange: What sums over the replicas, see `training.devices`.
        jit_compile: bool. Whether XLA compiles a replica's programs.

    Raises:
        ValueError: The network normalises over a mini-batch.
    """

    def __init__(self, model: Any, exchange: LocalExchange, jit_compile: bool) -> None:
        self.exchange, self._jit_compile = exchange, jit_compile
        for layer in model.network._flatten_layers():
            if hasattr(layer, "moving_mean"):
                raise ValueError(
                    "A network that normalises over the rows of a mini-batch cannot be trained "
                    f"in slices of it. Received: `{type(layer).__name__}` in "
                    f"`{type(model.network).__name__}`. Train it on one device."
                )
        self.models = [model, *(self._twin(model, device) for device in exchange.devices[1:])]
        self._shards = [
            LaneShard(exchange.first + k, exchange.count) for k in range(len(self.models))
        ]

    @staticmethod
    def _twin(model: Any, device: str) -> Any:
        with tf.device(device):
            twin = type(model).from_config(model.get_config())
            optimizer = type(model.optimizer).from_config(model.optimizer.get_config())
            own = {"optimizer": optimizer, "metrics": None}
            twin.compile(**{**model._compile_arguments, **own})
        for variable, original in zip(twin.variables, model.variables, strict=True):
            variable.regularizer = original.regularizer
        return twin

    def prepare(self, lanes: int | None) -> None:
        """Makes room for the states of lanes, if there are any, before a program is traced."""
        self._carries = lanes is not None
        if not self._carries:
            return
        for model, device in zip(self.models, self.exchange.devices, strict=True):
            with tf.device(device):
                model._lane_states.prepare("train", lanes)

    def begin_fit(self, facts: dict[str, Any]) -> None:
        """Checks that all processes of a cluster begin the same training.

        Args:
            facts: dict of what it depends on beside the model, which JSON can hold.

        Raises:
            ValueError: They do not; names what differs.
        """
        if self.exchange.is_alone:
            return
        for name, fact in {**training_setup(self.models[0]), **facts}.items():
            self._check_alike(name, json.dumps(fact, default=str))

    def begin_epoch(self, progress: FitProgress) -> None:
        """Lets all replicas have the weights of the chief, which callbacks may have changed."""
        state = _state(self.models[0])
        if not self.exchange.is_alone:
            place = (progress.epoch, progress.done)
            self._check_alike("the place to go on from, in one folder of backups,", place)
            for variable in state:
                variable.assign(self.exchange.from_chief(variable))
        for twin in self.models[1:]:
            for mine, theirs in zip(state, _state(twin), strict=True):
                theirs.assign(mine)

    def begin_block(self) -> None:
        """Lets all replicas have the learning rate that callbacks may have changed."""
        for twin in self.models[1:]:
            pairs = zip(self.models[0].optimizer.variables, twin.optimizer.variables, strict=True)
            for mine, theirs in pairs:
                if len(mine.shape) == 0:
                    theirs.assign(mine)

    def _check_alike(self, name: str, fact: Any) -> None:
        found = self.exchange.of_all(int(digest(fact), 16))
        others = [worker for worker, number in enumerate(found) if number != found[0]]
        if others:
            raise ValueError(
                "All workers must train the same model on the same data. Received: on workers "
                f"{others} {name} is not that of worker 0. Make model and batches of the whole log "
                "on each, with the same arguments and seeds."
            )

    def train_step(self, data: Any) -> None:
        """Trains on one mini-batch; what is traced is traced for its shape alone."""
        model = self.models[0]
        candidates = [None] * len(self.models)
        for number, update in enumerate(model._updates, start=1):
            is_last = number == len(model._updates)
            steps = [
                ReplicaStep(replica, shard, update, is_last, self._jit_compile)
                for replica, shard in zip(self.models, self._shards, strict=True)
            ]
            vectors, rows = [], []
            for k, step in enumerate(steps):
                with tf.device(self.exchange.devices[k]):
                    vector, shared_rows, candidates[k] = step.gradients(data, candidates[k])
                vectors.append(vector)
                rows.append(shared_rows)
            total = self.exchange.sum(vectors)
            for k, step in enumerate(steps):
                with tf.device(self.exchange.devices[k]):
                    step.apply(data, total, rows[k])

    def results(self) -> dict[str, Any]:
        """Gathers the states of all lanes; returns the running losses."""
        states = [replica._lane_states.variables("train") for replica in self.models]
        for of_replicas in zip(*states, strict=True) if self._carries else ():
            of_replicas[0].assign(self.exchange.sum([tf.identity(v) for v in of_replicas]))
        return self.models[0]._train_logs()

    def train_alone(self, data: Any) -> dict[str, Any]:
        """Trains on one mini-batch that is no part of a block."""
        self.train_step(data)
        return self.results()


def _state(model: Any) -> list[Any]:
    """All that a step reads and changes, but for the states of lanes."""
    states = model._lane_states.variables("train")
    return [*model.variables, *model.optimizer.variables, *states]
