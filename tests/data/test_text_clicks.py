import gzip
import re

import pytest

from keras_sessrec.data import text_clicks
from keras_sessrec.data.text_clicks import text_pieces


def find_all(names, source):
    return list(names)


def read(path, find=find_all, delimiter=",", **kwargs):
    pieces = list(text_pieces(str(path), find, delimiter, **kwargs))
    rows = [tuple(row.values()) for piece, _ in pieces for row in piece.to_pylist()]
    lines = [place(row) for piece, place in pieces for row in range(piece.num_rows)]
    return rows, [int(re.search(r"line (\d+)$", line)[1]) for line in lines]


def test_lines_are_the_files_own(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text('s,i\n1,a\n\n2,"b\nc"\n"3",d\n')
    assert read(path) == ([("1", "a"), ("2", "b\nc"), ("3", "d")], [2, 4, 6])


def test_without_header(tmp_path):
    path = tmp_path / "log.dat"
    path.write_text("1,a\n2,b\n")
    assert read(path, column_names=["s", "i"]) == ([("1", "a"), ("2", "b")], [1, 2])


def test_wanted_columns_in_wanted_order(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("x,i,s\n9,a,1\n")
    assert read(path, find=lambda names, source: ["s", "i"])[0] == [("1", "a")]


def test_lines_across_blocks(tmp_path, monkeypatch):
    monkeypatch.setattr(text_clicks, "_BLOCK_BYTES", 64)
    path = tmp_path / "log.csv"
    path.write_text("s,i\n" + "".join(f"{n},item{n}\n" for n in range(100)))
    rows, lines = read(path)
    assert len(list(text_pieces(str(path), find_all, ","))) > 5
    assert rows == [(str(n), f"item{n}") for n in range(100)]
    assert lines == list(range(2, 102))


def test_quoted_tabs_doubled_quotes_emoji_and_byte_order_mark(tmp_path):
    path = tmp_path / "log.tsv"
    path.write_text('s\ti\n1\t"a\tb"\n2\t"5"" nail"\n3\t🫖\n', encoding="utf-8-sig")
    expected = [("1", "a\tb"), ("2", '5" nail'), ("3", "🫖")]
    assert read(path, delimiter="\t") == (expected, [2, 3, 4])


def test_empty_fields_are_missing_and_words_are_not(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text('s,i\n1,\n2,""\n3,NA\n4,null\n')
    assert [item for _, item in read(path)[0]] == [None, None, "NA", "null"]


def test_packed_file(tmp_path):
    path = tmp_path / "log.csv.gz"
    with gzip.open(path, "wt") as file:
        file.write("s,i\n1,a\n")
    assert read(path) == ([("1", "a")], [2])


@pytest.mark.parametrize("content", ["", "\n\n"])
def test_empty_file(tmp_path, content):
    path = tmp_path / "log.csv"
    path.write_text(content)
    with pytest.raises(ValueError, match=r"log\.csv.*Received: an empty file"):
        read(path)


@pytest.mark.parametrize(("line", "fields"), [("2", 1), ("2,b,c", 3)])
def test_a_line_with_too_few_or_too_many_fields_is_named(tmp_path, line, fields):
    path = tmp_path / "log.csv"
    path.write_text(f's,i\n1,"a\nb"\n\n{line}\n')
    with pytest.raises(ValueError, match=rf"line 5: 2 fields .* Received: {fields} fields"):
        read(path)


def test_a_line_that_is_not_utf8_is_named(tmp_path):
    path = tmp_path / "log.csv"
    path.write_bytes("s,i\n1,a\n2,thé\n".encode("latin-1"))
    with pytest.raises(ValueError, match=r"line 3: UTF-8 text was expected"):
        read(path)


def test_binary_data_is_refused(tmp_path):
    path = tmp_path / "log.csv"
    path.write_bytes(b"PAR1\x15\x04\x00\x00,\n")
    with pytest.raises(ValueError, match=r"log\.csv.*UTF-8 text was expected.*binary"):
        read(path)


def test_a_damaged_packed_file_is_named(tmp_path):
    path = tmp_path / "log.csv.gz"
    packed = gzip.compress("".join(f"{n},{n * 7919 % 9973}\n" for n in range(50_000)).encode())
    path.write_bytes(packed[: len(packed) // 2])
    with pytest.raises(ValueError, match=r"log\.csv\.gz"):
        read(path)


def test_no_such_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "log.csv")


@pytest.mark.parametrize("bad", ["2,b", '2,"b,1', '2,"b,1' + "x" * 40_000_000])
def test_a_field_of_more_than_128_kilobytes_names_the_line(tmp_path, bad):
    """Python's reader, which looks for the line of another error, stops at it."""
    path = tmp_path / "log.csv"
    path.write_text("s,i,t\n1,a,1\n2," + '"' + "x" * 200_000 + '",1\n' + bad + "\n")
    with pytest.raises(ValueError, match=r"log\.csv`, line 3: field larger .*quote left open"):
        read(path)


def test_a_large_field_is_no_error_by_itself(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("s,i\n1," + "x" * 200_000 + "\n2,a\n")
    ((piece, _),) = text_pieces(str(path), find_all, ",")
    assert [len(item) for item in piece["i"].to_pylist()] == [200_000, 1]


def test_a_header_that_is_not_utf8_is_named(tmp_path):
    path = tmp_path / "log.csv"
    path.write_bytes("s,thé\n1,a\n".encode("latin-1"))
    with pytest.raises(ValueError, match=r"log\.csv`, line 1: UTF-8 text was expected"):
        read(path)


def test_nothing_but_a_byte_order_mark_is_an_empty_file(tmp_path):
    path = tmp_path / "log.csv"
    path.write_bytes(b"\xef\xbb\xbf\r\n")
    with pytest.raises(ValueError, match=r"log\.csv.*Received: an empty file"):
        read(path, column_names="numbers")


@pytest.mark.parametrize(
    ("line", "fields", "delimiter"),
    [
        ("\ufeffa,b;c\r\n", ["a", "b;c"], ","),
        ('"a;x";b\n', ["a;x", "b"], ";"),
        ("a\tb\n1\t2\n", ["a", "b"], "\t"),
        ("alone\n", ["alone"], ","),
    ],
)
def test_the_first_line_says_its_delimiter(tmp_path, line, fields, delimiter):
    path = tmp_path / "clicks.csv"
    path.write_text(line, encoding="utf-8")
    assert text_clicks.first_fields(str(path)) == (fields, delimiter)
