"""Is one scorer really better than another on the same test sessions?"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from keras_sessrec.evaluation.bootstrap import bootstrap_interval, sign_flip_p_value
from keras_sessrec.evaluation.result import EvaluationResult, session_sums


@dataclass(frozen=True)
class Comparison:
    """A paired comparison of two evaluations; made by `compare`.

    Attributes:
        metric: str, `"recall"`, `"mrr"` or `"ndcg"`.
        k: int, cut-off.
        difference: float, metric of the first minus metric of the second.
        low: float, lower end of the difference's bootstrap interval.
        high: float, upper end.
        level: float, coverage of the interval.
        p_value: float, two-sided, of the sign-flip test over sessions.
        sessions: int, number of sessions with a case.
    """

    metric: str
    k: int
    difference: float
    low: float
    high: float
    level: float
    p_value: float
    sessions: int

    def to_frame(self) -> pd.DataFrame:
        """One row with a column for each attribute; `pandas.concat` makes a table of several."""
        return pd.DataFrame([asdict(self)])

    def __str__(self) -> str:
        return (
            f"{self.metric}@{self.k}: {self.difference:+.4f} "
            f"({self.level:.0%} interval {self.low:+.4f} to {self.high:+.4f}, "
            f"p = {self.p_value:.4f}, {self.sessions:,} sessions)"
        )


def compare(
    first: EvaluationResult,
    second: EvaluationResult,
    metric: str = "mrr",
    k: int = 20,
    level: float = 0.95,
    resamples: int = 1000,
    seed: int = 0,
) -> Comparison:
    """Compares two evaluations of the same cases, session by session.

    Paired: both scorers met the same sessions, easy and hard ones, so their
    difference varies less than either metric. Sessions are the unit of both the
    bootstrap interval and the sign-flip permutation test, as the events of a
    session are not independent.

    Args:
        first: `EvaluationResult`.
        second: `EvaluationResult` of the same test log with the same options.
        metric: `"recall"`, `"mrr"` (default) or `"ndcg"`.
        k: int, cut-off. Defaults to 20.
        level: float in (0, 1), coverage of the interval.
        resamples: int, number of resamples and of sign patterns. The p-value is at
            least `1 / (resamples + 1)`.
        seed: int.

    Returns:
        A `Comparison`, positive where `first` is better.

    Raises:
        TypeError: An argument is no result.
        ValueError: The two results are not of the same cases, or their ranks were
            not counted alike.
    """
    for name, result in {"first": first, "second": second}.items():
        if not isinstance(result, EvaluationResult):
            raise TypeError(
                f"`{name}` must be what `ksr.evaluate` returns. Received: {type(result).__name__}."
            )
    for name in ("session", "position", "target"):
        if not np.array_equal(getattr(first, name), getattr(second, name)):
            raise ValueError(
                "`first` and `second` must be evaluations of the same cases. Received: "
                f"{first.num_cases} and {second.num_cases} cases that differ in `{name}`. "
                "Evaluate both with the same log, catalog and `unseen`."
            )
    for name in ("ties", "most_supported"):
        if getattr(first, name) != getattr(second, name):
            raise ValueError(
                f"`first` and `second` must be evaluated with the same `{name}`. "
                f"Received: {getattr(first, name)!r} and {getattr(second, name)!r}."
            )
    differences, counts = session_sums(
        first.session, first.values(metric, k) - second.values(metric, k)
    )
    low, high = bootstrap_interval(differences, counts, level, resamples, seed)
    return Comparison(
        metric=metric,
        k=k,
        difference=float(differences.sum() / counts.sum()),
        low=low,
        high=high,
        level=level,
        p_value=sign_flip_p_value(differences, resamples, seed),
        sessions=len(counts),
    )
