"""Resampling of sessions: how far a metric would move with other test sessions."""

from __future__ import annotations

import numpy as np

# Numbers drawn at once: memory stays at some 100 MB however many sessions there are.
_CHUNK = 2**22


def bootstrap_interval(
    sums: np.ndarray,
    counts: np.ndarray,
    level: float = 0.95,
    resamples: int = 1000,
    seed: int = 0,
) -> tuple[float, float]:
    """Percentile interval of sum(sums) / sum(counts), resampling sessions.

    The sessions are drawn, with replacement, not the events: events of one session
    depend on one another, and an interval that ignores it is too narrow
    (Efron & Tibshirani, "An Introduction to the Bootstrap", 1993, section 13.3).

    Args:
        sums: float `[sessions]`, each session's sum of the metric over its events.
        counts: int `[sessions]`, each session's number of events.
        level: float in (0, 1), coverage of the interval.
        resamples: int, number of resamples.
        seed: int.

    Returns:
        `(low, high)`.

    Raises:
        ValueError: There is no session, or `level` or `resamples` makes no sense.

    Example:

    >>> import numpy as np
    >>> bootstrap_interval(np.array([1.0, 1.0, 1.0]), np.array([2, 2, 2]))
    (0.5, 0.5)
    """
    _check(len(sums), resamples)
    if not 0 < level < 1:
        raise ValueError(f"`level` must be between 0 and 1. Received: level={level}.")
    rng = np.random.default_rng(seed)
    values = [
        sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
        for size in _chunks(resamples, len(sums))
        for drawn in [rng.integers(0, len(sums), (size, len(sums)), dtype=np.int32)]
    ]
    tail = (1 - level) / 2
    low, high = np.quantile(np.concatenate(values), [tail, 1 - tail])
    return float(low), float(high)


def sign_flip_p_value(differences: np.ndarray, resamples: int = 1000, seed: int = 0) -> float:
    """Two-sided p-value of the null hypothesis that two systems are exchangeable.

    If they are, each session's difference could as well have the other sign. The
    p-value is the share of random sign patterns whose total is at least as far
    from 0 as the one observed, which itself counts as one of them.

    Args:
        differences: float `[sessions]`, each session's sum of the one system minus
            the other.
        resamples: int, number of random sign patterns.
        seed: int.

    Returns:
        float in `[1 / (resamples + 1), 1]`.

    Raises:
        ValueError: There is no session, or `resamples` is not positive.

    Example:

    >>> import numpy as np
    >>> sign_flip_p_value(np.array([0.5, -0.5]))
    1.0
    """
    _check(len(differences), resamples)
    observed = abs(differences.sum())
    moving = differences[differences != 0]
    if not len(moving):
        return 1.0
    rng = np.random.default_rng(seed)
    # Totals that are equal on paper must not differ by the order of their sum.
    threshold = observed - 1e-9 * np.abs(moving).sum()
    extreme = 0
    for size in _chunks(resamples, len(moving)):
        flipped = rng.integers(0, 2, (size, len(moving)), dtype=np.int8).astype(bool)
        totals = moving.sum() - 2 * (flipped @ moving)
        extreme += int((np.abs(totals) >= threshold).sum())
    return (extreme + 1) / (resamples + 1)


def _chunks(resamples: int, sessions: int) -> list[int]:
    size = max(1, min(resamples, _CHUNK // sessions))
    return [min(size, resamples - done) for done in range(0, resamples, size)]


def _check(sessions: int, resamples: int) -> None:
    if not sessions:
        raise ValueError("There is no session to resample: the evaluation has no case.")
    if resamples < 1:
        raise ValueError(f"`resamples` must be positive. Received: resamples={resamples}.")
