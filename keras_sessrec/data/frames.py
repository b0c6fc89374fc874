"""Makes click logs of pandas frames."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa

from keras_sessrec.data.click_columns import ClickColumns
from keras_sessrec.data.session_log import SessionLog

_PIECE_ROWS = 2**20


def from_frame(
    frame: pd.DataFrame,
    session_column: str | int = "session_id",
    item_column: str | int = "item_id",
    time_column: str | int = "timestamp",
    time_unit: str = "s",
) -> SessionLog:
    """Makes a click log of a pandas frame with one row per event.

    The frame is left as it is. Everything else is as in `read_clicks`.

    Args:
        frame: `pandas.DataFrame`; rows in any order, further columns are ignored.
        session_column: str (or int, as of a frame without names), name of the column of session
            ids (integers or strings). Defaults to `"session_id"`, or `"SessionId"` where only that
            is there.
        item_column: str, name of the column of item ids (integers or strings).
            Defaults to `"item_id"`, or `"ItemId"` where only that is there.
        time_column: str, name of the column of times: numbers, ISO 8601 strings or
            date-times. Defaults to `"timestamp"`, or `"Time"` where only that is there.
        time_unit: str, unit of numeric times, "s", "ms", "us" or "ns". Defaults to "s".

    Returns:
        A `SessionLog`.

    Raises:
        ValueError: The frame is empty, a column is not there, or a value is missing
            or unreadable; names the column and the row, counted from 0 as `iloc` does.

    Example:

    >>> frame = pd.DataFrame({"session_id": [1, 1], "item_id": ["tea", "cup"],
    ...                       "timestamp": ["2024-05-01T10:00Z", "2024-05-01T10:01Z"]})
    >>> from_frame(frame)
    <SessionLog of 1 sessions, 2 events, 2 items>
    """
    if not isinstance(frame, pd.DataFrame):
        hint = " Read a file by `ksr.data.read_clicks(path)`." if isinstance(frame, str) else ""
        raise TypeError(
            f"`frame` must be a pandas.DataFrame. Received: {type(frame).__name__}.{hint}"
        )
    columns = ClickColumns(session_column, item_column, time_column, time_unit)
    names = columns.find(frame.columns, "`frame`")
    frame = frame.set_axis([str(name) for name in frame.columns], axis=1)
    for first in range(0, len(frame), _PIECE_ROWS):
        rows = frame.iloc[first : first + _PIECE_ROWS]
        arrays = [_to_arrow(rows[name]) for name in names]
        columns.append(
            pa.RecordBatch.from_arrays(arrays, names=names),
            lambda row, first=first: f"`frame`, row {first + row} (from 0)",  # type: ignore[misc]
        )
    return columns.to_log("`frame`")


def _to_arrow(values: pd.Series) -> pa.Array:
    try:
        if pd.api.types.infer_dtype(values, skipna=True) == "mixed-integer":
            # Integers among strings: Arrow has no such column, and ids can be strings.
            values = values.astype("string")
        array = pa.Array.from_pandas(values)
    except (pa.ArrowException, OverflowError, TypeError, ValueError) as error:
        raise ValueError(
            f"`frame`, column `{values.name}`: values of one type were expected. "
            f"Received: {pd.api.types.infer_dtype(values)} ({error}). Convert the column first."
        ) from error
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
