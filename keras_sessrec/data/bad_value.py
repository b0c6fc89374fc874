"""An unusable cell of a click log, before it is known which file it is in."""

from __future__ import annotations


class BadValue(ValueError):
    """A column piece holds a value that is no id or no time, the first one in `row` (from 0)."""

    def __init__(self, row: int, problem: str) -> None:
        super().__init__(problem)
        self.row = row
