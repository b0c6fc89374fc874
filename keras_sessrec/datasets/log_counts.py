"""How many events, sessions and items a log has, and should have."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from keras_sessrec.data.session_log import SessionLog


@dataclass(frozen=True)
class LogCounts:
    """Counts of a log; as published, or as found.

    Attributes:
        events: int.
        sessions: int, or `None` where it is not published. Defaults to `None`.
        items: int, or `None` where it is not published. Defaults to `None`.

    Example:

    >>> published = LogCounts(events=3, sessions=2)
    >>> published.check(LogCounts(events=3, sessions=2, items=1), "tea, train")
    """

    events: int
    sessions: int | None = None
    items: int | None = None

    @classmethod
    def of(cls, log: SessionLog) -> LogCounts:
        """Counts `log`."""
        return cls(log.num_events, log.num_sessions, log.num_items)

    def check(self, found: LogCounts, part: str) -> None:
        """Compares what was found with these counts, which were published.

        Args:
            found: `LogCounts`.
            part: str, what was counted, for the message.

        Raises:
            ValueError: A published count is another one; names each that differs.
        """
        counted = asdict(found)
        wrong = {
            name: (number, counted[name])
            for name, number in asdict(self).items()
            if number is not None and number != counted[name]
        }
        if wrong:
            expected = ", ".join(f"{number:,} {name}" for name, (number, _) in wrong.items())
            received = ", ".join(f"{number:,} {name}" for name, (_, number) in wrong.items())
            raise ValueError(
                f"{part}: the published {expected} were expected. Received: {received}. "
                "The file is incomplete or another edition: download it again; to build from it "
                "nevertheless, pass `check_counts=False` to the builder."
            )
