"""What callbacks hear of a `fit` that runs many mini-batches per call."""

import keras

from keras_sessrec.training.fit_callbacks import FitCallbacks


class Model:
    metrics = ()
    metrics_names = ()

    def __init__(self):
        self.told = []

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
    model = Model()
    return model, FitCallbacks(callbacks, model, size, steps, epochs=2, verbose=0)


def test_the_model_begins_an_epoch_before_callbacks_see_it():
    model, callbacks = made([Recorder()])
    callbacks.on_train_begin()
    for epoch in (3, 4):
        callbacks.on_epoch_begin(epoch)
        callbacks.on_epoch_end(epoch, {"loss": 1.0})
    assert model.told == [
        ("begin", 3), ("callback", 3), ("end",), ("begin", 4), ("callback", 4), ("end",)
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
