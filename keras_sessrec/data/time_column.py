"""A column of event times, gathered piece by piece and turned into seconds."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa

from keras_sessrec.data.bad_value import BadValue, check_utf8

_UNITS_PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
_TOO_LATE = 1e11  # in 1973 there were as many milliseconds
# pandas also takes "2014", "now" and week dates for ISO 8601; a click has a full date.
_ISO_DATE = r"\d{4}-\d{2}-\d{2}|\d{8}T"


class TimeColumn:
    """Event times as seconds: numbers, ISO 8601 strings or Arrow/pandas date-times.

    Numbers in seconds stay as they are (int64 or float64); other units are divided
    to float64 seconds. Strings are numbers if the first one is, else ISO 8601; with
    date-times they become float64 seconds since 1970-01-01T00:00Z, to the
    microsecond. A time without a zone is taken as UTC.

    Args:
        unit: str, one of "s", "ms", "us", "ns": unit of numeric times. Date-times
            ignore it.

    Raises:
        ValueError: `unit` is none of them.

    Example:

    >>> column = TimeColumn()
    >>> column.append(pa.array(["1970-01-01T00:00:01Z", "1970-01-01T02:00:01.5+02:00"]))
    >>> column.finish().tolist()
    [1.0, 1.5]
    """

    def __init__(self, unit: str = "s") -> None:
        if unit not in _UNITS_PER_SECOND:
            raise ValueError(
                f"`time_unit` must be one of {sorted(_UNITS_PER_SECOND)}. Received: {unit!r}."
            )
        self._per_second = _UNITS_PER_SECOND[unit]
        self._numeric: bool | None = None
        self._pieces: list[np.ndarray] = []

    def append(self, times: pa.Array) -> None:
        """Adds a piece of the column: numbers, strings, timestamps or dates.

        Raises:
            BadValue: A time is missing, cannot be read, or is not of the kind
                (number or date-time) that the column began with.
        """
        if not len(times):
            return
        if isinstance(times, pa.DictionaryArray):
            times = times.dictionary_decode()
        if times.null_count:
            row = int(times.is_null().to_numpy(zero_copy_only=False).argmax())
            raise BadValue(
                row, "a time was expected. Received: nothing. Fill in the time or remove the row."
            )
        kind = times.type
        if pa.types.is_string(kind) or pa.types.is_large_string(kind) or kind == pa.string_view():
            check_utf8(times)
            is_numeric = _is_number(times[0].as_py()) if self._numeric is None else self._numeric
            seconds = self._numbers(times) if is_numeric else _iso_seconds(times)
        elif pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
            is_numeric = True
            seconds = self._numbers(times)
        elif pa.types.is_timestamp(kind) or pa.types.is_date(kind):
            is_numeric = False
            seconds = _seconds_of(times)
        else:
            raise _unreadable(0, f"a column of type {kind}")
        if self._numeric not in (None, is_numeric):
            raise BadValue(
                0,
                "all times must be numbers, or all date-times. Received: both. "
                "Convert one of them.",
            )
        self._numeric = is_numeric
        self._pieces.append(seconds)

    def finish(self) -> np.ndarray:
        """Returns the times of all pieces in seconds, int64 or float64 `[events]`.

        Raises:
            ValueError: Numbers taken for seconds lie beyond the year 5138.
        """
        seconds = np.concatenate(self._pieces)
        if self._numeric and self._per_second == 1 and seconds.max() >= _TOO_LATE:
            units = {"ms": 1e14, "us": 1e17, "ns": np.inf}
            unit = next(name for name, end in units.items() if seconds.max() < end)
            raise ValueError(
                f"the times reach {seconds.max():.0f}, in seconds the year "
                f"{1970 + int(seconds.max() / 31_556_952):,}. Are they {unit!r}? Then give "
                f"`time_unit={unit!r}`."
            )
        return seconds

    def _numbers(self, times: pa.Array) -> np.ndarray:
        is_float = pa.types.is_floating(times.type) or pa.types.is_decimal(times.type)
        try:
            numbers = times.cast(pa.float64() if is_float else pa.int64()).to_numpy()
        except pa.ArrowInvalid:
            # Not all are int64-sized integers: pandas also says which one is no number.
            numbers = pd.to_numeric(times.to_pandas(), errors="coerce").to_numpy(np.float64)
        usable = np.isfinite(numbers)
        if not usable.all():
            row = int(usable.argmin())
            raise _unreadable(row, repr(times[row].as_py()))
        return numbers if self._per_second == 1 else numbers / self._per_second


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _iso_seconds(texts: pa.Array) -> np.ndarray:
    """ISO 8601 strings as float64 seconds."""
    # Arrow parses quickly, but only where all strings have a zone or none has.
    for kind in (pa.timestamp("ns", tz="UTC"), pa.timestamp("ns")):
        try:
            return _seconds_of(texts.cast(kind))
        except pa.ArrowInvalid:
            continue
    texts = texts.to_pandas()
    times = pd.to_datetime(texts, format="ISO8601", utc=True, errors="coerce")
    bad = (times.isna() | ~texts.str.match(_ISO_DATE)).to_numpy()
    if bad.any():
        row = int(bad.argmax())
        raise _unreadable(row, repr(texts.iloc[row]))
    return _seconds_of(pa.Array.from_pandas(times))


def _seconds_of(times: pa.Array) -> np.ndarray:
    """Arrow timestamps or dates as float64 seconds since 1970 (UTC)."""
    # Microseconds since 1970 are exact in float64, nanoseconds are not.
    if pa.types.is_date(times.type):
        times = times.cast(pa.timestamp("s"))
    micros = times.cast(pa.timestamp("us", tz=times.type.tz), safe=False)
    return micros.cast(pa.int64()).to_numpy() / 1e6


def _unreadable(row: int, received: str) -> BadValue:
    return BadValue(
        row,
        f"a time (number or ISO 8601) was expected. Received: {received}. "
        "Correct or remove the row.",
    )
