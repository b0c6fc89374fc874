"""The steps of several replicas together are the step of one device."""

from types import SimpleNamespace

import numpy as np
import pytest

from harness import replicas
from keras_sessrec.models.replicas import Replicas
from keras_sessrec.training.devices import LocalExchange


def trained(way, count, monkeypatch):
    """A model trained by so many replicas, which take turns on one device."""
    monkeypatch.setattr(replicas, "JIT", False)
    model, batches = replicas.WAYS[way]()
    if count:
        strategy = SimpleNamespace(worker_devices=["CPU:0"] * count)
        exchange = LocalExchange(SimpleNamespace(extended=strategy))
        model._replicas = Replicas(model, exchange, jit_compile=False)
    return model, model.fit(batches.take(70), epochs=2, verbose=0)


@pytest.mark.parametrize(
    "way, count",
    [
        ("tied", 2),
        ("interleaving", 2),
        pytest.param("one-hot", 1, marks=pytest.mark.slow),
        pytest.param("uneven", 4, marks=pytest.mark.slow),
        pytest.param("discounted", 3, marks=pytest.mark.slow),
        pytest.param("regularized", 2, marks=pytest.mark.slow),
        pytest.param("residual", 2, marks=pytest.mark.slow),
        pytest.param("uneven", 2, marks=pytest.mark.slow),
        pytest.param("m1", 2, marks=pytest.mark.slow),
        pytest.param("packed", 2, marks=pytest.mark.slow),
        pytest.param("m3", 2, marks=pytest.mark.slow),
    ],
)
def test_replicas_train_what_one_device_trains(way, count, monkeypatch):
    one = replicas.outcome(*trained(way, 0, monkeypatch))
    model, found = trained(way, count, monkeypatch)
    many = replicas.outcome(model, found)
    assert many.keys() == one.keys()
    for name, values in one.items():
        np.testing.assert_allclose(many[name], values, rtol=1e-5, atol=1e-5, err_msg=name)
    for twin in model._replicas.models[1:]:
        for name, values in replicas.outcome(twin).items():
            np.testing.assert_array_equal(values, many[name], err_msg=name)
