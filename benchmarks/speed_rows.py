"""The four configurations whose training speed is compared, and the log they train on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

NUM_ITEMS = 37_483  # as many as RSC15 has


@dataclass(frozen=True)
class SpeedRow:
    """One configuration, in the terms of both implementations."""

    name: str
    loss: str  # "bpr-max" or "cross-entropy"
    tied: bool
    units: int
    lanes: int
    samples: int
    steps: int  # mini-batches in one timed run

    @property
    def flops_per_event(self) -> float:
        """Multiplications and additions of the matrix products, forward and backward."""
        recurrent = 3 * self.units * self.units
        read = recurrent if self.tied else 0  # a one-hot item is a row lookup
        score = self.units * (self.lanes + self.samples)
        return 3 * 2 * (recurrent + read + score)


ROWS = (
    SpeedRow("BPR-max, one-hot, 100 units, 50 lanes", "bpr-max", False, 100, 50, 0, 3000),
    SpeedRow(
        "cross-entropy, tied, 100 units, 50 lanes, +2048", "cross-entropy", True, 100, 50, 2048, 800
    ),
    SpeedRow(
        "cross-entropy, tied, 480 units, 48 lanes, +2048", "cross-entropy", True, 480, 48, 2048, 200
    ),
    SpeedRow("BPR-max, tied, 512 units, 144 lanes, +2048", "bpr-max", True, 512, 144, 2048, 100),
)


def random_sessions(num_events: int = 500_000) -> tuple[np.ndarray, np.ndarray]:
    """Clicks of popular and rare items in sessions of about four.

    Returns:
        Tuple of int32 `[events]`, items 0..N - 1 of which every one occurs, and int64
        `[sessions + 1]`, where the sessions begin.
    """
    rng = np.random.default_rng(0)
    popularity = 1 / np.arange(1, NUM_ITEMS + 1)
    drawn = rng.choice(NUM_ITEMS, num_events - NUM_ITEMS, p=popularity / popularity.sum())
    items = rng.permutation(np.concatenate([drawn, np.arange(NUM_ITEMS)])).astype(np.int32)
    lengths = 1 + rng.geometric(1 / 3, num_events)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    offsets = offsets[: np.searchsorted(offsets, num_events - 1)]
    return items, np.append(offsets, num_events)
