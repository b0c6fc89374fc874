"""What callbacks remember."""

import json

import keras
import numpy as np
import pytest

from keras_sessrec.callbacks.callback_state import pack, remembered, same, unpack


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        3,
        0.1,
        float("inf"),
        "text",
        [1, [2.5, None]],
        {"loss": [1.0, 2.0], 3: {}},
        np.arange(4.0, dtype=np.float32),
        [np.array([1, 2]), np.array(["a"])],
    ],
)
def test_plain_values_come_back_through_json(value):
    arrays = {}
    text = json.dumps(pack(value, arrays))
    found = unpack(json.loads(text), arrays)
    assert same(found, value)
    assert type(found) is type(value)


def test_numpy_numbers_become_pythons_and_tuples_lists():
    arrays = {}
    assert pack((np.float32(0.5), np.int64(2)), arrays) == [0.5, 2]
    assert arrays == {}


def test_values_differ_in_numbers_and_in_arrays():
    assert same(float("nan"), float("nan"))
    assert not same(1, 2)
    assert not same(np.array([1.0]), np.array([2.0]))
    assert not same([np.zeros(2)], [np.zeros(3)])
    assert not same(None, np.zeros(3))


def test_models_functions_and_writers_are_left_out(tmp_path):
    class Own(keras.callbacks.Callback):
        def __init__(self):
            super().__init__()
            self.wait, self.seen, self.function = 2, {"a": [1]}, len

    own = Own()
    own.set_model(keras.Sequential())
    own.set_params({"epochs": 3})
    assert remembered(own) == {"wait": 2, "seen": {"a": [1]}}
    assert remembered(keras.callbacks.TensorBoard(tmp_path)) == {}
    assert remembered(keras.callbacks.CSVLogger(tmp_path / "log.csv")) == {}
