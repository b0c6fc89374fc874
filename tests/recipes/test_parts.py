"""Names and arguments into objects."""

import pytest

from keras_sessrec.recipes.parts import PARTS, made, seeded


def test_parts_are_made_within_parts():
    subnets = made({"item": ("Subnet", {"representation": ("OneHotItem", {}), "units": [3]})})
    assert type(subnets["item"]).__name__ == "Subnet"
    assert type(subnets["item"].representation).__name__ == "OneHotItem"
    assert made([("InBatch", {}), 3, "text", (1, 2)])[1:] == [3, "text", (1, 2)]


def test_an_unknown_name_is_an_error():
    with pytest.raises(KeyError, match="GRU5Rec"):
        made(("GRU5Rec", {}))


def test_names_are_the_classes_own():
    assert all(part.__name__ == name for name, part in PARTS.items())


def test_seeds_differ_between_layers_and_repeat():
    part = {"a": ("Subnet", {"representation": ("OneHotItem", {}), "units": [3]}), "n": 5}
    once, again, other = seeded(part, 1), seeded(part, 1), seeded(part, 2)
    assert once == again != other
    arguments = once["a"][1]
    assert arguments["seed"] != arguments["representation"][1]["seed"]
    assert once["n"] == 5
    assert "seed" not in part["a"][1]
