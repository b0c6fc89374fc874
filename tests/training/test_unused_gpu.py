"""A GPU that is there and idle is told of, once."""

import warnings

import pytest
import tensorflow as tf

import keras_sessrec as ksr
from harness.model import chain_log
from keras_sessrec.training import unused_gpu


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine with two cards and TensorFlow that sees none."""
    for name in ("nvidia0", "nvidia1", "nvidiactl", "null"):
        (tmp_path / name).touch()
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind=None: [])
    unused_gpu.warn_of_unused_gpu.cache_clear()
    yield str(tmp_path)
    unused_gpu.warn_of_unused_gpu.cache_clear()


def test_it_is_said_once_with_what_to_do(machine):
    with pytest.warns(UserWarning, match=r"has 2 NVIDIA GPU.*tensorflow\[and-cuda\]"):
        unused_gpu.warn_of_unused_gpu(machine)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        unused_gpu.warn_of_unused_gpu(machine)


@pytest.mark.parametrize("value", ["", "-1"])
def test_who_hides_it_is_not_told(machine, monkeypatch, value):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", value)
    with warnings.catch_warnings(record=True) as told:
        unused_gpu.warn_of_unused_gpu(machine)
    assert told == []


def test_nothing_is_said_where_there_is_none_or_it_is_used(machine, monkeypatch, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    with warnings.catch_warnings(record=True) as told:
        unused_gpu.warn_of_unused_gpu(str(empty))
        monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind=None: ["one"])
        unused_gpu.warn_of_unused_gpu(machine)
    assert told == []


def test_fit_asks(monkeypatch):
    asked = []
    where = "keras_sessrec.models.session_trainer.warn_of_unused_gpu"
    monkeypatch.setattr(where, lambda: asked.append(True))
    log = chain_log()
    catalog = ksr.Catalog.from_log(log)
    model = ksr.models.GRU4Rec(catalog, units=[2], seed=1)
    model.compile(negatives="in_batch", jit_compile=False)
    model.fit(ksr.batches.session_parallel(log, catalog, lanes=4).take(1), verbose=0)
    assert asked
