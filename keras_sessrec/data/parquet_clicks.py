"""Reads Parquet click files batch by batch."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq

from keras_sessrec.data.text_clicks import FindColumns, Place

_BATCH_ROWS = 2**20


def parquet_pieces(path: str, find: FindColumns) -> Iterator[tuple[pa.RecordBatch, Place]]:
    """Yields the wanted columns of a Parquet file.

    Args:
        path: str, the file.
        find: Finds the wanted columns' names among the file's, as `ClickColumns.find`.

    Yields:
        Pairs of a record batch (in the order of `find`) and a function that names
        the file's row (from 0) of a row of the batch.

    Raises:
        ValueError: The file is no Parquet file, or is damaged.
    """
    num_rows = 0
    try:
        with pq.ParquetFile(path) as file:
            names = find(file.schema_arrow.names, f"`{path}`")
            for piece in file.iter_batches(batch_size=_BATCH_ROWS, columns=names):
                yield (
                    piece.select(names),
                    lambda row, first=num_rows: f"`{path}`, row {first + row} (from 0)",
                )
                num_rows += piece.num_rows
    except (pa.ArrowInvalid, OSError) as error:
        if isinstance(error, FileNotFoundError):
            raise
        raise ValueError(
            f"`{path}` cannot be read as Parquet: {error} Check that the file is complete, or "
            "name its format with `format=`."
        ) from error
