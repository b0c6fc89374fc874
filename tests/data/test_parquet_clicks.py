import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from keras_sessrec.data import parquet_clicks
from keras_sessrec.data.parquet_clicks import parquet_pieces


def find(names, source):
    return ["s", "i"]


def test_wanted_columns_in_wanted_order_with_rows_across_batches(tmp_path, monkeypatch):
    monkeypatch.setattr(parquet_clicks, "_BATCH_ROWS", 4)
    path = tmp_path / "log.parquet"
    pq.write_table(pa.table({"i": [*"abcdefghij"], "x": [0] * 10, "s": range(10)}), path)
    pieces = list(parquet_pieces(str(path), find))
    assert [piece.num_rows for piece, _ in pieces] == [4, 4, 2]
    assert all(piece.schema.names == ["s", "i"] for piece, _ in pieces)
    assert [row["s"] for piece, _ in pieces for row in piece.to_pylist()] == list(range(10))
    assert pieces[2][1](1).endswith("log.parquet`, row 9 (from 0)")


def test_another_file_type_is_named(tmp_path):
    path = tmp_path / "log.parquet"
    path.write_text("s,i\n1,a\n")
    with pytest.raises(ValueError, match=r"log\.parquet` cannot be read as Parquet"):
        list(parquet_pieces(str(path), find))


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_a_truncated_file_is_named(tmp_path, share):
    path = tmp_path / "log.parquet"
    pq.write_table(pa.table({"i": [*"abcdefghij"], "s": range(10)}), path)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(ValueError, match=r"log\.parquet` cannot be read as Parquet"):
        list(parquet_pieces(str(path), find))


def test_a_damaged_page_is_named(tmp_path):
    path = tmp_path / "log.parquet"
    pq.write_table(pa.table({"i": [*"abcdefghij"] * 999, "s": range(9990)}), path)
    content = bytearray(path.read_bytes())
    content[4:200] = b"\xff" * 196
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"log\.parquet` cannot be read as Parquet"):
        list(parquet_pieces(str(path), find))


def test_no_such_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        list(parquet_pieces(str(tmp_path / "log.parquet"), find))
