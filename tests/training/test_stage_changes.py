"""The callback that tells a model of an epoch."""

import keras

from keras_sessrec.training.stage_changes import StageChanges, with_callback


class Recorder:
    def __init__(self):
        self.epochs = []

    def begin_epoch(self, epoch):
        self.epochs.append(epoch)


def test_the_model_hears_of_every_epoch():
    callback, model = StageChanges(), Recorder()
    callback.set_model(model)
    for epoch in (3, 4):
        callback.on_epoch_begin(epoch)
    assert model.epochs == [3, 4]


def test_callbacks_in_any_form_get_one_more():
    ours, theirs, model = StageChanges(), keras.callbacks.Callback(), Recorder()
    assert with_callback(None, ours, model) == [ours]
    assert with_callback(theirs, ours, model) == [ours, theirs]
    assert with_callback((theirs,), ours, model) == [ours, theirs]
    held = keras.callbacks.CallbackList([theirs], add_history=False)
    assert with_callback(held, ours, model) is held
    held.on_epoch_begin(2)
    assert model.epochs == [2]
