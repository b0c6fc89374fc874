"""Click logs from files."""

import gzip

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from keras_sessrec.data import reading
from keras_sessrec.data.reading import parquet_pieces, read_clicks


def rows_of(log):
    items = log.item_ids[log.item_codes].tolist()
    sessions = log.session_ids[log.session_of_event].tolist()
    return list(zip(sessions, items, log.timestamps.tolist(), strict=True))


ROWS = [(2, "tea", 10), (1, "cup", 7), (2, "pot", 3)]
SORTED = [(2, "pot", 3), (2, "tea", 10), (1, "cup", 7)]


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".txt", ".parquet", ".pq", ".CSV", ".csv.gz"])
def test_format_by_ending(tmp_path, ending):
    path = tmp_path / f"clicks.v1{ending}"
    frame = pd.DataFrame(ROWS, columns=["SessionId", "ItemId", "Time"])
    if ending in (".parquet", ".pq"):
        frame.to_parquet(path)
    else:
        frame.to_csv(path, index=False, sep="," if "csv" in ending.lower() else "\t")
    assert rows_of(read_clicks(path)) == SORTED


def test_format_by_argument(tmp_path):
    path = tmp_path / "clicks"
    pd.DataFrame(ROWS, columns=["session_id", "item_id", "timestamp"]).to_parquet(path)
    assert rows_of(read_clicks(str(path), format="parquet")) == SORTED


def test_raw_rsc15_file(tmp_path):
    path = tmp_path / "yoochoose-clicks.dat"
    path.write_text(
        "2,2014-04-07T14:02:36.889Z,214551594,0\n"
        "1,2014-04-07T10:51:09.277Z,214536502,S\n"
        "1,2014-04-07T10:51:09.000Z,214536500,0\n"
    )
    noon = 16_167 * 86_400 + 12 * 3_600
    assert rows_of(read_clicks(path)) == [
        (1, 214536500, noon - 4_131),
        (1, 214536502, noon - 4_131 + 0.277),
        (2, 214551594, noon + 7_356.889),
    ]


def test_named_columns_and_milliseconds(tmp_path):
    path = tmp_path / "events.csv"
    path.write_text("timestamp,visitorid,event,itemid\n1500,v1,view,9\n500,v2,view,8\n")
    log = read_clicks(path, session_column="visitorid", item_column="itemid", time_unit="ms")
    assert rows_of(log) == [("v2", 8, 0.5), ("v1", 9, 1.5)]


def test_several_files_are_one_log(tmp_path):
    first, second = tmp_path / "a.csv", tmp_path / "b.parquet"
    first.write_text("session_id,item_id,timestamp\n1,7,1\n2,8,2\n")
    frame = pd.DataFrame({"session_id": [1], "item_id": ["x"], "timestamp": [3]})
    frame.to_parquet(second)
    assert rows_of(read_clicks([first, second])) == [(1, "7", 1), (1, "x", 3), (2, "8", 2)]


@pytest.mark.parametrize("ending", [".tsv", ".parquet"])
def test_any_string_is_an_id(tmp_path, ending):
    items = ["a\tb", '5" nail', "🫖", "x,y", "NA", "007", "two\nlines", "'"]
    frame = pd.DataFrame({"session_id": [1] * 8, "item_id": items, "timestamp": range(8)})
    path = tmp_path / f"log{ending}"
    frame.to_csv(path, index=False, sep="\t") if ending == ".tsv" else frame.to_parquet(path)
    log = read_clicks(path)
    assert log.item_ids[log.item_codes].tolist() == items


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (",b,3", r"log\.csv`, line 4, column `session_id`: an id was expected. Received: nothing"),
        ("2,,3", r"log\.csv`, line 4, column `item_id`: an id was expected"),
        ("2,b,", r"log\.csv`, line 4, column `timestamp`: a time was expected"),
        ("2,b,soon", r"log\.csv`, line 4, column `timestamp`: .* Received: 'soon'"),
        ("2,b", r"log\.csv`, line 4: 3 fields were expected.* Received: 2"),
    ],
)
def test_bad_rows_are_named(tmp_path, line, message):
    path = tmp_path / "log.csv"
    path.write_text(f"session_id,item_id,timestamp\n1,a,1\n\n{line}\n1,a,4\n")
    with pytest.raises(ValueError, match=message):
        read_clicks(path)


def test_rows_without_an_id_are_counted(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("session_id,item_id,timestamp\n1,a,1\n" + "1,,2\n" * 3)
    with pytest.raises(ValueError, match=r"line 3, .*Received: nothing; 2 more rows lack it\."):
        read_clicks(path)


def test_a_frame_is_no_path():
    with pytest.raises(TypeError, match=r"Received: DataFrame\. Read a frame by `ksr.data.from_"):
        read_clicks(pd.DataFrame())


def test_the_bad_file_of_several_is_named(tmp_path):
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    first.write_text("session_id,item_id,timestamp\n1,7,1\n")
    second.write_text("session_id,item_id,timestamp\n1,7,1\n1,7,x\n")
    with pytest.raises(ValueError, match=r"b\.csv`, line 3, column `timestamp`"):
        read_clicks([first, second])


def test_bad_parquet_rows_are_named(tmp_path):
    path = tmp_path / "log.parquet"
    frame = pd.DataFrame({"SessionId": [1, 1], "ItemId": ["a", None], "Time": [1, 2]})
    frame.to_parquet(path)
    with pytest.raises(ValueError, match=r"log\.parquet`, row 1 \(from 0\), column `ItemId`"):
        read_clicks(path)


def test_a_missing_column_is_named_with_those_there(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("SessionId:ItemId:Time\n1:a:1\n")
    with pytest.raises(ValueError, match=r"column `session_id` is not there.*SessionId:ItemId"):
        read_clicks(path)


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_a_file_with_no_rows(tmp_path, ending):
    path = tmp_path / f"log{ending}"
    frame = pd.DataFrame({"session_id": [], "item_id": [], "timestamp": []})
    frame.to_csv(path, index=False) if ending == ".csv" else frame.to_parquet(path)
    with pytest.raises(ValueError, match="at least one event was expected"):
        read_clicks(path)


def test_a_purchase_file_is_not_taken_for_clicks(tmp_path):
    path = tmp_path / "yoochoose-buys.dat"
    path.write_text("420374,2014-04-06T18:44:58.314Z,214537888,12462,1\n")
    with pytest.raises(ValueError, match=r"4 fields were expected.* Received: 5"):
        read_clicks(path)


def test_unknown_formats(tmp_path):
    for name in ("clicks.json", "clicks.csv"):
        (tmp_path / name).write_text("session_id,item_id,timestamp\n1,a,1\n")
    with pytest.raises(ValueError, match="`path` must end in one of"):
        read_clicks(tmp_path / "clicks.json")
    with pytest.raises(ValueError, match=r"`format` must be one of .* Received: 'json'"):
        read_clicks(tmp_path / "clicks.csv", format="json")
    with pytest.raises(ValueError, match="`path` must name at least one file"):
        read_clicks([])


def test_no_such_file(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"`path` must be a file or folder.*clicks\.csv"):
        read_clicks(tmp_path / "clicks.csv")


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_other_delimiters_are_seen(tmp_path, delimiter):
    path = tmp_path / "clicks.csv"
    rows = [["session_id", "item_id", "timestamp"], ["1", "tea", "1"], ["1", "cup", "2"]]
    path.write_text("".join(delimiter.join(row) + "\n" for row in rows))
    assert read_clicks(path).item_ids.tolist() == ["tea", "cup"]


def test_a_file_without_a_header_line(tmp_path):
    path = tmp_path / "clicks.csv"
    path.write_text("9,tea,1,a\n8,cup,1,b\n")
    log = read_clicks(path, session_column=2, item_column=1, time_column=0)
    assert log.num_sessions == 1 and log.item_ids[log.item_codes].tolist() == ["cup", "tea"]


@pytest.mark.parametrize("name", ["clicks.csv.gz", "clicks.csv.GZ", "clicks.csv"])
@pytest.mark.parametrize("packed", [False, True])
def test_packed_or_not_whatever_the_name(tmp_path, name, packed):
    text = b"session_id,item_id,timestamp\n1,tea,1\n1,cup,2\n"
    (tmp_path / name).write_bytes(gzip.compress(text) if packed else text)
    assert read_clicks(tmp_path / name).num_events == 2


def test_a_damaged_archive_names_the_file(tmp_path):
    path = tmp_path / "clicks.csv.gz"
    path.write_bytes(gzip.compress(b"session_id,item_id,timestamp\n" + b"1,tea,1\n" * 99)[:-20])
    with pytest.raises(ValueError, match=r"clicks\.csv\.gz` cannot be"):
        read_clicks(path)


def test_a_folder_of_parts(tmp_path):
    folder = tmp_path / "clicks.parquet"
    folder.mkdir()
    (folder / "_SUCCESS").write_text("")
    for part, item in enumerate(["tea", "cup"]):
        frame = pd.DataFrame({"session_id": [1], "item_id": [item], "timestamp": [part]})
        frame.to_parquet(folder / f"part-{part}.snappy.parquet")
    assert read_clicks(folder).item_ids.tolist() == ["tea", "cup"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="`path` must be a file, or a folder with files in it"):
        read_clicks(tmp_path / "empty")


@pytest.mark.parametrize(("factor", "unit"), [(1e3, "ms"), (1e6, "us"), (1e9, "ns")])
def test_times_of_another_unit_are_seen(tmp_path, factor, unit):
    path = tmp_path / "clicks.csv"
    times = [int(1.4e9 * factor), int(1.4e9 * factor) + 1]
    path.write_text(f"session_id,item_id,timestamp\n1,tea,{times[0]}\n1,cup,{times[1]}\n")
    with pytest.raises(ValueError, match=f"column `timestamp`: .*time_unit='{unit}'"):
        read_clicks(path)
    assert read_clicks(path, time_unit=unit).timestamps[0] == pytest.approx(1.4e9)


def find(names, source):
    return ["s", "i"]


def test_wanted_columns_in_wanted_order_with_rows_across_batches(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "_BATCH_ROWS", 4)
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


def test_checksums_of_pages_are_checked_where_there_are_some(tmp_path):
    path = tmp_path / "log.parquet"
    table = pa.table({"i": np.arange(9990), "s": range(9990)})
    options = {"compression": "none", "use_dictionary": False}
    pq.write_table(table, path, write_page_checksum=True, **options)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"log\.parquet` cannot be read as Parquet: .*CRC"):
        list(parquet_pieces(str(path), find))
