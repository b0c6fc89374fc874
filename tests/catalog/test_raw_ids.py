"""Raw ids as arrays."""

import numpy as np
import pytest

from keras_sessrec.catalog.raw_ids import as_id_array, as_integer


def test_integers_and_strings():
    np.testing.assert_array_equal(as_id_array(np.array([3, 1], np.int32)), [3, 1])
    assert as_id_array(iter([2**62])).dtype == np.int64
    assert as_id_array(np.array(["a", "b"])).tolist() == ["a", "b"]


@pytest.mark.parametrize("mixed", [[1, "a"], [1.5], [None], [True]])
def test_other_types_are_errors(mixed):
    with pytest.raises(ValueError, match="all integers or all strings"):
        as_id_array(mixed)


def test_too_large_integers_are_errors():
    with pytest.raises(ValueError, match="64 bits"):
        as_id_array([2**63])


@pytest.mark.parametrize(
    ("given", "read"),
    [(5, 5), ("5", 5), ("-5", -5), ("05", None), ("5.0", None), (5.5, None), (None, None)],
)
def test_decimal_strings_are_integers(given, read):
    assert as_integer(given) == read
