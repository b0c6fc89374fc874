"""Weights are refused before they take memory."""

import pytest

import keras_sessrec as ksr
from keras_sessrec.ops.weight_memory import machine_memory, take_weights, weights_within


def test_the_machines_memory_is_what_the_kernel_says():
    with open("/proc/meminfo") as file:
        kibibytes = int(file.readline().split()[1])
    assert machine_memory() == kibibytes * 1024


def test_what_is_made_in_a_block_adds_up():
    with weights_within(1000, "the file"):
        take_weights((10, 20))
        take_weights((5,), itemsize=8)
        with pytest.raises(ValueError, match=r"\(41,\), which takes 164.*the file has 160 bytes"):
            take_weights((41,))
        take_weights((40,))
        with pytest.raises(ValueError, match="the file has 0 bytes"):
            take_weights((1,))
    take_weights((1000,))


@pytest.mark.parametrize(("outer", "inner"), [(100, 10_000), (10_000, 100)])
def test_the_narrower_of_two_blocks_counts(outer, inner):
    with weights_within(outer, "outer"), weights_within(inner, "inner"):
        take_weights((20,))
        with pytest.raises(ValueError, match="has 20 bytes left"):
            take_weights((6,))


@pytest.mark.parametrize("units", [[10**12], [4, 10**13], 10**30])
def test_a_constructor_asks_too(units):
    with pytest.raises(ValueError, match=r"must fit into the memory.*this machine's memory has"):
        ksr.models.GRU4Rec(ksr.Catalog(["tea", "cup"]), units=units)
