import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from keras_sessrec.data.bad_value import BadValue, check_utf8
from keras_sessrec.data.reading import read_clicks


def test_it_carries_row_and_problem():
    error = BadValue(3, "an id was expected.")
    assert (error.row, str(error)) == (3, "an id was expected.")


def test_strings_that_are_not_utf8_are_named():
    check_utf8(pa.array(["tea", "thé", None]))
    for kind in (pa.string(), pa.large_string()):
        strings = pa.array([b"tea", b"th\xe9", b"\xff"]).cast(kind, safe=False)
        with pytest.raises(BadValue, match=r"UTF-8 text was expected.*b'th\\xe9'") as found:
            check_utf8(strings)
        assert found.value.row == 1


def test_a_parquet_file_with_strings_that_are_not_utf8_is_named(tmp_path):
    wrong = pa.array([b"7", b"\xe9"]).cast(pa.string(), safe=False)
    for column in ("session_id", "item_id", "timestamp"):
        table = {name: ["1", "2"] for name in ("session_id", "item_id", "timestamp")}
        pq.write_table(pa.table(table | {column: wrong}), tmp_path / "log.parquet")
        with pytest.raises(ValueError, match=rf"log\.parquet`, row 1 .*`{column}`: UTF-8 text"):
            read_clicks(tmp_path / "log.parquet")
