"""Training and evaluation on batches, for all models."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import keras
import tensorflow as tf
from keras import ops

from keras_sessrec.catalog.catalog import Catalog
from keras_sessrec.losses import CrossEntropy, Distillation
from keras_sessrec.losses.ranking_loss import row_losses
from keras_sessrec.metrics.list_metrics import update_metrics
from keras_sessrec.models.recommend import SCORES_AT_ONCE
from keras_sessrec.models.session_network import SessionNetwork
from keras_sessrec.optimizers import SparseAdagrad
from keras_sessrec.optimizers.sparse_adagrad import gradients_for
from keras_sessrec.samplers import Candidates, Popularity, Sampler
from keras_sessrec.training import Simultaneous, Strategy
from keras_sessrec.training.freed_memory import keep_freed_memory
from keras_sessrec.training.fused_execution import (
    FiniteLossGuard,
    block_dataset,
    checked_train_function,
    has_static_shapes,
)
from keras_sessrec.training.lane_states import LaneStates, num_lanes
from keras_sessrec.training.stage_changes import StageChanges, with_callback

AUTO_STEPS = 100  # mini-batches per execution: about a tenth of a second for small networks


class SessionTrainer(SessionNetwork):
    """What `fit` and `evaluate` do, whatever the network is.

    `compile` with a sampler, the fused training loop with carried lane states, and
    evaluation against the whole catalog. Models derive from `SessionRecommender`, which
    adds the answers to single sessions.

    Args:
        catalog: `Catalog` of the items that can be read and recommended.
        seed: int or `None`, of everything random: initial weights, dropout, sampling.
        **kwargs: As in `keras.Model`.
    """

    def __init__(self, catalog: Catalog, seed: int | None = None, **kwargs: Any) -> None:
        keep_freed_memory()  # before TensorFlow starts its threads
        super().__init__(catalog, seed=seed, **kwargs)
        self._sampling_seed = keras.random.SeedGenerator(self._draw_seed())
        self._lane_states = LaneStates(self.initial_states)
        self._test_lanes: int | None = None
        self._rank_metrics: list[keras.metrics.Metric] = []
        self._strategy: Strategy = Simultaneous()

    # === Training ===

    def compile(
        self,
        optimizer: Any = "auto",
        loss: Any = "auto",
        negatives: Sampler | str = "auto",
        metrics: Sequence[keras.metrics.Metric] = (),
        run_eagerly: bool = False,
        steps_per_execution: int | str = "auto",
        jit_compile: bool | str = "auto",
    ) -> None:
        """Configures training.

        Args:
            optimizer: Keras optimizer or its name. Defaults to `SparseAdagrad(0.05)`, whose
                cost does not depend on the catalog; others see dense gradients.
            loss: `keras_sessrec.losses` object, or a Keras loss of a column and scores such
                as `SparseCategoricalCrossentropy(from_logits=True)`. Defaults to
                `CrossEntropy()`.
            negatives: `keras_sessrec.samplers` object: what is scored beside the
                positive. Defaults to `Popularity(2048, alpha=0.5, logq=1.0)`.
            metrics: Sequence of metrics, computed in evaluation only: a rank among
                sampled candidates is not comparable with one in the whole catalog.
            run_eagerly: bool, for debugging. Defaults to `False`.
            steps_per_execution: int, mini-batches in one compiled program; progress bar
                and callbacks advance by as many. `"auto"` (default) takes 100. Data whose
                shapes vary is run one mini-batch at a time.
            jit_compile: bool. Whether XLA compiles the training steps. `"auto"` (default)
                means `True`; evaluation and prediction are never XLA-compiled.
        """
        optimizer = SparseAdagrad() if optimizer == "auto" else optimizer
        loss = CrossEntropy() if loss == "auto" else loss
        negatives = Popularity(alpha=0.5, logq=1.0) if negatives == "auto" else negatives
        if not isinstance(negatives, Sampler):
            raise TypeError(
                "`negatives` must be a sampler, e.g. `ksr.samplers.Popularity(2048)`. "
                f"Received: {negatives!r}."
            )
        super().compile(optimizer=optimizer, run_eagerly=run_eagerly, jit_compile=False)
        self.loss = keras.losses.get(loss)
        self.negatives = negatives
        self.negatives.build(self.catalog)
        self._rank_metrics = list(metrics)
        self._jit_training = not run_eagerly and jit_compile in ("auto", True)
        self._compile_arguments = {
            "optimizer": self.optimizer,
            "loss": self.loss,
            "negatives": negatives,
            "metrics": list(metrics),
            "run_eagerly": run_eagerly,
            "steps_per_execution": steps_per_execution,
            "jit_compile": jit_compile,
        }
        self._execution_size = (
            AUTO_STEPS if steps_per_execution == "auto" else int(steps_per_execution)
        )
        self.steps_per_execution = self._execution_size
        self.optimizer.build(self.trainable_variables)
        self._train_functions: dict[tuple, Callable] = {}
        self._guard = FiniteLossGuard()
        several = self.subnet_names if len(self.subnet_names) > 1 else ()
        self._subnet_losses = [keras.metrics.Mean(f"{name}_loss") for name in several]
        self.begin_epoch(0)

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """The loss trackers and the metrics given to `compile`."""
        if not self.compiled:
            return []
        return [self._loss_tracker, *self._subnet_losses, *self._rank_metrics]

    @property
    def events_trained(self) -> float:
        """Number of events with a target that the running epoch has trained on."""
        return float(self._loss_tracker.count)

    def get_compile_config(self) -> dict[str, Any] | None:
        """Returns the arguments of `compile`, sampler included, for saving."""
        if not self.compiled:
            return None
        return keras.saving.serialize_keras_object(self._compile_arguments)

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compiles with what `get_compile_config` returned."""
        self.compile(**keras.saving.deserialize_keras_object(config))

    def fit(self, *args: Any, **kwargs: Any) -> keras.callbacks.History:
        """Trains, as `keras.Model.fit`.

        A `tf.data.Dataset` whose mini-batches all have one shape (such as
        `session_parallel`'s) runs `steps_per_execution` of them per compiled program.

        Raises:
            FloatingPointError: The loss is NaN or infinite; names the step.
        """
        call = inspect.signature(super().fit).bind(*args, **kwargs)
        call.apply_defaults()
        chosen = call.arguments
        x = chosen["x"]
        is_dataset = isinstance(x, tf.data.Dataset)
        fusible = is_dataset and not self.run_eagerly and has_static_shapes(x)
        if "shuffle" not in kwargs and is_dataset:  # it comes in its own order
            chosen["shuffle"] = False
        if lanes := num_lanes(x):
            self._lane_states.prepare("train", lanes)
        self.begin_epoch(chosen["initial_epoch"])
        self._set_execution(self._execution_size if fusible else 1)
        if self.steps_per_execution > 1:
            chosen["x"], chosen["steps_per_epoch"] = block_dataset(
                x, self._execution_size, chosen["steps_per_epoch"]
            )
        if len(self.subnet_names) > 1:
            self._warn_of_untrained(chosen["initial_epoch"], chosen["epochs"])
            chosen["callbacks"] = with_callback(chosen["callbacks"], StageChanges(), self)
        return super().fit(**chosen)

    def begin_epoch(self, epoch: int) -> None:
        """Chooses what is trained from now on, as the strategy says for an epoch."""
        count = len(self.subnet_names)
        self._updates = self._strategy.updates(count, epoch)
        self._stage = self._strategy.stage(count, epoch)
        self.make_train_function()

    def _warn_of_untrained(self, begin: int, end: int) -> None:
        """Warns if epochs begin..end - 1 leave a subnet as it is."""
        count = len(self.subnet_names)
        updates = [u for e in range(begin, end) for u in self._strategy.updates(count, e)]
        idle = set(range(count)) - {k for update in updates for k in update.trains}
        if idle and begin == 0:
            names = [self.subnet_names[k] for k in sorted(idle)]
            warnings.warn(
                f"`epochs={end}` of {type(self._strategy).__name__} never train {names}. "
                "Train for more epochs or choose shorter stages.",
                stacklevel=3,
            )

    def train_on_batch(self, *args: Any, **kwargs: Any) -> Any:
        """Trains on one mini-batch, as `keras.Model.train_on_batch`."""
        self._set_execution(1)
        return super().train_on_batch(*args, **kwargs)

    def _set_execution(self, size: int) -> None:
        """Makes Keras' loops advance by `size` mini-batches a call."""
        if size != self.steps_per_execution:
            self.steps_per_execution = size
            # Made for the old size: they would skip batches.
            self.test_function = self.predict_function = None
            self.make_train_function()

    def train_step(self, data: Any) -> dict[str, Any]:
        """Trains on one mini-batch of the batch contract; returns the running loss."""
        x, y, weight = keras.utils.unpack_x_y_sample_weight(data)
        is_start = x.get("is_start")
        states = None if is_start is None else self._lane_states.read("train", is_start)
        targets = ops.reshape(ops.cast(y, "int32"), (-1,))
        live = targets > 0
        weight = _row_weights(weight, live)
        # Idle lanes cost nothing and the divisor stays the nominal number of rows, so
        # the tail of an epoch equals a shrinking batch.
        rows = ops.sum(weight) if is_start is None else float(targets.shape[0])
        # Only packed rows have several targets: those of one session.
        sessions = None if y.shape[1] == 1 else ops.arange(ops.size(y)) // ops.shape(y)[1]
        candidates = self.negatives.candidates(targets, live, self._sampling_seed, sessions)
        num_live = ops.sum(ops.cast(live, "float32"))
        for update in self._updates:
            variables = self.variables_for(update)
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                # The rest is not differentiated: its backward pass is not even compiled.
                tape.watch([variable.value for variable in variables])
                hidden, new_states = self.encode_for(update, x["item"], states)
                hidden = _as_rows(_with_targets(hidden, y))
                scores = self.score_for(update, hidden, candidates.items, live)
                if candidates.log_q is not None:
                    scores = scores - candidates.log_q
                losses = row_losses(self.loss, candidates.y_true, scores, candidates.valid)
                losses = self._with_soft_labels(losses, scores, x, candidates)
                cost = ops.sum(ops.where(live, losses, 0.0) * weight) / rows
                scaled_cost = self.optimizer.scale_loss(cost)
            gradients = tape.gradient(scaled_cost, variables)
            self.optimizer.apply(gradients_for(self.optimizer, gradients), variables)
            self._guard.note(cost, self.optimizer.iterations - 1)
            if self._subnet_losses:
                for subnet in update.trains:
                    self._subnet_losses[subnet].update_state(cost, sample_weight=num_live)
        if is_start is not None:
            self._lane_states.write("train", new_states)
        self._loss_tracker.update_state(cost, sample_weight=num_live)
        return self._train_logs()

    def _with_soft_labels(self, losses: Any, scores: Any, x: Any, candidates: Candidates) -> Any:
        """Adds what a teacher says of each row, if the mini-batch has it."""
        if "soft_probability" not in x:
            return losses
        if not isinstance(self.loss, Distillation) or candidates.items is not None:
            raise ValueError(
                "Batches with soft labels need `compile(loss=ksr.losses.Distillation(), "
                "negatives=ksr.samplers.FullCatalog())`. "
                f"Received: loss={self.loss!r}, negatives={self.negatives!r}."
            )
        columns = x.get("soft_item")
        columns = None if columns is None else ops.maximum(columns - 1, 0)
        return self.loss.blend(losses, scores, x["soft_probability"], columns)

    def _train_logs(self) -> dict[str, Any]:
        """The running loss; with several subnets, those of what is trained, and the stage."""
        logs = {"loss": self._loss_tracker.result()}
        if self._subnet_losses:
            trained = {subnet for update in self._updates for subnet in update.trains}
            logs |= {
                f"{self.subnet_names[k]}_loss": self._subnet_losses[k].result() for k in trained
            }
            logs["stage"] = ops.convert_to_tensor(float(self._stage))
        return logs

    def make_train_function(self, force: bool = False) -> Callable[[Any], dict[str, Any]]:
        """Makes the function that `fit` calls; see `training.fused_execution`."""
        key = (self.steps_per_execution, self._updates)
        if force or key not in self._train_functions:
            self._train_functions[key] = checked_train_function(
                self.train_step,
                self._train_logs,
                self._guard,
                size=self.steps_per_execution,
                jit_compile=self._jit_training,
                run_eagerly=self.run_eagerly,
            )
        self.train_function = self._train_functions[key]
        return self.train_function

    # === Evaluation ===

    def evaluate(self, x: Any = None, *args: Any, **kwargs: Any) -> Any:
        """Evaluates against the whole catalog, as `keras.Model.evaluate`."""
        lanes = num_lanes(x)
        if lanes:
            self._lane_states.prepare("test", lanes)
        if lanes != self._test_lanes:  # Keras would trace one function for any number
            self._test_lanes, self.test_function = lanes, None
        return super().evaluate(x, *args, **kwargs)

    def test_step(self, data: Any) -> dict[str, Any]:
        """Ranks the whole catalog after every event; returns the running metrics."""
        x, y, weight = keras.utils.unpack_x_y_sample_weight(data)
        is_start = x.get("is_start")
        states = None if is_start is None else self._lane_states.read("test", is_start)
        hidden, states = self.encode(x["item"], states, training=False)
        if is_start is not None:
            self._lane_states.write("test", states)
        targets = tf.reshape(tf.cast(y, tf.int32), [-1])
        live = targets > 0
        hidden = tf.boolean_mask(_as_rows(_with_targets(hidden, y)), live)
        weight = tf.boolean_mask(_row_weights(weight, live), live)
        columns = tf.boolean_mask(targets, live) - 1
        chunk = max(1, SCORES_AT_ONCE // self.catalog.num_items)

        def score_chunk(begin: Any) -> Any:
            part = slice(begin, begin + chunk)
            scores = self.score_hidden(hidden[part])
            losses = row_losses(self.loss, columns[part], scores)
            self._loss_tracker.update_state(losses, sample_weight=weight[part])
            update_metrics(self._rank_metrics, columns[part], scores, weight[part])
            return [begin + chunk]

        rows = tf.shape(columns)[0]
        tf.while_loop(lambda begin: begin < rows, score_chunk, [tf.constant(0)])
        return {m.name: m.result() for m in [self._loss_tracker, *self._rank_metrics]}


def _with_targets(hidden: Any, y: Any) -> Any:
    """The hidden vectors after the last events, as many as there are targets in a row."""
    number = y.shape[1] or ops.shape(y)[1]
    return keras.tree.map_structure(lambda h: h[:, ops.shape(h)[1] - number :], hidden)


def _as_rows(hidden: Any) -> Any:
    """[rows, steps, dim] to [rows * steps, dim]."""
    return keras.tree.map_structure(lambda h: ops.reshape(h, (-1, h.shape[-1])), hidden)


def _row_weights(weight: Any, live: Any) -> Any:
    """float32 `[rows]`, 0 where there is no target."""
    live = ops.cast(live, "float32")
    return live if weight is None else ops.reshape(ops.cast(weight, "float32"), (-1,)) * live
