"""Trainings to kill: all that a snapshot must hold is in one of them."""

import itertools
from functools import partial

import keras
import numpy as np

import keras_sessrec as ksr

LOG = ksr.data.synthetic_shop(num_items=40, num_sessions=300, seed=1).log
CATALOG = ksr.Catalog.from_log(LOG)
WITH_LOOKS = CATALOG.with_features("look", np.eye(40, 6, dtype=np.float32))
EPOCHS = 3


def gru4rec(size=16, jit_compile=False):
    """A compiled model and its batches: momentum, dropout, popular negatives, shuffled."""
    model = ksr.models.GRU4Rec(CATALOG, units=[6], hidden_dropout=0.3, seed=1)
    model.compile(
        ksr.optimizers.SparseAdagrad(0.1, momentum=0.3),
        negatives=ksr.samplers.Popularity(8),
        steps_per_execution=size,
        jit_compile=jit_compile,
    )
    return model, ksr.batches.session_parallel(LOG, CATALOG, lanes=8, shuffle=True, seed=3)


def prnn(strategy):
    """A parallel network with dropout; it trains one subnet at a time."""
    subnets = {
        "item": ksr.layers.Subnet(ksr.layers.OneHotItem(seed=2), [5], dropout=0.2, seed=3),
        "look": ksr.layers.Subnet(
            ksr.layers.FeatureTable("look", seed=4), [5], dropout=0.2, seed=5
        ),
    }
    model = ksr.models.ParallelGRU4Rec(WITH_LOOKS, subnets, seed=1)
    model.compile(
        ksr.optimizers.SparseAdagrad(0.1),
        "top1",
        "in_batch",
        strategy=strategy,
        steps_per_execution=16,
        jit_compile=False,
    )
    return model, ksr.batches.session_parallel(LOG, WITH_LOOKS, lanes=8)


def m1(form="prefixes"):
    """Shuffled prefixes, some clicks dropped, Adam."""
    model = ksr.models.GRU4Rec(CATALOG, [6], embedding_dim=4, click_dropout=0.25, seed=1)
    model.compile("adam", negatives=ksr.samplers.FullCatalog(), jit_compile=False)
    return model, ksr.batches.prefixes(LOG, CATALOG, batch_size=128, seed=2, form=form)


def residual():
    return ksr.training.Residual(epochs_per_subnet=2)


class Counter(keras.callbacks.Callback):
    """Somebody's own callback: counts blocks, keeps the losses of every epoch."""

    def on_train_begin(self, logs=None):
        self.blocks, self.losses = 0, []

    def on_train_batch_end(self, batch, logs=None):
        self.blocks += 1

    def on_epoch_end(self, epoch, logs=None):
        self.losses.append(np.array(logs["loss"]))
        logs["blocks"], logs["first_loss"] = self.blocks, float(self.losses[0])  # into the history


def others(folder):
    """Callbacks that remember something; `fit` with them needs validation data."""
    return [
        Counter(),
        keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate if epoch < 1 else rate / 2),
        keras.callbacks.ReduceLROnPlateau("loss", factor=0.5, patience=1, min_delta=0.4),
        keras.callbacks.ModelCheckpoint(
            folder / "best.weights.h5", "val_loss", save_best_only=True, save_weights_only=True
        ),
        keras.callbacks.EarlyStopping("val_loss", patience=1, restore_best_weights=True),
    ]


def fitted(make, backup, *callbacks, **options):
    """Trains for `EPOCHS`, with a backup unless it is `None`."""
    model, data = make()
    backups = [] if backup is None else [backup]
    model.fit(data, epochs=EPOCHS, verbose=0, callbacks=[*callbacks, *backups], **options)
    return outcome(model)


def fitted_with_others(make, folder, backup):
    """Trains beside callbacks that remember."""
    valid = ksr.batches.whole_sessions(LOG.select_sessions(np.arange(300) < 40), CATALOG)
    found, history = fitted(make, backup, *others(folder), validation_data=valid)
    model, _ = make()
    model.load_weights(folder / "best.weights.h5")
    return [*found, *model.get_weights()], history


def recipe(folder, backup):
    """Stages on the recent sessions, of a model that is trained before: Tan's M2."""
    found = ksr.recipes.get("tan_m2_100").tiny().with_epochs(2)
    return outcome(found.train(LOG, seed=1, backup_dir=backup and backup.backup_dir, verbose=0))


def search(folder, backup):
    """Three trials of two epochs."""
    recipe = ksr.recipes.get("gru4rec_rsc15_xe_shared_100").tiny().with_epochs(2)
    space = {"optimizer.learning_rate": [0.01, 0.1], "batches.lanes": [4, 8]}
    options = {"random_trials": 1, "seed": 1, "verbose": 0}
    found = ksr.tuning.tune(recipe, LOG, space, folder / "search", **options)
    return [], [repr(found.recipe), found.score, found.trials.to_dict()]


def outcome(model):
    return state_of(model), model.history.history


# From a folder for the training's own files and a backup, or None, to what came out: arrays, and
# what JSON can hold. (A search has backups by itself.)
WORLDS = {
    "gru4rec": partial(fitted_with_others, gru4rec),
    "steps_per_epoch": lambda _, backup: fitted(gru4rec, backup, steps_per_epoch=40),
    "residual": lambda _, backup: fitted(partial(prnn, residual()), backup),
    "interleaving": lambda _, backup: fitted(partial(prnn, "interleaving"), backup),
    "m1": partial(fitted_with_others, m1),
    "packed": lambda _, backup: fitted(partial(m1, "packed"), backup),
    "recipe": recipe,
    "search": search,
}


def state_of(model):
    """Weights, slots of the optimizer, carried states."""
    every = [*model.variables, *model.optimizer.variables]
    states = [s for states in model.carried_states().values() for s in states]
    return [np.asarray(values) for values in [*every, *states]]


class Killed(Exception):
    """What `Kill` raises."""


class Kill(keras.callbacks.Callback):
    """Breaks a training off after so many blocks, in this process."""

    def __init__(self, after):
        super().__init__()
        self.blocks = itertools.count(1)  # no plain value: nothing that a backup remembers
        self.after = after

    def on_train_batch_end(self, batch, logs=None):
        if next(self.blocks) == self.after:
            raise Killed
