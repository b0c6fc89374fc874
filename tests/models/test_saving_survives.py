"""Files of models under kills, full disks and damage."""

import os
import resource
import signal
import subprocess
import sys
import textwrap

import keras
import numpy as np
import pytest

import keras_sessrec as ksr

CATALOG = ksr.Catalog([f"item-{i}" for i in range(300)])


def made(seed=1):
    model = ksr.models.GRU4Rec(CATALOG, units=[16], seed=seed)
    model.compile(negatives=ksr.samplers.Uniform(4))
    return model


def save(model, path):
    (model.save if path.suffix == ".keras" else model.save_weights)(path)


def load(path):
    if path.suffix == ".keras":
        return keras.models.load_model(path)
    model = made(seed=5)
    model.load_weights(path)
    return model


def check_same(one, other):
    for a, b in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("name", ["a.keras", "a.weights.h5"])
def test_a_full_disk_keeps_the_file_that_was_there(tmp_path, name):
    path, first = tmp_path / name, made()
    save(first, path)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8_192, limits[1]))
    try:
        with pytest.raises(OSError, match=rf"{name} was not written: .*before is as it was"):
            save(made(seed=2), path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert os.listdir(tmp_path) == [name]
    check_same(load(path), first)


@pytest.mark.parametrize("name", ["a.keras", "a.weights.h5"])
def test_a_file_is_replaced_in_one_step(tmp_path, name, monkeypatch):
    path, first, second = tmp_path / name, made(), made(seed=2)
    save(first, path)
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        save(second, path)
    monkeypatch.undo()
    check_same(load(path), first)
    save(second, path)
    check_same(load(path), second)
    assert os.listdir(tmp_path) == [name]


def test_a_cut_file_is_an_error_that_names_it(tmp_path):
    path = tmp_path / "a.keras"
    made().save(path)
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(Exception, match=r"a\.keras"):
        ksr.models.GRU4Rec.from_preset(path)


CHILD = textwrap.dedent(
    """
    import sys, keras_sessrec as ksr
    catalog = ksr.Catalog([f"item-{i}" for i in range(300)])
    models = [ksr.models.GRU4Rec(catalog, units=[16], seed=seed) for seed in (1, 2)]
    models[0].save(sys.argv[1])
    print("ready", flush=True)
    while True:
        for model in models:
            model.save(sys.argv[1])
    """
)


@pytest.mark.slow
def test_a_file_survives_kills_while_it_is_written(tmp_path):
    rng = np.random.default_rng(0)
    path = tmp_path / "a.keras"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    for _ in range(8):
        command = [sys.executable, "-c", CHILD, path]
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout.readline() == "ready\n"
            try:
                child.wait(timeout=rng.uniform(0, 0.2))
            except subprocess.TimeoutExpired:
                child.send_signal(signal.SIGKILL)
        model = keras.models.load_model(path)
        assert model.get_weights()[0].shape[0] == 301
