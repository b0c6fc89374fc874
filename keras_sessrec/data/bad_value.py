"""An unusable cell of a click log, before it is known which file it is in."""

from __future__ import annotations

import pyarrow as pa


class BadValue(ValueError):
    """A column piece holds a value that is no id or no time, the first one in `row` (from 0)."""

    def __init__(self, row: int, problem: str) -> None:
        super().__init__(problem)
        self.row = row


def check_utf8(strings: pa.Array) -> None:
    """Raises unless strings are UTF-8, which Parquet files and bytes need not be.

    Raises:
        BadValue: Names the first that is not.
    """
    try:
        strings.validate(full=True)
    except pa.ArrowInvalid:
        for row, value in enumerate(strings.cast(pa.large_binary()).to_pylist()):
            try:
                value.decode()
            except UnicodeDecodeError:
                raise BadValue(
                    row,
                    f"UTF-8 text was expected. Received: {value[:40]!r}. Convert it to UTF-8.",
                ) from None
        raise
