"""Reads click logs from files."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from keras_sessrec.data.click_columns import ClickColumns
from keras_sessrec.data.session_log import SessionLog
from keras_sessrec.data.text_clicks import FindColumns, Place, text_pieces
from keras_sessrec.ops.progress import progress_bar

_BATCH_ROWS = 2**20
# yoochoose-clicks.dat of the RecSys Challenge 2015 has no header line.
_RSC15_COLUMNS = ["session_id", "timestamp", "item_id", "category"]
_FORMATS = ("csv", "tsv", "parquet", "rsc15")
_FORMAT_OF_ENDING = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".txt": "tsv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".dat": "rsc15",
}


def read_clicks(
    path: str | os.PathLike | Sequence[str | os.PathLike],
    session_column: str | int = "session_id",
    item_column: str | int = "item_id",
    time_column: str | int = "timestamp",
    time_unit: str = "s",
    format: str | None = None,
    verbose: int | str = "auto",
) -> SessionLog:
    r"""Reads a click log from a CSV, TSV, Parquet or raw RSC15 file.

    Every row is one event; further columns are ignored. Rows may be in any order;
    none is dropped: a missing or unreadable value is an error that names the file,
    the column and the row. Files are read in blocks, so memory is needed for the
    finished log, not for the text.

    A log without session ids has a visitor column instead: read that as the
    session column and cut the result with `sessionize`.

    Args:
        path: str or path of the file, a list of files that hold one log together, or a folder
            of them. Text files may be packed (.gz, .bz2), and separated by `;`, tab or `|`.
        session_column: str or int, name of the column of session ids (integers or strings).
            Defaults to `"session_id"`, or `"SessionId"` where only that is there. Three
            numbers are places, from 0, in a text file without a header line.
        item_column: str, name of the column of item ids (integers or strings).
            Defaults to `"item_id"`, or `"ItemId"` where only that is there.
        time_column: str, name of the column of times: numbers, ISO 8601 strings or,
            in Parquet, timestamps. Numbers in seconds stay as they are, date-times
            become seconds since 1970 (UTC where no zone is given). Defaults to
            `"timestamp"`, or `"Time"` where only that is there.
        time_unit: str, unit of numeric times, "s", "ms", "us" or "ns". Defaults to "s",
            right also for a counter that only orders the events.
        format: str, "csv", "tsv", "parquet" or "rsc15" (`yoochoose-clicks.dat`: no
            header; session, time, item, category). Defaults to `None`: by the
            file's ending (.csv; .tsv, .txt; .parquet, .pq; .dat).
        verbose: As in Keras: `"auto"` (default) or 1 for a progress bar once it has taken two
            seconds, 0 for silence, 2 for one line at the end.

    Returns:
        A `SessionLog`.

    Raises:
        ValueError: The file is empty, damaged or of another format, a column is not
            there, or a value is missing or unreadable.
        FileNotFoundError: There is no such file.
        TypeError: `path` is a frame.

    Example:

    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "clicks.csv"
    >>> _ = file.write_text("SessionId,ItemId,Time\n1,tea,0\n1,cup,9\n2,tea,5\n")
    >>> read_clicks(file)
    <SessionLog of 2 sessions, 3 events, 2 items>
    """
    if hasattr(path, "columns"):
        raise TypeError(
            "`path` must be a file, a folder or a list of files. Received: "
            f"{type(path).__name__}. Read a frame by `ksr.data.from_frame(frame)`."
        )
    given = [path] if isinstance(path, (str, os.PathLike)) else list(path)
    if not given:
        raise ValueError("`path` must name at least one file. Received: an empty list.")
    paths = [file for one in given for file in _files_of(os.fspath(one), format)]
    names = (session_column, item_column, time_column)
    has_header = not all(isinstance(name, int) for name in names)
    columns = ClickColumns(*names, time_unit)
    with progress_bar("Reading clicks", unit="click", verbose=verbose) as bar:
        for file in paths:
            for piece, place in _pieces(file, format or _format_of(file), columns.find, has_header):
                columns.append(piece, place)
                bar.update(piece.num_rows)
    return columns.to_log(", ".join(f"`{file}`" for file in paths[:3]) + " ..." * (len(paths) > 3))


def _files_of(path: str, format: str | None) -> list[str]:
    """A file, or the parts in a folder, as Spark writes them, in the order of their names."""
    if not os.path.isdir(path):
        if not os.path.exists(path):
            raise FileNotFoundError(f"`path` must be a file or folder. Received: {path!r}.")
        return [path]
    parts = sorted(file for file in Path(path).iterdir() if file.name[0] not in "._")
    if not parts or (format is None and any(p.is_dir() or not _ending(p) for p in parts)):
        raise ValueError(
            f"`path` must be a file, or a folder with files in it that end in one of "
            f"{tuple(_FORMAT_OF_ENDING)}. Received: {path!r}, which holds "
            f"{[part.name for part in parts[:3]]}. Give a list of files, or `format`."
        )
    return [os.fspath(part) for part in parts]


def _pieces(
    path: str, format: str, find: FindColumns, has_header: bool
) -> Iterator[tuple[pa.RecordBatch, Place]]:
    header = None if has_header else "numbers"
    if format == "parquet":
        return parquet_pieces(path, find)
    if format in ("csv", "tsv"):
        return text_pieces(path, find, {"csv": ",", "tsv": "\t"}[format], header)
    if format == "rsc15":
        return text_pieces(path, find, ",", _RSC15_COLUMNS if has_header else header)
    raise ValueError(f"`format` must be one of {_FORMATS}. Received: {format!r}.")


def parquet_pieces(path: str, find: FindColumns) -> Iterator[tuple[pa.RecordBatch, Place]]:
    """Yields the wanted columns of a Parquet file, as `text_pieces`; rows are counted from 0."""
    num_rows = 0
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            names = find(file.schema_arrow.names, f"`{path}`")
            for piece in file.iter_batches(batch_size=_BATCH_ROWS, columns=names):
                yield (
                    piece.select(names),
                    lambda row, first=num_rows: (  # type: ignore[misc]
                        f"`{path}`, row {first + row} (from 0)"
                    ),
                )
                num_rows += piece.num_rows
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise ValueError(
            f"`{path}` cannot be read as Parquet: {error} Check that the file is complete, or "
            "name its format with `format=`."
        ) from error


def _ending(path: Path) -> str | None:
    """The ending that tells the format, if it does."""
    endings = [ending.lower() for ending in path.suffixes]
    if endings and endings[-1] in (".gz", ".bz2"):
        endings.pop()
    return endings[-1] if endings and endings[-1] in _FORMAT_OF_ENDING else None


def _format_of(path: str) -> str:
    ending = _ending(Path(path))
    if ending is None:
        raise ValueError(
            f"`path` must end in one of {tuple(_FORMAT_OF_ENDING)}, or `format` must name one of "
            f"{_FORMATS}. Received: path {path!r} without `format`."
        )
    return _FORMAT_OF_ENDING[ending]
