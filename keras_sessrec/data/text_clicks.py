"""Reads CSV-like click files block by block."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

import pyarrow as pa
from pyarrow import csv as arrow_csv

_BLOCK_BYTES = 32 * 2**20

FindColumns = Callable[[Sequence[str], str], list[str]]
Place = Callable[[int], str]


def text_pieces(
    path: str, find: FindColumns, delimiter: str, column_names: list[str] | str | None = None
) -> Iterator[tuple[pa.RecordBatch, Place]]:
    """Yields the wanted columns of a delimited UTF-8 text file.

    Fields may be quoted with `"`; an empty field is a missing value; lines
    without any character are skipped. What gzip or bzip2 has packed is unpacked, whatever the
    file is called.

    Args:
        path: str, the file.
        find: Finds the wanted columns' names among the file's, as `ClickColumns.find`.
        delimiter: str, between fields; if the first line has none, the one of `,`, `;`, tab and
            `|` that it has.
        column_names: Names of the columns of a file without a header line, or `"numbers"`: 0,
            1, ... Defaults to `None`: the first line holds them.

    Yields:
        Pairs of a record batch (strings, in the order of `find`) and a function
        that names the file's line of a row of the batch.

    Raises:
        ValueError: The file is empty, not UTF-8 text, or has a line with too few or
            too many fields.
    """
    fields, delimiter = first_fields(path, delimiter)
    if column_names == "numbers":
        column_names = [str(number) for number in range(len(fields))]
    header_lines = 0 if column_names else 1
    read = arrow_csv.ReadOptions(block_size=_BLOCK_BYTES, column_names=column_names)
    parse = arrow_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True)
    num_rows = 0
    try:
        with arrow_csv.open_csv(_opened(path), read, parse) as reader:
            names = reader.schema.names
        found = find(names, f"`{path}`")
        convert = arrow_csv.ConvertOptions(
            include_columns=found,
            column_types=dict.fromkeys(found, pa.string()),
            null_values=[""],
            strings_can_be_null=True,
        )
        with arrow_csv.open_csv(_opened(path), read, parse, convert) as reader:
            for piece in reader:
                first = header_lines + num_rows
                yield (
                    piece,
                    lambda row, first=first: (  # type: ignore[misc]
                        f"`{path}`, line {_line_of_record(path, delimiter, first + row)}"
                    ),
                )
                num_rows += piece.num_rows
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise _explained(error, path, delimiter) from error


def first_fields(path: str, delimiter: str = ",") -> tuple[list[str], str]:
    """The fields of a text file's first line and the delimiter between them.

    Args:
        path: str, the file.
        delimiter: str, as in `text_pieces`.

    Raises:
        ValueError: The file is empty, cannot be unpacked, or is not text.
    """
    start = _start_of(path)
    first_line = re.split(r"[\r\n]", start.decode(errors="replace").lstrip("\ufeff\r\n"))[0]
    if delimiter not in first_line:
        delimiter = next((d for d in ",;\t|" if d in first_line), delimiter)
    return next(csv.reader([first_line], delimiter=delimiter)), delimiter


def _opened(path: str) -> pa.NativeFile:
    """The file's bytes, unpacked."""
    with open(path, "rb") as file:
        start = file.read(3)
    packed = "gzip" if start[:2] == b"\x1f\x8b" else "bz2" if start == b"BZh" else None
    return pa.input_stream(path, compression=packed)


def _start_of(path: str) -> bytes:
    """The first characters of a text file."""
    try:
        with _opened(path) as stream:
            start = stream.read(65_536)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise ValueError(f"`{path}` cannot be unpacked: {error} Is the file complete?") from error
    if not start.removeprefix(codecs.BOM_UTF8).strip():
        raise ValueError(f"`{path}`: a click log was expected. Received: an empty file.")
    if b"\0" in start:
        raise ValueError(
            f"`{path}`: UTF-8 text was expected. Received: binary data. "
            'Unpack an archive first; name the format of a Parquet file with `format="parquet"`.'
        )
    return start


def _explained(error: Exception, path: str, delimiter: str) -> ValueError:
    """The reader's error with the line that caused it, found by a second, plain reading."""
    if isinstance(error, UnicodeDecodeError) or "UTF8" in str(error):
        with _opened(path) as stream, io.BufferedReader(stream) as lines:
            for number, line in enumerate(lines, start=1):
                try:
                    line.decode()
                except UnicodeDecodeError:
                    return ValueError(
                        f"`{path}`, line {number}: UTF-8 text was expected. "
                        f"Received: {line[:80]!r}. Convert the file to UTF-8."
                    )
    if wrong_count := re.search(r"Expected (\d+) columns, got", str(error)):
        expected = int(wrong_count[1])
        for number, fields in _records(path, delimiter):
            if len(fields) != expected:
                return ValueError(
                    f"`{path}`, line {number}: {expected} fields were expected. "
                    f"Received: {len(fields)} fields: {delimiter.join(fields)[:80]!r}. "
                    "Correct or remove the line."
                )
    return ValueError(f"`{path}` cannot be read: {error}")


def _line_of_record(path: str, delimiter: str, record: int) -> int:
    """Line, from 1, on which the record (from 0, header included) begins."""
    return next(islice(_records(path, delimiter), record, None))[0]


def _records(path: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    with (
        _opened(path) as stream,
        io.TextIOWrapper(stream, encoding="utf-8-sig", errors="replace", newline="") as text,
    ):
        reader = csv.reader(text, delimiter=delimiter)
        line = 1
        try:
            for fields in reader:
                if fields:
                    yield line, fields
                line = reader.line_num + 1
        except csv.Error as error:
            raise ValueError(
                f"`{path}`, line {line}: {error}. Is a quote left open? Correct or remove the line."
            ) from error
