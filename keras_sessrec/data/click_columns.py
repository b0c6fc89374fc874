"""From pieces of a click table to a SessionLog."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pyarrow as pa

from keras_sessrec.data.bad_value import BadValue
from keras_sessrec.data.id_column import IdColumn
from keras_sessrec.data.session_log import SessionLog
from keras_sessrec.data.time_column import TimeColumn

# What the public click logs of the field call the default columns.
_OTHER_NAMES = {"session_id": "SessionId", "item_id": "ItemId", "timestamp": "Time"}


class ClickColumns:
    """The session, item and time column of a click table, read piece by piece.

    Only codes and times are kept of a piece, so that a table larger than memory
    as text can be read. Arguments are those of `read_clicks`.
    """

    def __init__(
        self,
        session_column: str | int,
        item_column: str | int,
        time_column: str | int,
        time_unit: str,
    ) -> None:
        columns = (session_column, item_column, time_column)
        arguments = ("session_column", "item_column", "time_column")
        self._wanted = dict(zip(arguments, map(str, columns), strict=True))
        self._sessions = IdColumn()
        self._items = IdColumn()
        self._times = TimeColumn(time_unit)
        self._num_events = 0

    def find(self, available: Sequence[str], source: str) -> list[str]:
        """Returns the names of the session, item and time column among those of a table.

        A default name that the table lacks stands for the name of the public
        files: "session_id" for "SessionId", "item_id" for "ItemId", "timestamp"
        for "Time". `source` names the table in an error message.

        Raises:
            ValueError: A column is not there, or twice.
        """
        available = [str(name) for name in available]
        found = []
        for argument, name in self._wanted.items():
            if name not in available and _OTHER_NAMES.get(name) in available:
                name = _OTHER_NAMES[name]
            if available.count(name) != 1:
                times = "more than once" if name in available else "not"
                raise ValueError(
                    f"{source}: column `{name}` is {times} there. Received columns: "
                    f"{str(available)[:300]}. Name the right one with `{argument}=`."
                )
            found.append(name)
        return found

    def append(self, piece: pa.RecordBatch, place: Callable[[int], str]) -> None:
        """Adds rows of session, item and time; `place` says where a row stands in its source.

        Raises:
            ValueError: A value is missing or unusable; names place and column.
        """
        stores: list[IdColumn | TimeColumn] = [self._sessions, self._items, self._times]
        for store, name, values in zip(stores, piece.schema.names, piece.columns, strict=True):
            try:
                store.append(values)
            except BadValue as bad:
                raise ValueError(f"{place(bad.row)}, column `{name}`: {bad}") from None
        self._num_events += piece.num_rows

    def to_log(self, source: str) -> SessionLog:
        """Makes the log of all rows added so far; `source` names the table in an error message.

        Raises:
            ValueError: There is no row.
        """
        if not self._num_events:
            raise ValueError(
                f"{source}: at least one event was expected. Received: no rows. "
                "Check that this is the right table."
            )
        session_codes, session_ids = self._sessions.finish()
        item_codes, item_ids = self._items.finish()
        try:
            timestamps = self._times.finish()
        except ValueError as error:
            raise ValueError(f"{source}, column `{self._wanted['time_column']}`: {error}") from None
        return SessionLog.from_arrays(session_codes, item_codes, timestamps, session_ids, item_ids)
