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

    def ranked_items(self, most_supported: int) -> int | None:
        """Returns how many items so many most supported ones came to; `None` if never ranked so."""
        found = [record.get("most_supported", {}) for record in self.records]
        key = str(most_supported)
        return found[0][key]["items"] if all(key in each for each in found) else None

    def values(
        self, metric: str, unseen: str = "drop", most_supported: int | None = None
    ) -> np.ndarray:
        """Returns a metric such as `"recall@20"` of every seed, float64 `[seeds]`, a share.

        Args:
            metric: str.
            unseen: `"drop"` (default) or `"miss"`.
            most_supported: int or `None`: ranked among so many items, as `ranked_items` has them.
                Defaults to `None`, the whole catalog.
        """
        found: Sequence[dict[str, Any]] = self.records
        if most_supported is not None:
            found = [record["most_supported"][str(most_supported)] for record in found]
        return np.array([record["metrics"][unseen][metric] for record in found])

    def mean(self, *which: Any) -> float:
        """Returns the mean over seeds; takes what `values` takes."""
        return float(self.values(*which).mean())

    def deviation(self, *which: Any) -> float | None:
        """Returns the standard deviation over seeds, as `values`; `None` of a single one."""
        values = self.values(*which)
        return float(values.std(ddof=1)) if len(values) > 1 else None

    def percent(self, *which: Any) -> str:
        """Returns mean and standard deviation for a table, in %; takes what `values` takes."""
        deviation = self.deviation(*which)
        spread = "" if deviation is None else f" ± {100 * deviation:.2f}"
        return f"{100 * self.mean(*which):.2f}{spread}"


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
        List of dict, one per figure: `"row"`, `"metric"`, `"unseen"`, `"among"` (the ranked
        items, in words), `"dataset"` (of the figure), `"source"`, `"published"`, `"ours"`
        (measured as the figure is, or `None` where the row was not), `"tolerance"`,
        `"difference"` (ours less published, or `None` where the two cannot be compared) and
        `"why_not"` ("" or the reason).
    """
    found = []
    for row in rows:
        recipe = row.records[0]["recipe"] or {"expects": ()}
        for figure in recipe["expects"]:
            number = figure.get("most_supported")  # older records have no such key
            which = (figure["metric"], figure["unseen"], number)
            is_measured = number is None or row.ranked_items(number) is not None
            ours = row.mean(*which) if is_measured else None
            why_not = "" if row.records[0]["is_published"] else "not trained as published"
            if figure["dataset"] != dataset:
                why_not = f"other data ({figure['dataset']})"
            if ours is None:
                why_not = f"not ranked among the {number:,} most supported items"
            found.append(
                {
                    **figure,
                    "row": row.label,
                    "among": _among(row, number),
                    "published": figure["value"],
                    "ours": ours,
                    "ours_text": row.percent(*which) if is_measured else "-",
                    "difference": None if why_not else ours - figure["value"],
                    "why_not": why_not,
                }
            )
    return found


def _among(row: Summary, most_supported: int | None) -> str:
    """What the targets of a figure are ranked among; a small catalog is no larger than that."""
    if most_supported is None:
        return "all items"
    items = row.ranked_items(most_supported)
    words = f"{most_supported:,} most supported"
    return words if items in (None, most_supported) else f"{words}: all {items:,} items"
