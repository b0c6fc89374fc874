"""A gradient step of one replica among several, in two programs with an exchange between."""

from __future__ import annotations

import functools
from typing import Any

import tensorflow as tf

from keras_sessrec.ops.counter_random import sliced_draws
from keras_sessrec.samplers import Candidates
from keras_sessrec.training.devices.gradient_vector import GradientVector, add_gradients
from keras_sessrec.training.devices.lane_shard import LaneShard
from keras_sessrec.training.objective import Batch
from keras_sessrec.training.strategy import Update


class ReplicaStep:
    """One `Update` of one mini-batch of one shape, for a replica's lanes.

    Every replica reads the whole mini-batch and draws the same candidates for it, its dropout
    masks are slices of those that one device would draw, and what its rows cost is divided as
    there. So the sum over the replicas is what `SessionTrainer.train_step` computes. XLA cannot
    hold the exchange, hence two programs: `gradients` before it, `apply` after it.

    Args:
        model: Compiled `SessionTrainer`, this replica's own.
        shard: `LaneShard` of the replica.
        update: `Update`.
        is_last: bool, whether it is the last one of its mini-batch, which leaves the states.
        jit_compile: bool. Whether XLA compiles both programs.
    """

    def __init__(
        self, model: Any, shard: LaneShard, update: Update, is_last: bool, jit_compile: bool
    ) -> None:
        self._model, self._shard, self._update, self._is_last = model, shard, update, is_last
        self._packing = GradientVector(shard)
        program = functools.partial(tf.function, jit_compile=jit_compile, autograph=False)
        self.gradients, self.apply = program(self._gradients), program(self._apply)

    def _gradients(self, data: Any, candidates: Any = None) -> tuple[tf.Tensor, list[Any], Any]:
        """Computes what this replica's lanes contribute.

        Args:
            data: `(x, y, sample_weight)` of all lanes.
            candidates: Those of the mini-batch's first update, or `None`: they are drawn.

        Returns:
            Tuple of float32 `[n]` to be summed over the replicas, the numbers of rows that
            `apply` needs, and the candidates.
        """
        model, update, shard = self._model, self._update, self._shard
        whole, mine = Batch.of(data), Batch.of(tf.nest.map_structure(shard.part, data))
        lanes = whole.items.shape[0]
        states = None
        if whole.is_start is not None:
            states = [shard.part(s) for s in model._lane_states.read("train", whole.is_start)]
        if candidates is None:
            candidates = vars(model.objective.candidates(whole))
        variables = [v.value for v in model.variables_of(update)]
        # Two tapes, since rows read by the head are those of the candidates, alike everywhere, and
        # others are this replica's own.
        with tf.GradientTape(watch_accessed_variables=False) as reading:
            reading.watch(variables)
            with sliced_draws(shard.size(lanes), lanes, shard.part):
                parts, new_states = model.network.encode(
                    mine.items, states, training=model._names(update.trains)
                )
            parts = dict(mine.at_targets(parts))
        with tf.GradientTape(watch_accessed_variables=False) as scoring:
            scoring.watch([variables, parts])
            scores = model.network.head().scores(
                parts, candidates["items"], model._names(update.scores), mine.live
            )
            row_loss = model.objective.losses(scores, self._mine(candidates, whole), mine)
            losses = shard.spread(row_loss, whole.targets.shape[0])
            scaled_cost = model.optimizer.scale_loss(whole.cost(losses))
        shared, of_parts = scoring.gradient(scaled_cost, [variables, parts])
        read = [name for name in parts if of_parts[name] is not None]
        own = reading.gradient(
            [parts[name] for name in read], variables, [of_parts[name] for name in read]
        )
        if states is not None and self._is_last:
            # Zero for the lanes of others, so that a sum gathers them.
            model._lane_states.write("train", [shard.spread(s, lanes) for s in new_states])
        return *self._packing.pack(losses, shared, own), candidates

    def _mine(self, candidates: dict[str, Any], whole: Batch) -> Candidates:
        """The candidates with this replica's rows of what they have for each row."""
        rows, valid = whole.targets.shape[0], candidates["valid"]
        own = functools.partial(self._shard.part, per_lane=whole.num_targets)
        if valid is not None and valid.shape[0] == rows:
            valid = own(valid)
        return Candidates(**{**candidates, "y_true": own(candidates["y_true"]), "valid": valid})

    def _apply(self, data: Any, vector: tf.Tensor, shared_rows: list[Any]) -> None:
        """Takes the step that all replicas take, from the sum of their contributions."""
        model, batch = self._model, Batch.of(data)
        variables = model.variables_of(self._update)
        shapes = [variable.shape for variable in variables]
        losses, gradients = self._packing.unpack(vector, shared_rows, shapes)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch([variable.value for variable in variables])
            penalty = model._penalty(variables)
            scaled_penalty = model.optimizer.scale_loss(penalty)
        if tf.is_tensor(penalty):  # alike everywhere, so not exchanged
            of_penalty = tape.gradient(scaled_penalty, variables)
            gradients = [add_gradients(*pair) for pair in zip(gradients, of_penalty, strict=True)]
        loss = model._take(self._update, gradients, batch, losses, penalty)
        if self._is_last:
            model._loss_tracker.update_state(loss, sample_weight=batch.total_weight)
