"""A training that is killed ends as if nothing had happened."""

import itertools
import signal

import keras
import numpy as np
import pytest

import keras_sessrec as ksr
from harness.killed import CATALOG, LOG, Kill, Killed, gru4rec, state_of
from keras_sessrec.callbacks import BackupAndRestore


def trained(make, callbacks, epochs=3):
    model, data = make()
    return model, model.fit(data, epochs=epochs, callbacks=callbacks, verbose=0)


def check_same(one, other):
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a, b)


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
@pytest.mark.parametrize("before, after", [((16, False), (7, True)), ((7, True), (16, False))])
def test_other_blocks_and_compilers_give_the_same_weights(tmp_path, before, after):
    whole, _ = trained(gru4rec, [])
    with pytest.raises(Killed):
        callbacks = [BackupAndRestore(tmp_path, save_freq=1), Kill(4)]
        trained(lambda: gru4rec(*before), callbacks)
    model, _ = trained(lambda: gru4rec(*after), [BackupAndRestore(tmp_path)])
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
