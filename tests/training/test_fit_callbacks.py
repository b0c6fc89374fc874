"""What callbacks hear of a `fit` that runs many mini-batches per call."""

import keras
import pytest

from keras_sessrec import metrics
from keras_sessrec.training.fit_callbacks import FitCallbacks, keeps_states, set_modes
from keras_sessrec.training.fit_progress import FitProgress


class Model:
    metrics = ()
    metrics_names = ()
    is_chief = True

    def __init__(self):
        self.told = []

    def take_logs_of_chief(self, logs):
        pass

    def begin_epoch(self, epoch):
        self.told.append(("begin", epoch))

    def end_epoch(self):
        self.told.append(("end",))


class Recorder(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.batches = []

    def on_epoch_begin(self, epoch, logs=None):
        self.model.told.append(("callback", epoch))

    def on_train_batch_begin(self, batch, logs=None):
        self.batches.append(batch)

    def on_train_batch_end(self, batch, logs=None):
        self.batches.append(batch)


def made(callbacks, size=4, steps=10):
    model, progress = Model(), FitProgress(size, steps, length=steps, is_stream=False)
    return model, FitCallbacks(callbacks, model, progress, epochs=2, verbose=0)


def test_the_model_begins_an_epoch_after_callbacks_that_may_look_at_its_data():
    model, callbacks = made([Recorder()])
    callbacks.on_train_begin()
    for epoch in (3, 4):
        callbacks.on_epoch_begin(epoch)
        callbacks.on_epoch_end(epoch, {"loss": 1.0})
    assert model.told == [
        ("callback", 3), ("begin", 3), ("end",), ("callback", 4), ("begin", 4), ("end",)
    ]  # fmt: skip


def test_blocks_are_counted_in_mini_batches_and_end_at_the_total():
    recorder = Recorder()
    _, callbacks = made(recorder)
    callbacks.on_train_begin()
    for block in range(3):
        callbacks.on_train_batch_begin(block)
        callbacks.on_train_batch_end(block, {})
    assert recorder.batches == [0, 3, 4, 7, 8, 9]
    assert recorder.params["steps"] == 10


def test_blocks_that_were_trained_before_are_not_told():
    recorder = Recorder()
    model, progress = Model(), FitProgress(4, 10, length=10, is_stream=False)
    callbacks = FitCallbacks([recorder], model, progress, epochs=2, verbose=0)
    progress.go_on_at(epoch=0, done=4, first_epoch=0, data_epoch=0)
    for block in range(3):
        callbacks.on_train_batch_begin(block)
        callbacks.on_train_batch_end(block, {})
    assert recorder.batches == [4, 7, 8, 9]


def test_what_keeps_the_states_of_the_others_hears_of_everything_last():
    class Keeper(Recorder):
        hears_last = True

    keeper, recorder = Keeper(), Recorder()
    _, callbacks = made([keeper, recorder])
    assert callbacks.callbacks[-1] is keeper
    assert keeper.others == callbacks.callbacks[:-1]
    assert recorder in keeper.others


@pytest.mark.parametrize("is_chief", [True, False])
def test_what_the_chief_alone_writes_is_not_told_elsewhere(is_chief):
    class Writer(Recorder):
        only_chief = True

    model, progress = Model(), FitProgress(4, 10, length=10, is_stream=False)
    model.is_chief = is_chief
    writer, other = Writer(), Recorder()
    callbacks = FitCallbacks([writer, other], model, progress, epochs=2, verbose=0)
    assert (writer in callbacks.callbacks) == is_chief
    assert other in callbacks.callbacks


def test_a_training_may_go_on_where_a_callback_keeps_its_state():
    keeper, other = keras.callbacks.Callback(), keras.callbacks.Callback()
    keeper.hears_last = True
    for callbacks in (None, [], other, [other], keras.callbacks.CallbackList([other])):
        assert not keeps_states(callbacks)
    for callbacks in (keeper, [other, keeper], keras.callbacks.CallbackList([keeper])):
        assert keeps_states(callbacks)


def test_a_training_that_fails_ends_for_all_but_those_that_keep_states():
    ended = []

    class Ends(keras.callbacks.Callback):
        def on_train_end(self, logs=None):
            ended.append(self)

        def on_fit_left(self):
            ended.append("left")

    class Keeper(Ends):
        hears_last = True

    other = Ends()
    _, callbacks = made([Keeper(), other])
    callbacks.break_off()
    assert ended == [other]
    callbacks.leave()
    assert ended == [other, "left", "left"]


def test_an_unknown_total():
    recorder = Recorder()
    _, callbacks = made((recorder,), steps=None)
    callbacks.on_train_batch_end(1, {})
    assert recorder.batches == [7]


def test_a_list_object_is_taken_apart():
    recorder = Recorder()
    theirs = keras.callbacks.CallbackList([recorder], add_history=True, model=None)
    model, callbacks = made(theirs)
    assert recorder.model is model
    assert sum(isinstance(c, keras.callbacks.History) for c in callbacks.callbacks) == 1


# === Which way is better, for callbacks that monitor a metric ===

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
