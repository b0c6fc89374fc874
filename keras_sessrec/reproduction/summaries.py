"""Rows of several seeds as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_sessrec.reproduction.row import fraction_text


@dataclass(frozen=True)
class Summary:
    """The records of one row, seed by seed.

    Args:
        name: str.
        fraction: float.
        records: tuple of dict, see `Reproduction.run`.
    """

    name: str
    fraction: float
    records: tuple[dict[str, Any], ...]

    @property
    def is_baseline(self) -> bool:
        """Whether it is no network."""
        return self.records[0]["recipe"] is None

    @property
    def label(self) -> str:
        """The name, with the fraction where it is not all."""
        return self.name if self.fraction == 1 else f"{self.name}, {fraction_text(self.fraction)}"

    def values(self, metric: str, unseen: str = "drop") -> np.ndarray:
        """Returns a metric of every seed, float64 `[seeds]`, a share.

        Args:
            metric: str, such as `"recall@20"`.
            unseen: `"drop"` (default) or `"miss"`.
        """
        return np.array([record["metrics"][unseen][metric] for record in self.records])

    def mean(self, metric: str, unseen: str = "drop") -> float:
        """Returns the mean over seeds, as `values`."""
        return float(self.values(metric, unseen).mean())

    def deviation(self, metric: str, unseen: str = "drop") -> float | None:
        """Returns the standard deviation over seeds; `None` of a single one."""
        values = self.values(metric, unseen)
        return float(values.std(ddof=1)) if len(values) > 1 else None

    def percent(self, metric: str, unseen: str = "drop") -> str:
        """Returns mean and standard deviation for a table, in %."""
        deviation = self.deviation(metric, unseen)
        spread = "" if deviation is None else f" ± {100 * deviation:.2f}"
        return f"{100 * self.mean(metric, unseen):.2f}{spread}"


def summarized(records: Sequence[dict[str, Any]]) -> list[Summary]:
    """Puts the seeds of each row together.

    Args:
        records: Sequence of dict.

    Returns:
        List of `Summary`: baselines from weak to strong in MRR@20, then networks by name and
        falling fraction.

    Example:

    >>> metrics = {"drop": {"mrr@20": 0.1}}
    >>> rows = [{"row": "POP", "fraction": 1.0, "seed": 0, "recipe": None, "metrics": metrics}]
    >>> [(row.label, row.percent("mrr@20")) for row in summarized(rows)]
    [('POP', '10.00')]
    """
    groups: dict[tuple[str, float], list[dict[str, Any]]] = {}
    for record in sorted(records, key=lambda r: r["seed"]):
        groups.setdefault((record["row"], record["fraction"]), []).append(record)
    found = [Summary(name, fraction, tuple(same)) for (name, fraction), same in groups.items()]
    weak_to_strong = sorted(
        (row for row in found if row.is_baseline), key=lambda row: row.mean("mrr@20")
    )
    networks = [row for row in found if not row.is_baseline]
    return weak_to_strong + sorted(networks, key=lambda row: (row.name, -row.fraction))


def strongest_baseline(rows: Sequence[Summary]) -> Summary | None:
    """Returns the baseline with the greatest MRR@20, or `None` where there is none.

    Args:
        rows: Sequence of `Summary`, as `summarized` orders them.
    """
    return next((row for row in reversed(rows) if row.is_baseline), None)
