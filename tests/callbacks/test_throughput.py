"""Events per second in the logs."""

import time

import keras
import pytest
import tensorflow as tf

import keras_sessrec as ksr
from harness.model import chain_log, compile_arguments

LOG = chain_log()
CATALOG = ksr.Catalog.from_log(LOG)


class Clock:
    """A clock that every look moves by a second."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        self.now += 1.0
        return self.now


def trained(callbacks, epochs=2, **changes):
    model = ksr.models.GRU4Rec(CATALOG, units=[8], seed=1)
    model.compile(**compile_arguments(**changes))
    batches = ksr.batches.session_parallel(LOG, CATALOG, lanes=8)
    return model.fit(
        batches,
        epochs=epochs,
        verbose=0,
        callbacks=callbacks,
        validation_data=ksr.batches.whole_sessions(LOG, CATALOG),
    )


def test_events_are_counted_without_validation_and_idle_lanes(monkeypatch):
    monkeypatch.setattr(time, "perf_counter", Clock())
    blocks = []

    class Count(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            blocks.append(batch)

    history = trained([ksr.callbacks.Throughput(), Count()], epochs=2).history
    per_epoch = len(blocks) // 2
    pairs = len(LOG.item_codes) - LOG.num_sessions
    # A second per execution: the second epoch has all events, in as many seconds.
    assert history["events_per_second"][1] == pytest.approx(pairs / per_epoch)


def test_an_epoch_of_one_execution_counts_with_its_compilation():
    history = trained([ksr.callbacks.Throughput()], epochs=1, steps_per_execution=1000).history
    assert history["events_per_second"][0] > 0


def test_tensorboard_gets_it(tmp_path):
    trained([ksr.callbacks.Throughput(), keras.callbacks.TensorBoard(tmp_path)])
    (path,) = (tmp_path / "train").glob("events*")
    tags = {
        value.tag
        for event in tf.compat.v1.train.summary_iterator(str(path))
        for value in event.summary.value
    }
    assert "epoch_events_per_second" in tags
