"""One stage of training on recent data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RecencyStage:
    """How long, and on which most recent part of a log, to train.

    Args:
        fraction: float in (0, 1], share of the training sequences, the most recent ones
            (`data.recent_fraction`).
        epochs: int, at least 1; the most there are if a callback stops early.
        learning_rate: float, the optimizer's in this stage, or `None` (default) for the
            one that the model was compiled with.

    Raises:
        ValueError: A number is out of range.

    Example:

    >>> RecencyStage(1 / 4, epochs=3)
    RecencyStage(fraction=0.25, epochs=3, learning_rate=None)
    """

    fraction: float
    epochs: int
    learning_rate: float | None = None

    def __post_init__(self) -> None:
        if not 0 < self.fraction <= 1:
            raise ValueError(f"`fraction` must be in (0, 1]. Received: fraction={self.fraction}.")
        if self.epochs < 1:
            raise ValueError(f"`epochs` must be at least 1. Received: epochs={self.epochs}.")
        if self.learning_rate is not None and not self.learning_rate > 0:
            raise ValueError(
                "`learning_rate` must be positive, or None for the compiled one. "
                f"Received: learning_rate={self.learning_rate}."
            )
