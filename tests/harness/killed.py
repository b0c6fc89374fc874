"""Trainings that are killed, in the process and in processes of their own."""

import itertools
import os
import sys

import keras
import numpy as np

import keras_sessrec as ksr

LOG = ksr.data.synthetic_shop(num_items=40, num_sessions=300, seed=1).log
CATALOG = ksr.Catalog.from_log(LOG)


def gru4rec(size=16):
    """A compiled model and its batches: momentum, dropout, popular negatives, shuffled."""
    model = ksr.models.GRU4Rec(CATALOG, units=[6], hidden_dropout=0.3, seed=1)
    model.compile(
        ksr.optimizers.SparseAdagrad(0.1, momentum=0.3),
        negatives=ksr.samplers.Popularity(8),
        steps_per_execution=size,
        jit_compile=False,
    )
    return model, ksr.batches.session_parallel(LOG, CATALOG, lanes=8, shuffle=True, seed=3)


class Killed(Exception):
    """What `Kill` raises."""


class Kill(keras.callbacks.Callback):
    """Breaks a training off after so many blocks, by an exception or by a signal."""

    def __init__(self, after, number=None):
        super().__init__()
        self.blocks = itertools.count(1)  # no plain value: nothing that a backup remembers
        self.after, self.number = after, number

    def on_train_batch_end(self, batch, logs=None):
        if next(self.blocks) != self.after:
            return
        if self.number is None:
            raise Killed
        os.kill(os.getpid(), self.number)


if __name__ == "__main__":  # folder, file for the weights, number of a signal or 0
    folder, file, number = sys.argv[1], sys.argv[2], int(sys.argv[3])
    model, data = gru4rec()
    callbacks = [ksr.callbacks.BackupAndRestore(folder, save_freq=1)]
    callbacks += [Kill(5, number)] if number else []
    model.fit(data, epochs=3, verbose=0, callbacks=callbacks)
    np.savez(file, *model.get_weights())
