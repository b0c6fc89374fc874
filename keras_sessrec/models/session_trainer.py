"""Training on batches, for all models."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from keras_sessrec import losses, optimizers, samplers
from keras_sessrec.batches.dataset import check_counts
from keras_sessrec.batches.epochs import EpochOrder, shuffles, sources
from keras_sessrec.catalog import Catalog
from keras_sessrec.metrics import get as metrics_of
from keras_sessrec.models.inputs import (
    as_arrays,
    check_input,
    check_items,
    check_memory,
    names_its_catalog,
)
from keras_sessrec.models.replicated_model import ReplicatedModel
from keras_sessrec.models.session_network import Head, SessionNetwork
from keras_sessrec.models.subnet_rules import check_rules, set_rules
from keras_sessrec.optimizers.sparse_adagrad import gradients_for
from keras_sessrec.training import strategies
from keras_sessrec.training.devices import made_plain, outside_strategies
from keras_sessrec.training.fit_callbacks import FitCallbacks, keeps_states
from keras_sessrec.training.fit_progress import FitProgress
from keras_sessrec.training.fused_execution import (
    TrainingGuard,
    block_dataset,
    checked_train_function,
    has_static_shapes,
)
from keras_sessrec.training.lane_states import LaneStates, num_lanes
from keras_sessrec.training.objective import Batch, Objective
from keras_sessrec.training.strategy import Simultaneous, Strategy, Update
from keras_sessrec.training.unused_gpu import warn_of_unused_gpu

AUTO_STEPS = 100  # mini-batches per execution: about a tenth of a second for small networks


class SessionTrainer(ReplicatedModel):
    """What `compile` and `fit` do, whatever the network is: a fused loop, carried lane states.

    Models derive from `SessionRecommender`, which adds evaluation and answers to sessions.

    Args:
        catalog: `Catalog` of the items that can be read and recommended.
        network: `SessionNetwork` made for it.
        seed: int or `None`, of everything random: initial weights, dropout, sampling.
        **kwargs: As in `keras.Model`.
    """

    default_loss = losses.CrossEntropy

    def __init__(
        self, catalog: Catalog, network: SessionNetwork, seed: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.catalog = catalog
        self.network = network
        self.seed = seed
        self.subnet_names = list(network.subnets())
        self.objective: Any = None  # an `Objective` once compiled
        self.is_trained = False
        self._scored = set(self.subnet_names)
        self._sampling_seed = keras.random.SeedGenerator(network.sampling_seed)
        self._lane_states = LaneStates(network.initial_states)
        self._guard = TrainingGuard()
        self._test_lanes: int | None = None
        self._score_function: Callable | None = None
        self._epochs_done = 0
        self._rank_metrics: list[keras.metrics.Metric] = []
        self._strategy: Strategy = Simultaneous()
        self.built = True

    @staticmethod
    def default_negatives() -> samplers.Sampler:
        """Makes the sampler that `negatives="auto"` stands for."""
        return samplers.Popularity(alpha=0.5, logq=1.0)

    # === Training ===

    @outside_strategies()
    def compile(
        self,
        optimizer: Any = "auto",
        loss: Any = "auto",
        negatives: Any = "auto",
        metrics: Any = None,
        strategy: str | Strategy = "simultaneous",
        learning_rate_factors: Mapping[str, float] | None = None,
        momentums: Mapping[str, float] | None = None,
        run_eagerly: bool = False,
        steps_per_execution: int | str = "auto",
        jit_compile: bool | str = "auto",
    ) -> None:
        """Configures training.

        Args:
            optimizer: Keras optimizer or its name. Defaults to `SparseAdagrad(0.05)`, whose
                cost does not depend on the catalog; others see dense gradients.
            loss: `keras_sessrec.losses` object or name, a Keras loss of a column and raw scores
                such as `SparseCategoricalCrossentropy(from_logits=True)`, or such a function.
                Defaults to the model's `default_loss`, `CrossEntropy()`.
            negatives: `keras_sessrec.samplers` object or name: what is scored beside the
                positive. Defaults to `Popularity(2048, alpha=0.5, logq=1.0)`. The model takes
                a copy.
            metrics: Metrics, see `metrics.get`, computed in evaluation only: a rank among
                sampled candidates is not comparable with one in the whole catalog.
            strategy: `training.Strategy` or its name: which subnets a gradient step trains.
                Defaults to `"simultaneous"`, all of them.
            learning_rate_factors: dict from names of subnets to float, what the optimizer's
                learning rate is multiplied by for the weights that this subnet's updates alone
                train, its own output matrix and biases included; an output matrix that several
                subnets train keeps the optimizer's. Needs `SparseAdagrad`. Defaults to 1 each.
            momentums: dict from names of subnets to float in [0, 1), their momentum instead of
                the optimizer's, for the same weights; needs `SparseAdagrad` with a momentum of
                its own. Hidasi et al. (RecSys 2016) give every subnet the learning rate and
                momentum that were best for it alone. Defaults to the optimizer's.
            run_eagerly: bool, for debugging. Defaults to `False`.
            steps_per_execution: int, mini-batches in one compiled program; progress bar
                and callbacks advance by as many. `"auto"` (default) takes 100. Data whose
                shapes vary is run one mini-batch at a time.
            jit_compile: bool. Whether XLA compiles the training steps. `"auto"` (default)
                means `True`; evaluation and prediction are never XLA-compiled.

        Raises:
            TypeError, ValueError: An argument is not what it should be; names it.
        """
        optimizer = optimizers.get("sparse_adagrad" if optimizer == "auto" else optimizer)
        optimizer = made_plain(optimizer)
        loss = self.default_loss() if isinstance(loss, str) and loss == "auto" else loss
        if isinstance(negatives, str) and negatives == "auto":
            negatives = self.default_negatives()
        negatives, loss = samplers.get(negatives), losses.get(loss)
        rank_metrics = [made_plain(metric) for metric in metrics_of(metrics)]
        self._strategy = strategies.get(strategy)
        of_subnets = {
            "learning_rate_factors": dict(learning_rate_factors or {}),
            "momentums": dict(momentums or {}),
        }
        check_rules(optimizer, self.subnet_names, **of_subnets)
        if steps_per_execution == "auto":
            self._execution_size = AUTO_STEPS
        else:
            check_counts(steps_per_execution=steps_per_execution)
            self._execution_size = int(steps_per_execution)
        if jit_compile not in ("auto", True, False):
            raise ValueError(
                f"`jit_compile` must be a bool or 'auto'. Received: jit_compile={jit_compile!r}."
            )
        super().compile(optimizer=optimizer, run_eagerly=run_eagerly, jit_compile=False)
        self.optimizer.build(self.trainable_variables)
        weights = {
            name: self.variables_of(Update([k], [k])) for k, name in enumerate(self.subnet_names)
        }
        set_rules(self.optimizer, weights, **of_subnets)
        self.loss = loss
        self.negatives = negatives.built_for(self.catalog)
        self.objective = Objective(loss, self.negatives, self._sampling_seed)
        self._rank_metrics = rank_metrics
        self._jit_training = not run_eagerly and jit_compile in ("auto", True)
        self._compile_arguments = {
            "optimizer": self.optimizer,
            "loss": loss,
            "negatives": negatives,
            "metrics": rank_metrics,
            "strategy": self._strategy,
            **of_subnets,
            "run_eagerly": run_eagerly,
            "steps_per_execution": steps_per_execution,
            "jit_compile": jit_compile,
        }
        several = self.subnet_names if len(self.subnet_names) > 1 else ()
        self._subnet_losses = [keras.metrics.Mean(f"{name}_loss") for name in several]
        self._train_functions: dict[tuple, Callable] = {}
        self._block_size, self._check_items = 1, True
        self._orders: list[EpochOrder] = []
        self._keep_strategy()
        self._choose_updates(0)

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """The loss trackers and the metrics given to `compile`."""
        if not self.compiled:
            return []
        return [self._loss_tracker, *self._subnet_losses, *self._rank_metrics]

    @property
    def events_trained(self) -> float:
        """Number of events with a target, by their weights, that the running epoch has seen."""
        return float(self._loss_tracker.count)

    def get_compile_config(self) -> dict[str, Any] | None:
        """Returns the arguments of `compile`, sampler included, for saving."""
        if not self.compiled:
            return None
        return keras.saving.serialize_keras_object(self._compile_arguments)

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compiles with what `get_compile_config` returned."""
        self.compile(**keras.saving.deserialize_keras_object(config))

    @outside_strategies()
    def fit(self, *args: Any, **kwargs: Any) -> keras.callbacks.History:
        """Trains, as `keras.Model.fit`.

        A `tf.data.Dataset` whose mini-batches all have one shape (such as
        `session_parallel`'s) runs `steps_per_execution` of them per compiled program.

        Raises:
            FloatingPointError: The loss is NaN or infinite; names the step.
            ValueError: The data is no batches of the model's catalog.
        """
        call = inspect.signature(keras.Model.fit).bind(self, *args, **kwargs)
        call.apply_defaults()
        chosen = dict(list(call.arguments.items())[1:])
        self._prepare_training(chosen["x"])
        chosen["x"], chosen["y"] = as_arrays(chosen["x"], chosen["y"])
        if chosen["validation_data"] is not None:
            valid = chosen["validation_data"]
            self._check_input(valid[0] if isinstance(valid, tuple) else valid, "validation_data")
        x = chosen["x"]
        is_dataset = isinstance(x, tf.data.Dataset)
        if is_dataset and "shuffle" not in kwargs:  # it comes in its own order
            chosen["shuffle"] = False
        eager = self.run_eagerly or tf.config.functions_run_eagerly()
        steps = chosen["steps_per_epoch"]
        in_blocks = is_dataset and not eager and has_static_shapes(x)
        self._block_size = self._execution_size if in_blocks else 1
        if is_dataset:
            is_other = shuffles(x) or keeps_states(chosen["callbacks"])  # than from its start
            begin = (lambda: self.fit_progress.data_begins()) if is_other else None
            chosen["x"], chosen["steps_per_epoch"], steps = block_dataset(
                x, self._block_size, steps, begin
            )
        self._warn_of_untrained(chosen["initial_epoch"], chosen["epochs"])
        length = int(x.cardinality()) if is_dataset else -1
        self.fit_progress = FitProgress(
            self._block_size,
            steps,
            length if length > 0 else None,
            is_stream=is_dataset and call.arguments["steps_per_epoch"] is not None,
        )
        self.fit_data = {
            name: [source.contents for source in sources(data)]
            for name, data in (("data", x), ("validation_data", chosen["validation_data"]))
            if isinstance(data, tf.data.Dataset)
        }
        if self._replicas:
            self._replicas.begin_fit({**self.fit_data, "mini-batches in an epoch": steps})
        callbacks = FitCallbacks(
            chosen["callbacks"], self, self.fit_progress, chosen["epochs"], chosen["verbose"]
        )
        chosen["callbacks"] = callbacks
        # Where an epoch's end is not known before, Keras begins each pass itself.
        has_no_length = is_dataset and steps is None
        self._orders = [s.order for s in sources(x) if s.order] if has_no_length else []
        self._initial_epoch = None  # Keras keeps that of the training before
        try:
            return super().fit(**chosen)
        except FloatingPointError:
            callbacks.break_off()
            raise
        except tf.errors.OpError as error:
            self._say_if_a_worker_was_lost(error)
            raise
        finally:
            callbacks.leave()

    def _prepare_training(self, x: Any) -> None:
        """Checks that it can begin, and what must be there before a program is traced."""
        if not self.compiled:
            raise ValueError("Call `compile()` before training. Received: a model without it.")
        self._check_usable()
        warn_of_unused_gpu()
        self._check_input(x)
        self._check_items = not names_its_catalog(x)
        check_memory(x, self.negatives, self.catalog)
        if not self._check_items and not all(source.few_shapes for source in sources(x)):
            warnings.warn(
                "`x` holds whole sessions, made for evaluation: a program is compiled for "
                "every width. `session_parallel` and `prefixes` make batches to train on.",
                stacklevel=3,
            )
        self._prepare_replicas(x, self._jit_training)
        if lanes := num_lanes(x):
            self._lane_states.prepare("train", lanes)
            if getattr(self.loss, "needs_negatives", True):
                self.negatives.warn_if_none(lanes)
        if not self.is_trained:
            self._scored = set()
        self.is_trained = True

    def head(self) -> Head:
        """How the model scores: the network's head, of the subnets that have scored in training.

        All of them, but in the first stages of a staged strategy.
        """
        head = self.network.head()
        names = self._scored or self.subnet_names
        return head if len(names) == len(self.subnet_names) else head.of_subnets(names)

    def begin_epoch(self, epoch: int) -> None:
        """Chooses what is trained from now on, as the strategy says for an epoch.

        Shuffled data goes on where this model's training has come to, so that `fit(1)` twice is
        `fit(2)`.
        """
        self.fit_progress.begin_epoch(epoch, max(epoch, self._epochs_done))
        for order in self._orders:
            order.announce(self.fit_progress.data_begins()[0])
        if self._replicas:
            self._replicas.begin_epoch(self.fit_progress)
        self._choose_updates(epoch)
        self.train_function = self.fit_progress.after_idle(self.train_function, self._train_logs)
        self._note_scoring()

    def _choose_updates(self, epoch: int) -> None:
        count = len(self.subnet_names)
        self._updates = self._strategy.updates(count, epoch)
        self._stage = self._strategy.stage(count, epoch)
        self.make_train_function()

    def _note_scoring(self) -> None:
        """Lets the subnets that score in training score in evaluation, too."""
        scoring = {name for update in self._updates for name in self._names(update.scores)}
        if not scoring <= self._scored:
            self._scored |= scoring
            # They were traced with fewer.
            self.test_function = self.predict_function = self._score_function = None

    def end_epoch(self) -> None:
        """Counts an epoch of training."""
        self._epochs_done += 1

    def _warn_of_untrained(self, begin: int, end: int) -> None:
        """Warns if epochs begin..end - 1 leave a subnet as it is."""
        count = len(self.subnet_names)
        updates = [u for e in range(begin, end) for u in self._strategy.updates(count, e)]
        idle = set(range(count)) - {k for update in updates for k in update.trains}
        if idle and begin == 0 < end:
            names = [self.subnet_names[k] for k in sorted(idle)]
            warnings.warn(
                f"`epochs={end}` of {type(self._strategy).__name__} never train {names}. "
                "Train for more epochs or choose shorter stages.",
                stacklevel=3,
            )

    def train_on_batch(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """Trains on one mini-batch, as `keras.Model.train_on_batch`."""
        self._prepare_training(x)
        self._note_scoring()
        self._block_size = 1
        return super().train_on_batch(x, *args, **kwargs)

    def train_step(self, data: Any) -> dict[str, Any]:
        """Trains on one mini-batch of the batch contract; returns the running loss.

        States in; for each `Update` what it scores, its gradient for what it trains alone, the
        optimizer; states out.
        """
        batch = Batch.of(data)
        states = None
        if batch.is_start is not None:
            states = self._lane_states.read("train", batch.is_start)
        candidates = self.objective.candidates(batch)
        head = self.network.head()
        for update in self._updates:
            variables = self.variables_of(update)
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                # The rest is not differentiated: its backward pass is not even compiled.
                tape.watch([variable.value for variable in variables])
                parts, new_states = self.network.encode(
                    batch.items, states, training=self._names(update.trains)
                )
                scores = head.scores(
                    batch.at_targets(parts),
                    candidates.items,
                    self._names(update.scores),
                    batch.live,
                )
                row_loss = self.objective.losses(scores, candidates, batch)
                penalty = self._penalty(variables)
                scaled_cost = self.optimizer.scale_loss(batch.cost(row_loss) + penalty)
            gradients = tape.gradient(scaled_cost, variables)
            loss = self._take(update, gradients, batch, row_loss, penalty)
        if batch.is_start is not None:
            self._lane_states.write("train", new_states)
        self._loss_tracker.update_state(loss, sample_weight=batch.total_weight)
        return self._train_logs()

    def _take(
        self, update: Update, gradients: list[Any], batch: Batch, row_loss: Any, penalty: Any
    ) -> Any:
        """Takes the gradient step of an update; returns the loss that is reported."""
        self.optimizer.apply(gradients_for(self.optimizer, gradients), self.variables_of(update))
        self._guard.note(batch.cost(row_loss) + penalty, self.optimizer.iterations - 1)
        loss = batch.mean(row_loss) + penalty
        for k in update.trains if self._subnet_losses else ():
            self._subnet_losses[k].update_state(loss, sample_weight=batch.total_weight)
        return loss

    def carried_states(self) -> dict[str, list[np.ndarray]]:
        """Returns the recurrent states that training carries to its next mini-batch, by subnet.

        Session-parallel training begins every mini-batch with the states that the one before has
        left (Hidasi et al., ICLR 2016, section 3.2), in frozen subnets too; lanes that start a
        session begin at zero instead. `set_carried_states` takes them back, to go on in the middle
        of an epoch.

        Returns:
            dict from names of subnets to lists of float32 (int64 for item numbers) arrays
            `[lanes, ...]`: what the item representation carries, then the states of the recurrent
            layers, first to last. Empty before session-parallel training.

        Example:

        >>> catalog = ksr.Catalog(range(5))
        >>> model = ksr.models.GRU4Rec(catalog, units=[8], seed=1)
        >>> model.compile(negatives=ksr.samplers.Uniform(4), jit_compile=False)
        >>> x = {"item": np.array([[1], [4]]), "is_start": np.array([True, True])}
        >>> _ = model.train_on_batch(x, np.array([[2], [3]]))
        >>> {name: [s.shape for s in states] for name, states in model.carried_states().items()}
        {'network': [(2, 8)]}
        """
        states = self._lane_states.values("train")
        return {} if states is None else self.network.states_by_subnet(states)

    def set_carried_states(self, states: Mapping[str, Sequence[Any]]) -> None:
        """Sets the recurrent states that the next mini-batch of training begins with.

        Args:
            states: dict as `carried_states` returns it, for as many lanes as the next data has; an
                empty one changes nothing.

        Raises:
            ValueError: Subnets, states or their shapes are not the network's.
        """
        if not states:
            return
        lanes = max((len(state) for part in states.values() for state in part), default=0)
        expected = self.network.states_by_subnet(self.network.initial_states(lanes))
        shapes, given = (
            {name: [tuple(np.shape(state)) for state in part] for name, part in found.items()}
            for found in (expected, states)
        )
        if given != shapes:
            raise ValueError(
                f"`states` must be of the shapes {shapes}, as `carried_states()` of the same "
                f"network returns them. Received: {given}."
            )
        flat = [ops.convert_to_tensor(state) for name in expected for state in states[name]]
        self._lane_states.write("train", flat)

    def _names(self, subnets: tuple[int, ...]) -> list[str]:
        return [self.subnet_names[k] for k in subnets]

    def variables_of(self, update: Update) -> list[keras.Variable]:
        """Returns the weights that an update trains."""
        subnets = self.network.subnets()
        layers = [layer for name in self._names(update.trains) for layer in subnets[name]]
        return list({id(v): v for layer in layers for v in layer.trainable_variables}.values())

    def _penalty(self, variables: list[keras.Variable]) -> Any:
        """What the weights' regularizers add to the cost."""
        terms = [v.regularizer(v) for v in variables if v.regularizer is not None]
        if len(self.losses) > sum(v.regularizer is not None for v in self.trainable_variables):
            raise ValueError(
                "`add_loss` in a network is not part of the training cost. "
                "Use a weight's regularizer, or a loss of your own in `compile(loss=)`."
            )
        return sum(terms) if terms else 0.0

    def _train_logs(self) -> dict[str, Any]:
        """The running loss; with several subnets theirs, NaN for what rests, and the stage."""
        logs = {"loss": self._loss_tracker.result()}
        if self._subnet_losses:
            trained = {subnet for update in self._updates for subnet in update.trains}
            for k, tracker in enumerate(self._subnet_losses):
                rests = ops.convert_to_tensor(float("nan"))
                logs[tracker.name] = tracker.result() if k in trained else rests
            logs["stage"] = ops.convert_to_tensor(float(self._stage))
        return logs

    def make_train_function(self, force: bool = False) -> Callable[[Any], dict[str, Any]]:
        """Makes the function that `fit` calls; see `training.fused_execution`."""
        size, replicas = self._block_size, self._replicas
        key = (size, self._updates, replicas is None)
        step: Callable[[Any], Any] = self.train_step
        results, jit_compile = self._train_logs, self._jit_training
        if replicas:  # they compile their programs themselves
            step = replicas.train_step if size > 1 else replicas.train_alone
            results, jit_compile = replicas.results, False
        if force or key not in self._train_functions:
            self._train_functions[key] = checked_train_function(
                step,
                results,
                self._guard,
                size=size,
                jit_compile=jit_compile,
                run_eagerly=self.run_eagerly,
                check_data=self._check_data,
            )
        self.train_function = self._train_functions[key]
        return self.train_function

    def _check_data(self, data: Any) -> None:
        """Checks the items of data that does not say which catalog it is of."""
        if self._check_items:
            check_items(data, self.catalog)
        if self._replicas:
            self._replicas.begin_block()

    def _check_usable(self) -> None:
        self._guard.check_usable()

    def _check_input(self, x: Any, name: str = "x") -> None:
        """Raises unless the model is whole and data can be of its catalog."""
        self._check_usable()
        check_input(x, self.catalog, name)
