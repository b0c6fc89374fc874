import numpy as np
import pyarrow as pa
import pytest

from keras_sessrec.data.bad_value import BadValue
from keras_sessrec.data.id_column import IdColumn


def encode(*pieces):
    column = IdColumn()
    for piece in pieces:
        column.append(piece)
    codes, ids = column.finish()
    return codes, ids, ids[codes].tolist()


def test_decimal_strings_become_integers():
    codes, ids, back = encode(pa.array(["7", "-3"]), pa.array(["7", "0"]))
    assert back == [7, -3, 7, 0]
    assert codes.dtype == np.int32 and ids.dtype == np.int64
    assert len(ids) == 3


@pytest.mark.parametrize("other", ["007", "+7", "0x7", "7.5", " 7", "7\n", "-0", "7.", str(2**63)])
def test_what_is_not_a_plain_integer_makes_all_ids_strings(other):
    _, ids, back = encode(pa.array(["7"]), pa.array([other]))
    assert ids.dtype == object
    assert back == ["7", other]


def test_whole_floats_as_text_are_integers():
    codes, ids, back = encode(pa.array(["7", "7.0", "-3.00"]), pa.array(["7.0"]))
    assert back == [7, 7, -3, 7] and ids.dtype == np.int64
    assert len(ids) == 2 and codes.dtype == np.int32


def test_integers_and_strings_meet_as_strings():
    _, _, back = encode(pa.array([7, 8]), pa.array(["x", "7"]))
    assert back == ["7", "8", "x", "7"]


def test_largest_integers():
    assert encode(pa.array([2**63 - 1, -(2**63)]))[2] == [2**63 - 1, -(2**63)]
    assert encode(pa.array([2**64 - 1], pa.uint64()))[2] == [str(2**64 - 1)]
    assert encode(pa.array([5], pa.uint64()))[2] == [5]


def test_whole_floats_are_integers():
    assert encode(pa.array([1.0, 2.0, 1.0]))[2] == [1, 2, 1]


def test_dictionary_arrays_are_decoded():
    piece = pa.array(["a", "b", "a"]).dictionary_encode()
    assert encode(piece, pa.array(["b"]))[2] == ["a", "b", "a", "b"]


def test_ids_with_tabs_quotes_and_emoji_stay_as_they_are():
    ids = ["a\tb", '5" nail', "🫖", "nan", "NULL", " "]
    assert encode(pa.array(ids))[2] == ids


def test_result_is_writeable_and_owns_no_arrow_memory():
    _, ids, _ = encode(pa.array([1, 2]))
    assert ids.flags.writeable


@pytest.mark.parametrize(
    ("piece", "row"),
    [
        (pa.array(["a", None]), 1),
        (pa.array(["a", "b", ""]), 2),
        (pa.array([1.0, float("nan")]), 1),
        (pa.array([1, 2, 3, None]), 3),
        (pa.array([None, None]), 0),
    ],
)
def test_a_missing_id_is_an_error_with_its_row(piece, row):
    with pytest.raises(BadValue, match="Received: nothing") as error:
        IdColumn().append(piece)
    assert error.value.row == row


def test_no_other_type_is_an_id():
    with pytest.raises(BadValue, match=r"integers or strings. Received: 1\.5") as error:
        IdColumn().append(pa.array([2.0, 1.5]))
    assert error.value.row == 1
    with pytest.raises(BadValue, match="a column of type bool"):
        IdColumn().append(pa.array([True]))
    with pytest.raises(BadValue, match="Received: inf"):
        IdColumn().append(pa.array([float("inf")]))


def test_bytes_are_strings():
    column = IdColumn()
    column.append(pa.array([b"tea", b"cup"]))
    assert column.finish()[1].tolist() == ["tea", "cup"]
    with pytest.raises(BadValue):
        IdColumn().append(pa.array([b"tea", b""]))


def test_bytes_that_are_not_utf8_are_named():
    with pytest.raises(BadValue, match=r"UTF-8 text was expected.*b'th\\xe9'") as found:
        IdColumn().append(pa.array([b"tea", "thé".encode("latin-1")]))
    assert found.value.row == 1
