"""The tables of a report."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from keras_sessrec.reproduction.known_cuts import CUTS
from keras_sessrec.reproduction.published_rows import published_rows
from keras_sessrec.reproduction.row import fraction_text
from keras_sessrec.reproduction.summaries import Summary


def markdown_table(columns: Sequence[str], lines: Iterable[Sequence[Any]]) -> str:
    """Makes a Markdown table.

    Args:
        columns: Sequence of str.
        lines: Iterable of sequences of cells.

    Returns:
        str.

    Example:

    >>> print(markdown_table(["a", "b"], [[1, 2]]))
    | a | b |
    |---|---|
    | 1 | 2 |
    """
    rows = [columns, *lines]
    texts = ["| " + " | ".join(str(c).replace("|", "\\|") for c in row) + " |" for row in rows]
    return "\n".join([texts[0], "|" + "---|" * len(columns), *texts[1:]])


def data_table(run: dict[str, Any]) -> str:
    """Sizes of the logs.

    Args:
        run: dict of `run.json`.
    """
    keys = ("sessions", "events", "items", "pairs")
    lines = [
        [part, *(f"{run[part][key]:,}" for key in keys), run[part]["sha256"][:12]]
        for part in ("train", "test")
    ]
    return markdown_table(["log", "sessions", "clicks", "items", "next clicks", "SHA-256"], lines)


def published_table(rows: Sequence[Summary], dataset: str) -> str:
    """Published, ours and the difference, in %.

    Args:
        rows: Sequence of `Summary`.
        dataset: str, name of the data.

    Returns:
        str, or "" where no recipe has a published figure.
    """
    lines = []
    for found in published_rows(rows, dataset):
        difference = found["why_not"]
        if found["difference"] is not None:
            is_level = abs(found["difference"]) <= found["tolerance"]
            verdict = "within" if is_level else "beyond"
            difference = (
                f"{100 * found['difference']:+.2f} ({verdict} {100 * found['tolerance']:.2g})"
            )
        lines.append(
            [
                found["row"],
                found["metric"],
                found["unseen"],
                f"{100 * found['published']:.2f}",
                found["ours_text"],
                difference,
                found["source"],
            ]
        )
    columns = ["recipe", "metric", "unseen", "published", "ours", "difference", "source"]
    return markdown_table(columns, lines) if lines else ""


def results_table(rows: Sequence[Summary]) -> str:
    """All metrics of all rows, unseen items dropped.

    Args:
        rows: Sequence of `Summary`.
    """
    metrics = ("recall@1", "recall@5", "recall@10", "recall@20", "mrr@20")
    lines = []
    for row in rows:
        lines.append(
            [
                row.label,
                len(row.records) if not row.is_baseline else "-",
                *(row.percent(metric) for metric in metrics),
                _interval(row, "recall@20"),
                _interval(row, "mrr@20"),
                "/".join(str(len(r["epochs"])) for r in row.records if "epochs" in r) or "-",
                f"{np.mean([r['seconds']['training'] for r in row.records]):,.0f}",
                f"{row.records[0]['parameters']:,}" if "parameters" in row.records[0] else "-",
            ]
        )
    columns = ["row", "seeds", "Recall@1", "Recall@5", "Recall@10", "Recall@20", "MRR@20"]
    columns += ["95% of Recall@20", "95% of MRR@20", "epochs", "training s", "parameters"]
    return markdown_table(columns, lines)


def miss_table(rows: Sequence[Summary], dataset: str) -> str:
    """Recall@20 and MRR@20 with unseen targets as misses, and what others published so.

    Args:
        rows: Sequence of `Summary`.
        dataset: str, name of the data.
    """
    lines = [(row.mean("recall@20", "miss"), [row.label, *_pair(row), "this run"]) for row in rows]
    for cut in CUTS:
        if cut.name == dataset:
            lines += [
                (recall, [f"*{method}*", f"{100 * recall:.2f}", f"{100 * mrr:.2f}", cut.source])
                for method, (recall, mrr) in cut.figures.items()
            ]
    ordered = [line for _, line in sorted(lines, key=lambda line: line[0])]
    return markdown_table(["row", "Recall@20", "MRR@20", "source"], ordered)


def environment_table(records: Sequence[dict[str, Any]]) -> str:
    """Software and machine, each with all that the rows were made with.

    Args:
        records: Sequence of dict.
    """
    keys = dict.fromkeys(key for record in records for key in record["environment"])
    lines = []
    for key in keys:
        values = dict.fromkeys(str(r["environment"].get(key, "-")) for r in records)
        lines.append([key, "; ".join(value for value in values if value) or "-"])
    return markdown_table(["what", "value"], lines)


def recipe_list(rows: Sequence[Summary]) -> str:
    """The recipes as data, without their published figures.

    Args:
        rows: Sequence of `Summary`.
    """
    texts = []
    for row in rows:
        if not row.is_baseline:
            data = {k: v for k, v in row.records[0]["recipe"].items() if k != "expects"}
            if data["start"] is not None:
                data["start"] = data["start"]["name"]
            fraction = "" if row.fraction == 1 else f" (fraction {fraction_text(row.fraction)})"
            text = json.dumps(data, indent=1, ensure_ascii=False)
            summary = f"<summary>{row.name}{fraction}</summary>"
            texts.append(f"<details>{summary}\n\n```json\n{text}\n```\n</details>")
    return "\n".join(texts)


def _pair(row: Summary) -> list[str]:
    return [row.percent("recall@20", "miss"), row.percent("mrr@20", "miss")]


def _interval(row: Summary, metric: str) -> str:
    """The ends of the bootstrap interval, averaged over seeds."""
    low, high = np.mean([r["intervals"]["drop"][metric] for r in row.records], axis=0)
    return f"{100 * low:.2f} to {100 * high:.2f}"
