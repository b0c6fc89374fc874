"""Callbacks that monitor a metric without being told which way is better."""

import keras
import pytest

from keras_sessrec import metrics
from keras_sessrec.metrics.directions import set_modes

METRICS = [metrics.RecallAtK(2), metrics.CoverageAtK(2, num_items=5)]
ERROR = keras.metrics.MeanSquaredError(name="error")


def stopping_of(monitor, values, **kwargs):
    """After how many epochs training stops for a sequence of values."""
    stop = keras.callbacks.EarlyStopping(monitor, patience=1, **kwargs)
    set_modes([stop], [*METRICS, ERROR])
    stop.set_model(keras.Sequential())
    stop.on_train_begin()
    for epoch, value in enumerate(values):
        stop.on_epoch_end(epoch, {monitor: value})
        if stop.stopped_epoch:
            return epoch + 1
    return None


def test_training_goes_on_while_recall_rises():
    assert stopping_of("val_recall_at_2", [0.1, 0.2, 0.3, 0.25]) == 4
    assert stopping_of("recall_at_2", [0.3, 0.2, 0.1]) == 2


def test_keras_metrics_know_their_direction_too():
    assert stopping_of("val_error", [3.0, 2.0, 1.0]) is None
    assert stopping_of("val_loss", [3.0, 2.0, 4.0]) == 3


def test_what_the_user_says_stays():
    assert stopping_of("val_recall_at_2", [0.3, 0.2, 0.1], mode="min") is None


def test_a_metric_without_a_better_side_still_asks():
    with pytest.raises(ValueError, match="mode='max'"):
        stopping_of("val_coverage_at_2", [0.1])


def test_callbacks_that_monitor_nothing_are_left_alone():
    callbacks = [
        keras.callbacks.ModelCheckpoint("model.keras", monitor="val_recall_at_2"),
        keras.callbacks.ReduceLROnPlateau("val_recall_at_2"),
        keras.callbacks.TerminateOnNaN(),
    ]
    set_modes(callbacks, METRICS)
    assert [getattr(callback, "mode", None) for callback in callbacks] == ["max", "max", None]
