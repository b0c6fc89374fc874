"""What one training step scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Candidates:
    """The items that one training step scores, the same for all rows.

    Attributes:
        items: int32 `[C]`, items 1..N (0 where a lane is idle); `None` for the whole
            catalog, where column j is item j + 1.
        y_true: int32 `[rows]`, column of each row's positive.
        valid: bool `[1, C]` or `[rows, C]`, false for columns that must not count as
            negatives; `None` if all count.
        log_q: float32 `[C]`, what is subtracted from the scores before the loss, or `None`.
    """

    items: Any
    y_true: Any
    valid: Any
    log_q: Any
