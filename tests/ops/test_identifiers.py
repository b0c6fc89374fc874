"""Objects by name, and what an error says of anything else."""

import keras
import pytest

from keras_sessrec.ops.identifiers import a_or_an, resolve, shown

SIGNS = {"soft": keras.layers.Softmax, "elu": keras.layers.ELU}


def look_up(identifier):
    return resolve("sign", identifier, keras.layers.Layer, SIGNS, "Softmax()")


def test_an_object_is_itself_and_a_name_makes_one():
    layer = keras.layers.ReLU()
    assert look_up(layer) is layer
    assert type(look_up("soft")) is keras.layers.Softmax


def test_a_config_makes_the_object_again():
    config = keras.saving.serialize_keras_object(keras.layers.ELU(0.5))
    assert look_up(config).alpha == 0.5


@pytest.mark.parametrize(
    ("identifier", "error", "message"),
    [
        ("hard", ValueError, "must be a `Layer`, e.g. `Softmax().*'elu', 'soft'.*: 'hard'"),
        ({"class_name": "Nobody", "config": {}}, ValueError, "`sign`.*Nobody"),
        ({"name": "soft"}, ValueError, "`sign`"),
        (keras.layers.ELU, TypeError, "an object, not a class, e.g. `Softmax().*ELU"),
        (None, TypeError, "Received: None"),
        (2048, TypeError, "Received: 2048"),
        (list(range(10_000)), TypeError, r"Received: \[0, 1, 2"),
    ],
    ids=["name", "class_name", "no_config", "class", "none", "number", "long"],
)
def test_anything_else_is_refused_by_the_arguments_name(identifier, error, message):
    with pytest.raises(error, match=message) as raised:
        look_up(identifier)
    assert len(str(raised.value)) < 400


def test_an_object_of_another_family_is_refused():
    config = keras.saving.serialize_keras_object(keras.losses.Hinge())
    for other in (keras.losses.Hinge(), config):
        with pytest.raises((TypeError, ValueError), match="`sign` must be a `Layer`"):
            look_up(other)


def test_articles_and_long_values():
    assert a_or_an(int) == "a `int`" and a_or_an(keras.layers.ELU) == "an `ELU`"
    assert shown("x" * 500) == "'" + "x" * 196 + "..."
