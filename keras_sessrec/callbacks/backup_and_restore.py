"""Training that is killed and goes on as if nothing had happened."""

from __future__ import annotations

import copy
import logging
import os
import signal
import threading
import time
import warnings
from numbers import Integral
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_sessrec.callbacks.callback_state import pack, remembered, same, unpack
from keras_sessrec.models.session_trainer import SessionTrainer
from keras_sessrec.models.training_state import (
    difference,
    metric_values,
    set_training_state,
    training_setup,
    training_state,
)
from keras_sessrec.training.snapshots import FORMAT, Snapshots

logger = logging.getLogger(__name__)

_SIGNALS: dict[int, str] = {signal.SIGTERM: "SIGTERM", signal.SIGINT: "Ctrl-C"}


class BackupAndRestore(keras.callbacks.Callback):
    """Backs a training up, and lets the next `fit` of the same training go on where it was.

    As `keras.callbacks.BackupAndRestore`, but exact, also in the middle of an epoch and with
    shuffled data: on a CPU a training that was killed, by SIGKILL too, and started again ends with
    the weights, bit for bit, that it would have had. A snapshot holds weights, optimizer, random
    states, the states that session-parallel training carries in every subnet, the place in the
    data, the running metrics, the history, and what other callbacks remember (`EarlyStopping` with
    its best weights, `ReduceLROnPlateau`, your own: attributes that are numbers, texts, arrays, and
    lists and dicts of them). The data goes on at its place; it is not run through again.

    Make model, data and callbacks as before, in the same program, and call `fit` with the same
    arguments. `steps_per_execution`, `jit_compile` and a larger number of `epochs` may be others.
    The batches must be of `ksr.batches`; other data must come in the same order every time.

    SIGTERM, which a preempted machine sends, and Ctrl-C end the training after the running block,
    with a snapshot: by `SystemExit(143)` and `KeyboardInterrupt`. A second one is not waited for.

    On several machines the folder must be one that all see: the chief writes, all read, and all
    stop when one is told to. The training goes on with another number of devices too, then with
    the weights but for rounding.

    Args:
        backup_dir: str or path of a folder for this training alone.
        save_freq: `"epoch"` (default), at the end of every epoch, after validation; an int, after
            so many mini-batches (at the end of a block of `steps_per_execution`); or `False`.
        double_checkpoint: bool. Whether the snapshot before is kept too, and taken where the
            newest was damaged. Defaults to `True`.
        delete_checkpoint: bool. Whether a training that has come to its end removes its snapshots.
            With `False` it leaves one of its end, and a `fit` with no more epochs than it had takes
            the result from there. Defaults to `True`.
        seconds: float or `None`: also after so many seconds, at the end of a block. Defaults to
            `None`.

    Raises:
        OSError: A snapshot cannot be written (earlier ones are whole), or none can be read.
        FloatingPointError: Weights are NaN or infinite where a snapshot is due; none is written.
        ValueError: The folder holds a training of another model, catalog, log or version; says
            which. An argument is out of range.

    Example:

    >>> log = ksr.data.synthetic_shop(num_items=40, num_sessions=200, seed=1).log
    >>> catalog = ksr.Catalog.from_log(log)
    >>> model = ksr.models.GRU4Rec(catalog, units=[8], seed=1)
    >>> model.compile(negatives=ksr.samplers.Uniform(8))
    >>> history = model.fit(
    ...     ksr.batches.session_parallel(log, catalog, lanes=8, shuffle=True),
    ...     epochs=2,
    ...     callbacks=[BackupAndRestore("backup", seconds=60)],
    ...     verbose=0,
    ... )
    """

    hears_last = True  # see FitCallbacks

    def __init__(
        self,
        backup_dir: str | os.PathLike,
        save_freq: str | int | bool = "epoch",
        double_checkpoint: bool = True,
        delete_checkpoint: bool = True,
        seconds: float | None = None,
    ) -> None:
        super().__init__()
        if not str(backup_dir):
            raise ValueError("`backup_dir` must be a folder. Received: an empty name.")
        is_number = isinstance(save_freq, Integral) and not isinstance(save_freq, bool)
        is_word = save_freq == "epoch" or save_freq is False
        if not is_word and not (is_number and int(save_freq) > 0):
            raise ValueError(
                "`save_freq` must be 'epoch', a positive number of mini-batches, or False. "
                f"Received: save_freq={save_freq!r}."
            )
        if seconds is not None and not seconds > 0:
            raise ValueError(f"`seconds` must be positive, or None. Received: seconds={seconds}.")
        self.backup_dir, self.save_freq = Path(backup_dir), save_freq
        self.double_checkpoint, self.delete_checkpoint = double_checkpoint, delete_checkpoint
        self.seconds = seconds
        self._snapshots = Snapshots(backup_dir, keep=2 if double_checkpoint else 1)
        self.others: list[keras.callbacks.Callback] = []  # given by `fit`
        self._asked_to_stop = 0  # or a signal's number
        self._handlers: dict[int, Any] = {}
        self._metrics: list[Any] = []

    def for_part(self, name: str) -> BackupAndRestore:
        """Returns the callback of one of several trainings, which leaves its end for the next run.

        Who runs them, such as `fit_by_recency`, calls `end` when all have ended.

        Args:
            name: str, of a folder in `backup_dir`.
        """
        return BackupAndRestore(
            self.backup_dir / name,
            self.save_freq,
            self.double_checkpoint,
            delete_checkpoint=False,
            seconds=self.seconds,
        )

    def end(self) -> None:
        """Removes the snapshots, of parts too, unless `delete_checkpoint` is `False`."""
        if self.delete_checkpoint and (self.model is None or self.model.is_chief):
            self._snapshots.remove()

    def set_model(self, model: Any) -> None:
        """Takes a model of `ksr.models`; called by Keras."""
        if not isinstance(model, SessionTrainer):
            raise TypeError(
                "This callback backs up models of `ksr.models`. "
                f"Received: {type(model).__name__}. Take `keras.callbacks.BackupAndRestore`."
            )
        super().set_model(model)

    # === When ===

    def on_train_begin(self, logs: Any = None) -> None:
        # Copies: lists grow where they are.
        self._before = [copy.deepcopy(remembered(callback)) for callback in self.others]
        self._setup = {
            **training_setup(self.model),
            **self.model.fit_data,
            "mini-batches in an epoch": self.model.fit_progress.steps,
            "format": FORMAT,
            "TensorFlow": tf.__version__,
            "Keras": keras.__version__,
        }
        self._epochs = 0  # that have ended
        self._restore()
        self._saved_at, self._since = time.monotonic(), 0
        self._listen()

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        for variable, value in self._metrics:  # Keras has reset them
            variable.assign(value)
        self._metrics = []
        self._done = self.model.fit_progress.done

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        progress = self.model.fit_progress
        self._since += progress.done - self._done
        self._done = progress.done
        stop = self._asked_anywhere()
        waited = self.seconds and time.monotonic() - self._saved_at >= self.seconds
        counted = self.save_freq not in ("epoch", False) and self._since >= int(self.save_freq)
        if waited or counted or stop:
            self._save(progress.epoch, progress.done)
        self._stop_if_asked(stop)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._epochs = epoch + 1
        stop = self._asked_anywhere()
        if self.save_freq == "epoch" or stop:
            self._save(epoch + 1, 0)
        self._stop_if_asked(stop)

    def on_train_end(self, logs: Any = None) -> None:
        if not self.delete_checkpoint:
            self._save(self._epochs, 0)
        self.end()

    def on_fit_left(self) -> None:
        """Gives signals back to whom they belonged; called however `fit` ends."""
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        self._handlers = {}

    def _listen(self) -> None:
        """Takes signals, which only the main thread can."""
        if threading.current_thread() is threading.main_thread():
            self._asked_to_stop = 0
            self._handlers = {n: signal.signal(n, self._note_signal) for n in _SIGNALS}

    def _note_signal(self, number: int, frame: Any) -> None:
        self._asked_to_stop = number
        self.on_fit_left()

    def _asked_anywhere(self) -> int:
        """The signal that a worker has got, or 0: without it the others cannot go on."""
        return self.model.greatest_of_workers(self._asked_to_stop)

    def _stop_if_asked(self, number: int) -> None:
        if not number:
            return
        self._asked_to_stop = 0
        message = f"{_SIGNALS[number]}: stopped with a snapshot in {self.backup_dir}."
        if number == signal.SIGTERM:
            logger.warning(message)
            raise SystemExit(143)
        raise KeyboardInterrupt(message)

    # === What ===

    def _save(self, epoch: int, done: int) -> None:
        if not self.model.is_chief:
            return
        progress = self.model.fit_progress
        facts, arrays = training_state(self.model)
        if not all(np.isfinite(weight).all() for weight in self.model.get_weights()):
            raise FloatingPointError(
                f"Weights became NaN or infinite before the end of mini-batch {done} of epoch "
                f"{epoch} (from 0). Snapshots before it, in {self.backup_dir}, are whole. Lower "
                "the learning rate or the momentum, with another `backup_dir`."
            )
        facts |= {
            "setup": self._setup,
            "at": {
                "epoch": epoch,
                "done": done,
                "first_epoch": progress.first_epoch,
                "data_epoch": progress.data_epoch,
            },
            "stops": bool(self.model.stop_training),
            "callbacks": [],
        }
        for callback, before in zip(self.others, self._before, strict=True):
            now = remembered(callback)
            changed = {k: v for k, v in now.items() if k not in before or not same(v, before[k])}
            facts["callbacks"].append([type(callback).__name__, pack(changed, arrays)])
        self._snapshots.write(facts, arrays)
        self._saved_at, self._since = time.monotonic(), 0

    def _restore(self) -> None:
        found = self._snapshots.newest()
        if found is None:
            return
        facts, arrays = found
        if what := difference(self._setup, facts["setup"]):
            raise ValueError(
                "`backup_dir` must hold snapshots of this training. "
                f"Received: {self.backup_dir}, of another one: {what}. Choose another folder, or "
                "remove it to train from the start."
            )
        if not self.model.fit_data.get("data"):
            warnings.warn(
                "`x` was not made by `ksr.batches`, so nobody can see if it is the same data in "
                "the same order as before: if not, this is another training from here on.",
                stacklevel=2,
            )
        set_training_state(self.model, facts, arrays)
        there = [(kind, changed) for kind, changed in facts["callbacks"]]
        for callback in self.others:  # the first of a kind takes what the first of it knew
            kind = type(callback).__name__
            found = next((entry for entry in there if entry[0] == kind), None)
            if found is not None:
                there.remove(found)
                vars(callback).update(unpack(found[1], arrays))
        if facts["at"]["done"]:
            self._metrics = metric_values(self.model)
        self.model.fit_progress.go_on_at(**facts["at"])
        self._epochs = at = facts["at"]["epoch"]
        # Where the training had decided to stop, no further epoch runs.
        self.model._initial_epoch = max(at, self.params["epochs"]) if facts["stops"] else at
