"""What was published, beside what came out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keras_sessrec.reproduction.summaries import Summary


def published_rows(rows: Sequence[Summary], dataset: str) -> list[dict[str, Any]]:
    """Holds every published figure of the rows' recipes against ours.

    Args:
        rows: Sequence of `Summary`.
        dataset: str, name of the data they were run on.

    Returns:
        List of dict, one per figure: `"row"`, `"metric"`, `"unseen"`, `"dataset"` (of the
        figure), `"source"`, `"published"`, `"ours"`, `"tolerance"`, `"difference"` (ours less
        published, or `None` where the two cannot be compared) and `"why_not"` ("" or the reason).
    """
    found = []
    for row in rows:
        recipe = row.records[0]["recipe"]
        for figure in [] if recipe is None else recipe["expects"]:
            ours = row.mean(figure["metric"], figure["unseen"])
            why_not = _why_not(row, figure, dataset)
            found.append(
                {
                    "row": row.label,
                    "published": figure["value"],
                    "ours": ours,
                    "ours_text": row.percent(figure["metric"], figure["unseen"]),
                    "difference": None if why_not else ours - figure["value"],
                    "why_not": why_not,
                    **{k: figure[k] for k in ("metric", "unseen", "dataset", "source")},
                    "tolerance": figure["tolerance"],
                }
            )
    return found


def _why_not(row: Summary, figure: dict[str, Any], dataset: str) -> str:
    if figure["dataset"] != dataset:
        return f"other data ({figure['dataset']})"
    return "" if row.records[0]["is_published"] else "not trained as published"
