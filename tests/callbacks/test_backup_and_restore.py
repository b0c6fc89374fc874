"""A training that is killed ends as if nothing had happened."""

import itertools
import os
import signal
import subprocess
import sys

import keras
import numpy as np
import pytest

import keras_sessrec as ksr
from harness.killed import CATALOG, LOG, Kill, Killed, gru4rec
from keras_sessrec.callbacks import BackupAndRestore

WITH_LOOKS = CATALOG.with_features("look", np.eye(40, 6, dtype=np.float32))
VALID = ksr.batches.whole_sessions(LOG.select_sessions(np.arange(300) < 40), CATALOG)


def prnn(strategy):
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
    model = ksr.models.GRU4Rec(CATALOG, [6], embedding_dim=4, click_dropout=0.25, seed=1)
    model.compile("adam", negatives=ksr.samplers.FullCatalog(), jit_compile=False)
    return model, ksr.batches.prefixes(LOG, CATALOG, batch_size=128, seed=2, form=form)


class Counter(keras.callbacks.Callback):
    """Somebody's own callback: counts blocks, keeps the losses of every epoch."""

    def on_train_begin(self, logs=None):
        self.blocks, self.losses = 0, []

    def on_train_batch_end(self, batch, logs=None):
        self.blocks += 1

    def on_epoch_end(self, epoch, logs=None):
        self.losses.append(np.array(logs["loss"]))


def others():
    return [
        keras.callbacks.EarlyStopping("val_loss", patience=1, restore_best_weights=True),
        keras.callbacks.ReduceLROnPlateau("loss", factor=0.5, patience=1, min_delta=0.4),
        Counter(),
    ]


def state_of(model):
    every = [*model.variables, *model.optimizer.variables]
    states = [s for states in model.carried_states().values() for s in states]
    return [np.asarray(values) for values in [*every, *states]]


def trained(make, callbacks, **options):
    model, data = make()
    options = {"epochs": 3, "verbose": 0, "validation_data": VALID} | options
    if model.catalog.features:
        options.pop("validation_data")
    return model, model.fit(data, callbacks=callbacks, **options)


def check_same(one, other):
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a, b)


WAYS = {
    "gru4rec": gru4rec,
    "steps_per_epoch": gru4rec,
    "residual": lambda: prnn(ksr.training.Residual(epochs_per_subnet=2)),
    "interleaving": lambda: prnn("interleaving"),
    "m1": m1,
    "packed": lambda: m1("packed"),
}


@pytest.mark.parametrize(
    "way, kills",
    [
        ("gru4rec", [23]),
        pytest.param("gru4rec", [1, 5, 12], marks=pytest.mark.slow),
        pytest.param("steps_per_epoch", [2, 4, 7], marks=pytest.mark.slow),
        ("residual", [3]),
        pytest.param("interleaving", [4, 9], marks=pytest.mark.slow),
        pytest.param("m1", [2], marks=pytest.mark.slow),
        pytest.param("packed", [9], marks=pytest.mark.slow),
    ],
)
def test_a_broken_training_ends_with_the_same_bits(tmp_path, way, kills):
    options = {"steps_per_epoch": 40} if way == "steps_per_epoch" else {}
    callbacks = others() if way in ("gru4rec", "m1") else []
    whole, history = trained(WAYS[way], callbacks, **options)
    for after in kills:
        with pytest.raises(Killed):
            again = others() if callbacks else []
            backup = BackupAndRestore(tmp_path, save_freq=1)
            trained(WAYS[way], [backup, *again, Kill(after)], **options)
        again = others() if callbacks else []
        backup = BackupAndRestore(tmp_path, save_freq=1)
        model, found = trained(WAYS[way], [backup, *again, Kill(-1)], **options)
        check_same(state_of(model), state_of(whole))
        assert found.history == history.history or way == "residual"
        assert not list(tmp_path.glob("*")), "a training that has ended leaves nothing"
        if callbacks:
            assert again[-1].blocks == callbacks[-1].blocks
            check_same(again[-1].losses, callbacks[-1].losses)


def test_a_training_that_has_decided_to_stop_does_not_go_on(tmp_path):
    """Killed between its last epoch and its end: the best weights are restored from the backup."""

    def stop():
        return keras.callbacks.EarlyStopping(
            "loss", mode="max", patience=1, restore_best_weights=True
        )

    class KillAtTheEnd(keras.callbacks.Callback):
        hears_last = True  # as if after the backup

        def on_epoch_end(self, epoch, logs=None):
            if self.model.stop_training:
                raise Killed

    whole, _ = trained(gru4rec, [stop()], epochs=9)
    with pytest.raises(Killed):
        callbacks = [stop(), BackupAndRestore(tmp_path), KillAtTheEnd()]
        trained(gru4rec, callbacks, epochs=9)
    model, history = trained(gru4rec, [stop(), BackupAndRestore(tmp_path)], epochs=9)
    assert len(history.history["loss"]) == 2
    check_same(state_of(model)[:-1], state_of(whole)[:-1])


@pytest.mark.slow
def test_other_blocks_give_the_same_weights(tmp_path):
    whole, _ = trained(gru4rec, [])
    with pytest.raises(Killed):
        trained(gru4rec, [BackupAndRestore(tmp_path, save_freq=1), Kill(4)])
    model, _ = trained(lambda: gru4rec(size=7), [BackupAndRestore(tmp_path)])
    for one, other in zip(state_of(model), state_of(whole), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


@pytest.mark.slow
def test_a_damaged_snapshot_gives_way_to_the_one_before(tmp_path):
    whole, _ = trained(gru4rec, [])
    with pytest.raises(Killed):
        trained(gru4rec, [BackupAndRestore(tmp_path, save_freq=1), Kill(4)])
    newest = sorted(tmp_path.glob("*.npz"))[-1]
    newest.write_bytes(newest.read_bytes()[:-100])
    model, _ = trained(gru4rec, [BackupAndRestore(tmp_path)])
    check_same(state_of(model), state_of(whole))


def test_a_finished_training_can_be_taken_from_its_folder(tmp_path):
    def backup():
        return BackupAndRestore(tmp_path, delete_checkpoint=False)

    first, history = trained(gru4rec, [backup()], epochs=2)
    model, found = trained(gru4rec, [backup()], epochs=2)
    check_same(state_of(model), state_of(first))
    assert found.history == history.history
    longer, _ = trained(gru4rec, [backup()], epochs=3)
    whole, _ = trained(gru4rec, [], epochs=3)
    check_same(state_of(longer), state_of(whole))


@pytest.mark.parametrize(
    "change, message",
    [
        ({"log": LOG.select_sessions(np.arange(300) > 0)}, "data was"),
        ({"seed": 4}, "data was"),
        ({"units": [7]}, r"model.units"),
        ({"rate": 0.2}, "compile.optimizer.*learning_rate"),
        ({"loss": "bpr_max"}, "compile.loss"),
    ],
)
def test_another_training_is_refused_with_the_reason(tmp_path, change, message):
    def made(log=LOG, seed=3, units=(6,), rate=0.1, loss="cross_entropy"):
        model = ksr.models.GRU4Rec(CATALOG, list(units), seed=1)
        negatives = ksr.samplers.Popularity(8)
        rule = ksr.optimizers.SparseAdagrad(rate)
        model.compile(rule, loss, negatives, steps_per_execution=16, jit_compile=False)
        return model, ksr.batches.session_parallel(log, CATALOG, lanes=8, shuffle=True, seed=seed)

    with pytest.raises(Killed):
        trained(made, [BackupAndRestore(tmp_path, save_freq=1), Kill(2)])
    with pytest.raises(ValueError, match=rf"`backup_dir` must hold.*another one: {message}"):
        trained(lambda: made(**change), [BackupAndRestore(tmp_path)])


@pytest.mark.parametrize(
    ("save_freq", "message"),
    [
        pytest.param(20, "The loss is not finite at step", marks=pytest.mark.slow),
        (1, "Weights became NaN.*Snapshots before it, in .*backup"),
    ],
)
def test_nan_leaves_a_snapshot_from_which_training_ends_with_the_same_bits(
    tmp_path, save_freq, message
):
    """Seen by the next step's loss, or where a snapshot is due by its weights."""
    tmp_path = tmp_path / "backup"

    class Poison(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch > 40:
                weight = self.model.trainable_variables[0]
                weight.assign(weight * np.nan)

    handler = signal.getsignal(signal.SIGTERM)
    with pytest.raises(FloatingPointError, match=message):
        trained(gru4rec, [BackupAndRestore(tmp_path, save_freq=save_freq), Poison()])
    assert signal.getsignal(signal.SIGTERM) is handler
    assert list(tmp_path.glob("snapshot-*.npz"))
    whole, _ = trained(gru4rec, [])
    model, _ = trained(gru4rec, [BackupAndRestore(tmp_path, save_freq=save_freq)])
    check_same(state_of(model), state_of(whole))


def test_wrong_arguments_and_other_models():
    for options, message in (
        ({"backup_dir": ""}, "`backup_dir` must be a folder"),
        ({"save_freq": 0}, "`save_freq` must be"),
        ({"save_freq": True}, "`save_freq` must be"),
        ({"save_freq": "batch"}, "`save_freq` must be"),
        ({"seconds": 0}, "`seconds` must be positive"),
    ):
        with pytest.raises(ValueError, match=message):
            BackupAndRestore(**{"backup_dir": "backup"} | options)
    with pytest.raises(TypeError, match=r"backs up models of `ksr.models`.*Sequential.*Take"):
        BackupAndRestore("backup").set_model(keras.Sequential())


def test_data_of_others_is_warned_of_when_a_training_goes_on(tmp_path):
    """Arrays come shuffled by Keras: nobody can see if they are what they were."""
    x, y = np.arange(1, 33).reshape(-1, 1), np.arange(2, 34).reshape(-1, 1)

    def fit(*more):
        model, _ = gru4rec()
        callbacks = [BackupAndRestore(tmp_path, save_freq=np.int64(1)), *more]
        model.fit(x, y, batch_size=8, epochs=2, verbose=0, callbacks=callbacks)

    with pytest.raises(Killed):
        fit(Kill(3))
    with pytest.warns(UserWarning, match=r"`x` was not made by `ksr.batches`"):
        fit()


def test_snapshots_after_seconds(tmp_path):
    with pytest.raises(Killed):
        callbacks = [BackupAndRestore(tmp_path, save_freq=False, seconds=1e-6), Kill(2)]
        trained(gru4rec, callbacks)
    assert len(list(tmp_path.glob("snapshot-*.npz"))) == 1


# === Processes that are killed ===


def run_child(folder, number=0):
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    arguments = [folder / "backup", folder / "weights.npz", str(int(number))]
    command = [sys.executable, "-m", "harness.killed", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True)


@pytest.mark.parametrize(
    "number, code",
    [
        pytest.param(signal.SIGTERM, 143, marks=pytest.mark.slow),
        pytest.param(signal.SIGKILL, -signal.SIGKILL, marks=pytest.mark.slow),
        pytest.param(signal.SIGINT, -signal.SIGINT, marks=pytest.mark.slow),
    ],
)
def test_a_process_that_is_stopped_goes_on(tmp_path, number, code):
    stopped = run_child(tmp_path, number)
    assert stopped.returncode == code, stopped.stderr[-2000:]
    assert list((tmp_path / "backup").glob("snapshot-*.npz"))
    finished = run_child(tmp_path)
    assert finished.returncode == 0, finished.stderr[-2000:]
    assert not (tmp_path / "backup").exists()
    os.rename(tmp_path / "weights.npz", tmp_path / "resumed.npz")
    run_child(tmp_path)
    with np.load(tmp_path / "weights.npz") as whole, np.load(tmp_path / "resumed.npz") as resumed:
        check_same([resumed[name] for name in whole.files], [whole[name] for name in whole.files])


# === Several trainings, one after the other ===


class KillFit(keras.callbacks.Callback):
    """Breaks off in the middle of the fit with this number."""

    def __init__(self, number):
        super().__init__()
        self.fits, self.number = itertools.count(), number

    def on_train_begin(self, logs=None):
        self.kill = next(self.fits) == self.number

    def on_epoch_end(self, epoch, logs=None):
        if self.kill and epoch == 1:
            raise Killed


@pytest.mark.parametrize("number", [pytest.param(0, marks=pytest.mark.slow), 1])
def test_stages_that_have_ended_are_skipped(tmp_path, number):
    def run(callbacks):
        model, _ = gru4rec()
        stages = [ksr.RecencyStage(1, 3), ksr.RecencyStage(1 / 2, 3, learning_rate=0.02)]
        batches = lambda log, catalog: ksr.batches.session_parallel(log, catalog, lanes=8)  # noqa: E731
        found = ksr.fit_by_recency(model, LOG, batches, stages, callbacks=callbacks, verbose=0)
        return model, [history.history for history in found]

    whole, histories = run([])
    with pytest.raises(Killed):
        run([BackupAndRestore(tmp_path / "backup"), KillFit(number)])
    model, found = run([BackupAndRestore(tmp_path / "backup")])
    check_same(state_of(model), state_of(whole))
    assert found == histories
    assert not (tmp_path / "backup").exists()
