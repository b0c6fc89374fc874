"""What each step of a cleaning left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from keras_sessrec.data.session_log import SessionLog


class CleaningStep(NamedTuple):
    """What was left after a step: its name and the log's counts."""

    name: str
    events: int
    sessions: int
    items: int

    @classmethod
    def after(cls, name: str, log: SessionLog) -> CleaningStep:
        """Counts `log`, which the step called `name` left."""
        return cls(name, log.num_events, log.num_sessions, log.num_items)


@dataclass(frozen=True)
class CleaningReport:
    """Events, sessions and items before a cleaning and after each of its steps.

    Printing it gives a table.

    Attributes:
        steps: tuple of `CleaningStep`; the first one, "before", is the untouched log.

    Example:

    >>> print(CleaningReport((CleaningStep("before", 9, 4, 3),
    ...                       CleaningStep("sessions of 1 event", 8, 3, 3))))
    step                 events  (change)  sessions  (change)  items  (change)
    before                    9                   4                3
    sessions of 1 event       8        -1         3        -1      3         0
    """

    steps: tuple[CleaningStep, ...]

    @property
    def dropped_events(self) -> int:
        """Number of events dropped by all steps together."""
        return self.steps[0].events - self.steps[-1].events

    @property
    def dropped_sessions(self) -> int:
        """Number of sessions dropped by all steps together."""
        return self.steps[0].sessions - self.steps[-1].sessions

    def __str__(self) -> str:
        rows = [["step", "events", "(change)", "sessions", "(change)", "items", "(change)"]]
        previous = None
        for step in self.steps:
            row = [step.name]
            for field in ("events", "sessions", "items"):
                left = getattr(step, field)
                change = "" if previous is None else f"{left - getattr(previous, field):,}"
                row += [f"{left:,}", change]
            rows.append(row)
            previous = step
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = []
        for name, *cells in rows:
            right = [cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True)]
            lines.append("  ".join([name.ljust(widths[0]), *right]).rstrip())
        return "\n".join(lines)
