"""A published figure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Expectation:
    """What a publication reports, so that a reproduction can be held against it.

    Args:
        dataset: str, name of the data as the source has it.
        metric: str, such as `"recall@20"`.
        value: float, a share and not %.
        source: str, where it is printed.
        tolerance: float, difference within which a reproduction counts as level.
            Defaults to 0.005: seeds, tie rules and details of the data differ by as much.
        unseen: `"drop"` (default) or `"miss"`: what is done with unseen test items, see
            `evaluate`.
        most_supported: int or `None`: how many items targets were ranked among, those with the
            most training events, see `evaluate`. Defaults to `None`, the whole catalog.

    Example:

    >>> Expectation("rsc15", "recall@20", 0.7129, "Tan et al. 2016, table 1").tolerance
    0.005
    """

    dataset: str
    metric: str
    value: float
    source: str
    tolerance: float = 0.005
    unseen: str = "drop"
    most_supported: int | None = None

    def __str__(self) -> str:
        among = f" among {self.most_supported:,} items" if self.most_supported else ""
        unseen = ", unseen items missed" if self.unseen == "miss" else ""
        return f"{self.metric} {self.value} on {self.dataset}{among}{unseen} ({self.source})"
