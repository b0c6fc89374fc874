"""The Keras model that all papers share: ranking the catalog, answers, files."""

from __future__ import annotations

import math
import os
import sys
import warnings
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Self

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from keras_sessrec.catalog import Catalog
from keras_sessrec.data import SessionLog
from keras_sessrec.losses.ranking_loss import row_losses
from keras_sessrec.metrics.list_metrics import update_metrics
from keras_sessrec.models.exported_files import export_anywhere
from keras_sessrec.models.inputs import as_arrays, check_items, item_errors
from keras_sessrec.models.last_hidden import last_hidden
from keras_sessrec.models.model_files import unreadable
from keras_sessrec.models.new_items import check_extension, fill_new_rows
from keras_sessrec.models.presets import load_preset, save_preset
from keras_sessrec.models.recommend import recommend
from keras_sessrec.models.session_network import SessionNetwork
from keras_sessrec.models.session_trainer import SessionTrainer
from keras_sessrec.models.warm_start import warm_start
from keras_sessrec.models.weight_table import weight_table
from keras_sessrec.ops.padding import SCORES_AT_ONCE
from keras_sessrec.ops.weight_memory import machine_memory, weights_within
from keras_sessrec.ops.whole_files import whole_file
from keras_sessrec.training.devices import outside_strategies
from keras_sessrec.training.lane_states import num_lanes
from keras_sessrec.training.objective import Batch


class SessionRecommender(SessionTrainer):
    """Base of the models that read a session and score the next event's items.

    It has a `network`, which is what a paper defines, and once compiled an `objective`; it
    trains on batches (`SessionTrainer`), ranks the catalog and answers sessions. Children make
    their network in the constructor and hand it on, nothing else.

    Args:
        catalog: `Catalog` of the items that can be read and recommended.
        network: `SessionNetwork` made for it.
        arguments: dict, the child's constructor arguments, for `get_config`. Defaults to none.
        seed: int or `None`, of everything random: initial weights, dropout, sampling.
        **kwargs: As in `keras.Model`.

    Call arguments:
        x: int `[sessions, steps]` or `{"item": ...}`, items 1..N, oldest first; zeros
            anywhere are skipped.

    Returns:
        float32 `[sessions, N]`, raw scores of all items after each session's last
        event, column j for item j + 1. A session without a known item gets the items'
        counts, so that it is answered by popularity.
    """

    def __init__(
        self,
        catalog: Catalog,
        network: SessionNetwork,
        arguments: dict[str, Any] | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(catalog, network, seed, **kwargs)
        self._arguments = dict(arguments or {})

    # === Evaluation ===

    @outside_strategies()
    def evaluate(self, x: Any = None, y: Any = None, *args: Any, **kwargs: Any) -> Any:
        """Evaluates against the whole catalog, as `keras.Model.evaluate`."""
        self._check_input(x)
        x, y = as_arrays(x, y)
        lanes = num_lanes(x)
        if lanes:
            self._lane_states.prepare("test", lanes)
        if lanes != self._test_lanes:  # Keras would trace one function for any number
            self._test_lanes, self.test_function = lanes, None
        with item_errors():
            return super().evaluate(x, y, *args, **kwargs)

    def test_step(self, data: Any) -> dict[str, Any]:
        """Ranks the whole catalog after every event; returns the running metrics."""
        batch = Batch.of(check_items(data, self.catalog))
        states = None
        if batch.is_start is not None:
            states = self._lane_states.read("test", batch.is_start)
        parts, states = self.network.encode(batch.items, states, training=False)
        if batch.is_start is not None:
            self._lane_states.write("test", states)
        parts, weight, columns = tf.nest.map_structure(
            lambda rows: tf.boolean_mask(rows, batch.live),
            (dict(batch.at_targets(parts)), batch.weight, batch.targets - 1),
        )
        head, chunk = self.head(), max(1, SCORES_AT_ONCE // self.catalog.num_items)

        def score_chunk(begin: Any) -> Any:
            part = slice(begin, begin + chunk)
            scores = head.scores(tf.nest.map_structure(lambda hidden: hidden[part], parts))
            row_loss = row_losses(self.loss, columns[part], scores)
            self._loss_tracker.update_state(row_loss, sample_weight=weight[part])
            update_metrics(self._rank_metrics, columns[part], scores, weight[part])
            return [begin + chunk]

        rows = tf.shape(columns)[0]
        tf.while_loop(lambda begin: begin < rows, score_chunk, [tf.constant(0)])
        return {m.name: m.result() for m in [self._loss_tracker, *self._rank_metrics]}

    # === Answers ===

    def call(self, x: Any, training: bool = False) -> Any:
        items, length = _compact(x["item"] if isinstance(x, dict) else x)
        parts, _ = self.network.encode(items, training=training)
        last = ops.maximum(length - 1, 0)[:, None, None]
        parts = keras.tree.map_structure(
            lambda hidden: ops.take_along_axis(hidden, last, axis=1)[:, 0], parts
        )
        return self._scores_after(parts, length)

    def score_in_graph(self, items: Any) -> Any:
        """Scores as `call`, and reads no padding: for TensorFlow graphs without XLA.

        Args:
            items: int32 tensor `[sessions, steps]`, items 1..N, oldest first; zeros anywhere
                are skipped.

        Returns:
            float32 tensor `[sessions, N]`, column j for item j + 1, raw scores.
        """
        items, length = _compact(items)
        states = self.network.initial_states(ops.shape(items)[0])
        return self._scores_after(last_hidden(self.network.encode, states, items, length), length)

    def _scores_after(self, parts: Any, length: Any) -> Any:
        """Scores after sessions; those without events are answered by popularity."""
        popularity = ops.convert_to_tensor(self.catalog.counts, dtype="float32")
        return ops.where((length > 0)[:, None], self.head().scores(parts), popularity)

    @outside_strategies()
    def predict(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """Scores sessions, as `keras.Model.predict`."""
        self._check_input(x)
        with item_errors():
            return super().predict(x, *args, **kwargs)

    def predict_step(self, data: Any) -> Any:
        """Scores one mini-batch."""
        return super().predict_step(check_items(data, self.catalog))

    def score(self, items: Any) -> np.ndarray:
        """Scores the whole catalog after each session.

        Args:
            items: int array `[sessions, steps]`, items 1..N, oldest first, 0 where padded.

        Returns:
            float32 array `[sessions, N]`, column j for item j + 1, raw scores.

        Raises:
            ValueError: An item is outside the catalog.
        """
        if self._score_function is None:
            spec = tf.TensorSpec([None, None], tf.int32)
            self._score_function = tf.function(
                self.score_in_graph, input_signature=[spec], autograph=False
            )
        self._check_input(items)
        items = np.asarray(items, np.int32)
        if items.shape[1] == 0:
            items = np.zeros((len(items), 1), np.int32)
        return self._score_function(items).numpy()

    def recommend(
        self,
        sessions: Iterable[Iterable[Any]],
        k: int = 20,
        exclude_seen: bool = False,
        exclude: Iterable[Any] | None = None,
        candidates: Iterable[Any] | None = None,
        max_length: int | None = None,
    ) -> list[list[tuple[Any, float]]]:
        """Recommends the next items of sessions given as lists of raw ids.

        Args:
            sessions: Iterable of sessions, each an iterable of raw item ids of any
                length, oldest first. Unknown ids are ignored; a session without a known
                id is answered with the most popular items.
            k: int, items per session. Defaults to 20.
            exclude_seen: bool. Whether to leave out what a session holds already.
                Defaults to `False`: many real next clicks are repeats.
            exclude: Iterable of raw ids never to recommend, or `None`.
            candidates: Iterable of raw ids, the only ones to recommend, or `None`.
            max_length: int or `None` (default) for all: how many of a session's last known
                clicks are read, as `ksr.evaluate` and `ksr.serving.export` count them.
                `exclude_seen` leaves out what stands before them, too.

        Returns:
            For each session a list of at most `k` pairs (raw id, score), best first;
            fewer where the filters leave fewer.

        Raises:
            ValueError: `k` or `max_length` is not positive, or a session is a single string.
        """
        self._warn_if_untrained()
        return recommend(self, sessions, k, exclude_seen, exclude, candidates, max_length)

    def _warn_if_untrained(self) -> None:
        if not self.is_trained:
            warnings.warn(
                f"This `{type(self).__name__}` was never trained: its scores are those of random "
                "weights. Call `fit`, or load weights.",
                stacklevel=3,
            )

    def summary(
        self, *args: Any, print_fn: Callable[[str], Any] | None = None, **kwargs: Any
    ) -> None:
        """Prints what `keras.Model.summary` does, then the name and shape of every weight.

        The layers are made for a catalog, not for the shape of an input, so that Keras knows no
        output shapes of them.
        """
        super().summary(*args, print_fn=print_fn, **kwargs)
        table = weight_table(self)
        if print_fn is None:
            sys.stdout.write(f"{table}\n")
        else:
            print_fn(table)

    # === Weights and files ===

    @classmethod
    def from_preset(cls, preset: str | os.PathLike) -> Self:
        """Loads a trained model by its name, ready to recommend or to be trained on.

        Args:
            preset: str or path: a name in `saved_models/` of the working directory, or of those
                that come with the package, such as `"gru4rec_shop"`; a folder that holds
                `model.keras`; a `.keras` file; or, with the extra `hub`,
                `"hf://<user>/<model>"` or `"kaggle://<user>/<model>/<framework>/<variation>"`.

        Returns:
            The model, compiled as it was when it was saved. `SessionRecommender.from_preset`
            returns a model of whatever class, a child's only one of its own.

        Raises:
            FileNotFoundError: There is no such model; the message lists the names there are.
            ImportError: The model is on a hub, whose package is not installed.
            ValueError: The model is of another class, or the file is damaged or asks for more
                weights than it holds.

        Example:

        >>> model = ksr.models.GRU4Rec(ksr.Catalog(["tea", "cup"]), units=[4], seed=1)
        >>> model.save("small.keras")
        >>> loaded = ksr.models.SessionRecommender.from_preset("small.keras")
        >>> type(loaded).__name__, loaded.recommend([["tea"]]) == model.recommend([["tea"]])
        ('GRU4Rec', True)
        """
        return load_preset(preset, cls)

    def save_to_preset(self, preset_dir: str | os.PathLike) -> None:
        """Saves the model as a folder that `from_preset` loads and `upload_preset` takes.

        It has `model.keras`, which is what `save` writes, and `preset.json`, which says what it is.

        Args:
            preset_dir: str or path; is made. In `saved_models/` its name is the model's.

        Raises:
            OSError: It cannot be written; names the file.

        Example:

        >>> model = ksr.models.GRU4Rec(ksr.Catalog(["tea", "cup"]), units=[4], seed=1)
        >>> model.save_to_preset("saved_models/tea_shop")
        >>> ksr.models.GRU4Rec.from_preset("tea_shop").catalog.num_items
        2
        """
        save_preset(self, preset_dir)

    def warm_start(self, trained: SessionRecommender) -> None:
        """Takes the weights of a trained model of the same architecture (Tan et al. 2016, M2).

        Rows of item tables are matched by raw id through the two catalogs: an item that
        both have keeps what it learnt, a new one keeps its fresh initial row. Feature
        tables stay those of this model's catalog. The optimizer's state is not taken.

        Args:
            trained: Model whose units, embeddings and other widths are this one's; of the same
                catalog or another, such as the one this model's was `extended` from.

        Raises:
            ValueError: The architectures differ (names the first weight that does), or the
                catalogs share no item. Then no weight is changed.
        """
        warm_start(self, trained)
        self.is_trained, self._scored = True, set(self.subnet_names)

    def extended(
        self,
        catalog: Catalog,
        from_features: str,
        log: SessionLog | None = None,
        share: float | None = None,
    ) -> Self:
        """Returns a model that also knows items which nobody has clicked yet; trains nothing.

        All weights are this model's, matched by raw id as in `warm_start`. What a new item has of
        its own - the rows of input, output and bias - is predicted from its features by a linear
        map from the features of the trained items to their rows (Gantner et al. 2010, with ridge
        regression):

            row_j = c + B x_j,   B = argmin sum_i n_i / (n_i + 20) |row_i - c - B x_i|^2 + p |B|^2

        over the items i that were clicked n_i times; the penalty p is chosen for each table by
        leaving out one item at a time, in closed form (`ops.ridge`). A prediction is shorter than
        a trained row, so new items would hardly be recommended: their biases are then moved
        together until they hold `share` of the first 20 places of an answer.

        Columns of the features count by their size: bring them to a like scale. Of what changes
        in time, such as the hour of publication, take smooth functions of several widths.

        Args:
            catalog: `Catalog` of the trained and the new items in any order, with features of all:
                `model.catalog.with_items(ids).with_features(...)`. An item without features gets
                the mean row.
            from_features: str, the name of these features.
            log: `SessionLog`, whose last 1,000 sessions the share is measured in; the end of the
                training log where tastes change, as in news. Defaults to sessions of one click on
                each item in proportion to its count.
            share: float in (0, 1), or `None` (default): the new items' share of the catalog, 0.1
                at most. A network without biases, such as `EmbeddingGRU4Rec`, goes without.

        Returns:
            A new model of the same class, compiled as this one is, with a fresh optimizer.

        Raises:
            TypeError: `catalog` is none.
            ValueError: It has no such features, or shares no clicked item with the model.

        Example:

        >>> log = ksr.data.synthetic_shop(num_items=40, num_sessions=200, seed=1).log
        >>> catalog = ksr.Catalog.from_log(log)
        >>> model = ksr.models.GRU4Rec(catalog, units=[8], seed=1)
        >>> model.compile(negatives=ksr.samplers.Uniform(8))
        >>> history = model.fit(ksr.batches.session_parallel(log, catalog, lanes=8), verbose=0)
        >>> kinds = np.eye(5)[np.arange(42) % 5]
        >>> more = catalog.with_items([901, 902]).with_features("kind", kinds)
        >>> model.extended(more, from_features="kind").catalog.num_items
        42
        """
        check_extension(catalog, from_features, share)
        config = {**self.get_config(), "catalog": keras.saving.serialize_keras_object(catalog)}
        model = type(self).from_config(config)
        model.warm_start(self)
        model.is_trained, model._scored = self.is_trained, set(self._scored)
        fill_new_rows(model, self, from_features, log, share)
        if compiled := self.get_compile_config():
            model.compile_from_config(compiled)
        return model

    def set_weights(self, weights: list[Any]) -> None:
        """Sets the weights, as `keras.Model.set_weights`."""
        super().set_weights(weights)
        self.is_trained, self._scored = True, set(self.subnet_names)

    def save(
        self, filepath: str | os.PathLike, overwrite: bool = True, *args: Any, **kwargs: Any
    ) -> None:
        """Saves the model, as `keras.Model.save`, as a `.keras` file.

        It is written beside and renamed when it is whole, so a file that was there before stays
        whatever happens: a process that is killed, a full disk.

        Raises:
            OSError: It cannot be written; names the file.
        """
        if not str(filepath).endswith(".keras"):
            raise ValueError(
                "`filepath` must end in `.keras`; other formats do not hold a catalog. "
                f"Received: {os.fspath(filepath)!r}. To serve it: `ksr.serving.export`."
            )
        self._check_usable()
        with self._whole(filepath, overwrite) as beside:
            super().save(beside, overwrite, *args, **kwargs)

    def save_weights(
        self, filepath: str | os.PathLike, overwrite: bool = True, *args: Any, **kwargs: Any
    ) -> None:
        """Saves the weights, as `keras.Model.save_weights`; written beside first, as in `save`.

        Raises:
            OSError: They cannot be written; names the file.
        """
        is_one_file = str(filepath).endswith(".weights.h5")
        with self._whole(filepath, overwrite and is_one_file) as beside:
            super().save_weights(beside, overwrite, *args, **kwargs)

    def load_weights(self, filepath: str | os.PathLike, *args: Any, **kwargs: Any) -> None:
        """Loads weights, as `keras.Model.load_weights`.

        Raises:
            ValueError: The file is damaged, or of another model; names it. The model, its
                optimizer included, is as it was.
        """
        optimizer = self.optimizer.variables if self.compiled else []
        before = [(v, np.array(v)) for v in [*self.variables, *optimizer]]
        facts = self.is_trained, self._scored, self._epochs_done
        try:
            with unreadable(filepath):
                super().load_weights(filepath, *args, **kwargs)
        except ValueError:
            for variable, value in before:
                variable.assign(value)
            self.is_trained, self._scored, self._epochs_done = facts
            raise

    def _whole(self, path: str | os.PathLike, overwrites: bool) -> AbstractContextManager:
        """A place beside `path`, or itself where Keras asks before it overwrites."""
        if not overwrites:
            return nullcontext(path)
        optimizer = self.optimizer.variables if self.compiled else []
        # HDF5 ends the process where the disk is full. A few kilobytes each are for names.
        sizes = [4 * math.prod(v.shape) + 8192 for v in [*self.variables, *optimizer]]
        return whole_file(path, sum(sizes))

    def export(
        self,
        filepath: str | os.PathLike,
        format: str = "tf_saved_model",
        *args: Any,
        **kwargs: Any,
    ) -> None:
        """Exports the bare scoring function, as `keras.Model.export`: items in, scores out.

        It answers as `score`. `"onnx"` (extra `onnx`) and `"litert"` write one file, whose input
        is called `items`, and beside it `<filepath>.items.txt` with the raw ids: line i is that of
        item i, whose scores are column i - 1. A LiteRT file reads one session of at most 20
        clicks, zeros elsewhere, unless `input_signature` says `[keras.InputSpec("int32", (rows,
        steps))]`. For one click at a time, which costs less, see `ksr.serving.export_step`; for
        servers `ksr.serving.export` writes raw ids in, recommendations out.

        Raises:
            ImportError: The format is `"onnx"`, and tf2onnx is not installed.
            ValueError: An id has a line break, or the model computes in less than float32 where
                ONNX or LiteRT is asked for.
        """
        if not self._called:  # Keras exports what it has seen called
            self(np.ones((1, 1), np.int32))
        export_anywhere(self, super().export, filepath, format, *args, **kwargs)

    def quantize(self, *args: Any, **kwargs: Any) -> None:
        """Refuses: Keras has no quantized form of these layers.

        Raises:
            NotImplementedError: Always.
        """
        raise NotImplementedError(
            "`quantize` knows no layer of this model. For small tables in serving use "
            "`ksr.serving.export(model, path, score_dtype='int8')`."
        )

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments, the catalog included."""
        return {
            "name": self.name,
            "dtype": keras.saving.serialize_keras_object(self.dtype_policy),
            "catalog": keras.saving.serialize_keras_object(self.catalog),
            "seed": self.seed,
            **keras.saving.serialize_keras_object(self._arguments),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Makes a model from what `get_config` returned.

        Raises:
            ValueError: Its weights need more than this machine's memory.
        """
        with weights_within(machine_memory(), "this machine's memory"):
            return cls(**cls.deserialized(config))

    @classmethod
    def deserialized(cls, config: dict[str, Any]) -> dict[str, Any]:
        """Makes objects of what `get_config` has serialized."""
        return {
            key: keras.saving.deserialize_keras_object(value) if isinstance(value, dict) else value
            for key, value in config.items()
        }

    def save_own_variables(self, store: Any) -> None:
        """Keeps the state of sampling and dropout too, so that training resumes exactly."""
        super().save_own_variables(store)
        store["is_trained"] = np.array(self.is_trained)
        store["scored"] = np.array([name in self._scored for name in self.subnet_names])
        store["epochs_done"] = np.array(self._epochs_done)
        for i, state in enumerate(self._random_states()):
            store[f"random_{i}"] = np.asarray(state)

    def load_own_variables(self, store: Any) -> None:
        """Restores what `save_own_variables` kept."""
        kept = {name: store[name] for name in store.keys()}  # noqa: SIM118
        self.is_trained = bool(np.asarray(kept.pop("is_trained", True)))
        scored = np.asarray(kept.pop("scored", np.ones(len(self.subnet_names))))
        self._scored = {name for name, has in zip(self.subnet_names, scored, strict=True) if has}
        self._epochs_done = int(np.asarray(kept.pop("epochs_done", 0)))
        states = {name: kept.pop(name) for name in list(kept) if name.startswith("random_")}
        super().load_own_variables(kept)
        for i, state in enumerate(self._random_states()):
            if f"random_{i}" in states:
                state.assign(np.asarray(states[f"random_{i}"]))

    def _random_states(self) -> list[keras.Variable]:
        """The states of all seed generators, which Keras itself does not save."""
        return [v for v in self.non_trainable_variables if v.name == "seed_generator_state"]


def _compact(items: Any) -> tuple[Any, Any]:
    """Known events to the left, in their order, and how many there are in each row."""
    items = ops.cast(items, "int32")
    known = items > 0
    steps = ops.shape(items)[1]
    order = ops.argsort(ops.arange(steps) + ops.where(known, 0, steps), axis=1)
    return ops.take_along_axis(items, order, axis=1), ops.sum(ops.cast(known, "int32"), axis=1)
