"""Resampling of sessions: how far a metric would move with other test sessions."""

from __future__ import annotations

import numpy as np
from scipy import stats

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

    >>> bootstrap_interval(np.array([1.0, 1.0, 1.0]), np.array([2, 2, 2]))
    (0.5, 0.5)
    """
    _check(len(sums), resamples)
    if not 0 < level < 1:
        raise ValueError(f"`level` must be between 0 and 1. Received: level={level}.")
    if len(sums) == 1:  # always drawn
        return float(sums[0] / counts[0]), float(sums[0] / counts[0])
    interval = stats.bootstrap(
        (sums, counts),
        lambda sums, counts, axis: sums.sum(axis) / counts.sum(axis),
        paired=True,
        confidence_level=level,
        n_resamples=resamples,
        batch=max(1, _CHUNK // len(sums)),
        method="percentile",
        rng=seed,
    ).confidence_interval
    return float(interval.low), float(interval.high)


def sign_flip_p_value(differences: np.ndarray, resamples: int = 1000, seed: int = 0) -> float:
    """Two-sided p-value of the null hypothesis that two systems are exchangeable.

    If they are, each session's difference could as well have the other sign. The
    p-value is the share of random sign patterns (all of them, if they are no more than
    `resamples`) whose total is at least as far from 0 as the one observed, which itself counts
    as one of them.

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

    >>> sign_flip_p_value(np.array([0.5, -0.5]))
    1.0
    """
    _check(len(differences), resamples)
    moving = differences[differences != 0]
    if not len(moving):
        return 1.0
    return float(
        stats.permutation_test(
            (moving,),
            lambda values, axis: np.abs(values.sum(axis)),
            permutation_type="samples",
            n_resamples=resamples,
            batch=max(1, _CHUNK // len(moving)),
            alternative="greater",
            rng=seed,
        ).pvalue
    )


def _check(sessions: int, resamples: int) -> None:
    if not sessions:
        raise ValueError("There is no session to resample: the evaluation has no case.")
    if resamples < 1:
        raise ValueError(f"`resamples` must be positive. Received: resamples={resamples}.")
