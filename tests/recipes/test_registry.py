"""All recipes by name."""

import pytest

import keras_sessrec as ksr


def test_names_are_unique_and_found():
    names = ksr.recipes.list()
    assert len(names) == len(set(names)) == len({ksr.recipes.get(n).name for n in names})
    assert all(ksr.recipes.get(name).name == name for name in names)


def test_an_unknown_name_lists_what_there_is():
    with pytest.raises(ValueError, match=r"`name` must be one of .*tan_m1_100.* name='sasrec'"):
        ksr.recipes.get("sasrec")
