"""Rows of several seeds as one, and what was published beside what came out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_sessrec.reproduction.row import fraction_text


@dataclass(frozen=True)
class Summary:
    """The records of one row (see `Reproduction.run`), seed by seed."""

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
        """Returns a metric such as `"recall@20"` of every seed, float64 `[seeds]`, a share."""
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
    baselines = [row for row in found if row.is_baseline]
    networks = [row for row in found if not row.is_baseline]
    return [
        *sorted(baselines, key=lambda row: row.mean("mrr@20")),
        *sorted(networks, key=lambda row: (row.name, -row.fraction)),
    ]


def strongest_baseline(rows: Sequence[Summary]) -> Summary | None:
    """Returns the baseline with the greatest MRR@20 of `summarized` rows, if there is one."""
    return next((row for row in reversed(rows) if row.is_baseline), None)


def whole_log_rows(rows: Sequence[Summary]) -> list[Summary]:
    """Returns of every name the row of the greatest fraction."""
    greatest = {row.name: max(r.fraction for r in rows if r.name == row.name) for row in rows}
    return [row for row in rows if row.fraction == greatest[row.name]]


def published_rows(rows: Sequence[Summary], dataset: str) -> list[dict[str, Any]]:
    """Holds every published figure of the rows' recipes against ours on the data named `dataset`.

    Returns:
        List of dict, one per figure: `"row"`, `"metric"`, `"unseen"`, `"dataset"` (of the
        figure), `"source"`, `"published"`, `"ours"`, `"tolerance"`, `"difference"` (ours less
        published, or `None` where the two cannot be compared) and `"why_not"` ("" or the reason).
    """
    found = []
    for row in rows:
        recipe = row.records[0]["recipe"] or {"expects": ()}
        for figure in recipe["expects"]:
            where = (figure["metric"], figure["unseen"])
            why_not = "" if row.records[0]["is_published"] else "not trained as published"
            if figure["dataset"] != dataset:
                why_not = f"other data ({figure['dataset']})"
            found.append(
                {
                    **figure,
                    "row": row.label,
                    "published": figure["value"],
                    "ours": row.mean(*where),
                    "ours_text": row.percent(*where),
                    "difference": None if why_not else row.mean(*where) - figure["value"],
                    "why_not": why_not,
                }
            )
    return found
