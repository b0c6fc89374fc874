"""A stage of training as data."""

import dataclasses

import pytest

import keras_sessrec as ksr


def test_is_plain_data():
    stage = ksr.RecencyStage(1 / 4, epochs=3, learning_rate=0.01)
    assert dataclasses.asdict(stage) == {"fraction": 0.25, "epochs": 3, "learning_rate": 0.01}
    assert stage == ksr.RecencyStage(0.25, 3, 0.01) and hash(stage) == hash(
        ksr.RecencyStage(0.25, 3, 0.01)
    )
    with pytest.raises(dataclasses.FrozenInstanceError):
        stage.epochs = 4


@pytest.mark.parametrize(
    "arguments",
    [
        {"fraction": 0, "epochs": 1},
        {"fraction": 1.1, "epochs": 1},
        {"epochs": 0, "fraction": 1},
        {"learning_rate": 0.0, "fraction": 1, "epochs": 1},
        {"learning_rate": float("nan"), "fraction": 1, "epochs": 1},
    ],
)
def test_bad_arguments(arguments):
    name = next(iter(arguments))
    with pytest.raises(ValueError, match=f"`{name}` must be .*Received: {name}="):
        ksr.RecencyStage(**arguments)
