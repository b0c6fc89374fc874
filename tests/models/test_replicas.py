"""Devices and processes that train one model: as one device does, and through the loss of one."""

import shutil
import signal
import time
from types import SimpleNamespace

import keras
import numpy as np
import pytest

import keras_sessrec as ksr
from harness import replicas
from harness.model import compile_arguments
from harness.replicas import CATALOG, LOG
from keras_sessrec.models.replicas import Replicas
from keras_sessrec.training.devices import LocalExchange

WAYS = [way for way in replicas.WAYS if way != "different"]


def assert_as_one_device(folder, way, count=2, **options):
    """What all have is the same, and what one device has, but for rounding."""
    (folder / "one").mkdir(exist_ok=True)
    replicas.train(way, folder / "one", **options)
    one = dict(np.load(folder / "one" / f"{way}_0.npz"))
    first = dict(np.load(folder / f"{way}_0.npz"))
    assert first.keys() == one.keys()
    for name, values in one.items():
        np.testing.assert_allclose(
            first[name], values, rtol=1e-5, atol=1e-5, err_msg=f"{way}: {name}"
        )
    for other in range(1, count):
        with np.load(folder / f"{way}_{other}.npz") as file:
            assert len(file.files) > 5
            for name in file.files:
                np.testing.assert_array_equal(file[name], first[name], err_msg=f"{way}: {name}")
    return one


def test_two_processes_train_what_one_trains(tmp_path, monkeypatch):
    codes, said = replicas.run(tmp_path, "uneven", workers=2, jit=False, backup=True)
    assert codes == [0, 0], said[0][-2000:] + said[1][-2000:]
    monkeypatch.setattr(replicas, "JIT", False)
    one = assert_as_one_device(tmp_path, "uneven", backup=True)
    assert len(one["history val_loss"]) == 2
    kept = [len(list((tmp_path / where / "backup").iterdir())) for where in ("", "one")]
    assert kept == [2, 2]


@pytest.mark.slow
@pytest.mark.parametrize("how", [{"devices": 2}, {"workers": 2}], ids=["devices", "workers"])
def test_every_model_on_two(tmp_path, how):
    codes, said = replicas.run(tmp_path, *WAYS, timeout=1800, **how)
    assert set(codes) == {0}, said[0][-3000:]
    for way in WAYS:
        assert_as_one_device(tmp_path, way)


@pytest.mark.slow
def test_other_data_on_one_worker_is_seen(tmp_path):
    codes, said = replicas.run(tmp_path, "different", workers=2, jit=False)
    assert 0 not in codes
    for words in said:
        assert "All workers must train the same model on the same data" in words
        assert "on workers [1] data is not that of worker 0" in words


@pytest.mark.slow
def test_a_lost_worker_ends_the_others_and_the_job_goes_on(tmp_path):
    (tmp_path / "whole").mkdir()
    replicas.train("tied", tmp_path / "whole", backup=True)
    whole = dict(np.load(tmp_path / "whole" / "tied_0.npz"))
    kill = [1, 20, int(signal.SIGKILL)]
    begun = replicas.start(tmp_path, "tied", workers=2, backup=True, kill=kill)
    assert begun[1].wait(600) == -signal.SIGKILL
    lost = time.monotonic()
    assert begun[0].wait(60) not in (0, None)
    assert time.monotonic() - lost < 60
    assert "most likely since another one was lost" in (tmp_path / "said_0.txt").read_text()
    assert list((tmp_path / "backup").iterdir())
    for workers in (2, 1):
        folder = tmp_path / f"with_{workers}"
        folder.mkdir()
        shutil.copytree(tmp_path / "backup", folder / "backup")
        codes, said = replicas.run(folder, "tied", workers=workers, backup=True)
        assert set(codes) == {0}, said[0][-3000:]
        found = dict(np.load(folder / "tied_0.npz"))
        for name, values in whole.items():
            np.testing.assert_allclose(found[name], values, rtol=1e-5, atol=1e-5, err_msg=name)


@pytest.mark.slow
def test_all_workers_stop_with_a_snapshot_where_one_is_told_to(tmp_path):
    kill = [1, 3, int(signal.SIGTERM)]
    codes, said = replicas.run(tmp_path, "tied", workers=2, jit=False, backup=True, kill=kill)
    assert codes == [143, 143], said[0][-2000:]
    (snapshot,) = (tmp_path / "backup").iterdir()
    with np.load(snapshot) as file:
        assert '"done": 48' in str(file["facts"])


# === In this process ===


def made(**changes):
    model = ksr.models.GRU4Rec(CATALOG, units=[4], seed=1)
    model.compile(**compile_arguments(**changes))
    return model


def batches(lanes=8):
    return ksr.batches.session_parallel(LOG, CATALOG, lanes=lanes).take(20)


def on_two(model):
    """Lets two replicas that take turns on one device train a model."""
    devices = SimpleNamespace(worker_devices=["CPU:0"] * 2)
    exchange = LocalExchange(SimpleNamespace(extended=devices))
    model._replicas = Replicas(model, exchange, jit_compile=False)
    return model


def test_what_callbacks_change_reaches_all_replicas():
    class Change(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.optimizer.learning_rate = 0.1 / (batch + 1)

        def on_epoch_end(self, epoch, logs=None):
            weight = self.model.trainable_variables[0]
            weight.assign(weight / 2)

    one, two = made(), on_two(made())
    for model in (one, two):
        model.fit(batches(), epochs=2, verbose=0, callbacks=[Change()])
    for alone, shared in zip(one.get_weights(), two.get_weights(), strict=True):
        np.testing.assert_allclose(shared, alone, atol=1e-5)


def test_a_loss_that_is_not_finite_stops_with_its_step():
    model = on_two(made())
    weight = model.trainable_variables[0]
    weight.assign(weight * np.nan)
    with pytest.raises(FloatingPointError, match="not finite at step 0"):
        model.fit(batches(), verbose=0)


def test_what_devices_cannot_share_is_refused():
    x, y = np.ones((8, 1), np.int32), np.ones((8, 1), np.int32)
    with pytest.raises(ValueError, match=r"on a dataset of `ksr.batches`.*Received: ndarray"):
        on_two(made()).fit(x, y, verbose=0)
    with pytest.raises(ValueError, match="run_eagerly=True"):
        on_two(made(run_eagerly=True)).fit(batches(), verbose=0)
    m4 = ksr.models.EmbeddingGRU4Rec(CATALOG, np.eye(CATALOG.num_items, 4), units=[4], seed=1)
    m4.compile("adam", jit_compile=False)
    with pytest.raises(ValueError, match=r"normalises.*Received: `MaskedBatchNormalization`"):
        on_two(m4)
