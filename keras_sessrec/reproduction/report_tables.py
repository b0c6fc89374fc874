"""The tables of a report."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from keras_sessrec.reproduction.known_cuts import CUTS
from keras_sessrec.reproduction.row import fraction_text
from keras_sessrec.reproduction.summaries import Summary, published_rows


def markdown_table(columns: Sequence[str], lines: Iterable[Sequence[Any]]) -> str:
    """Returns a Markdown table of the names of columns and lines of cells."""
    rows = [columns, *lines]
    texts = ["| " + " | ".join(str(c).replace("|", "\\|") for c in row) + " |" for row in rows]
    return "\n".join([texts[0], "|" + "---|" * len(columns), *texts[1:]])


def data_table(run: dict[str, Any]) -> str:
    """Returns the sizes of the logs, from `run.json`."""
    keys = ("sessions", "events", "items", "pairs")
    lines = [
        [part, *(f"{run[part][key]:,}" for key in keys), run[part]["sha256"][:12]]
        for part in ("train", "test")
    ]
    return markdown_table(["log", "sessions", "clicks", "items", "next clicks", "SHA-256"], lines)


def published_table(rows: Sequence[Summary], dataset: str) -> str:
    """Returns published, ours and the difference in %; "" where nothing is published."""
    lines = []
    for found in published_rows(rows, dataset):
        difference, tolerance = found["difference"], found["tolerance"]
        verdict = found["why_not"]
        if difference is not None:
            side = "within" if abs(difference) <= tolerance else "beyond"
            verdict = f"{100 * difference:+.2f} ({side} {100 * tolerance:.2g})"
        numbers = [f"{100 * found['published']:.2f}", found["ours_text"], verdict]
        how = [found["metric"], found["unseen"], found["among"]]
        lines.append([found["row"], *how, *numbers, found["source"]])
    columns = ["recipe", "metric", "unseen", "ranked among"]
    columns += ["published", "ours", "difference", "source"]
    return markdown_table(columns, lines) if lines else ""


def results_table(rows: Sequence[Summary]) -> str:
    """Returns all metrics of all rows, unseen items dropped."""
    metrics = ("recall@1", "recall@5", "recall@10", "recall@20", "mrr@20")
    lines = [
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
        for row in rows
    ]
    columns = ["row", "seeds", "Recall@1", "Recall@5", "Recall@10", "Recall@20", "MRR@20"]
    columns += ["95% of Recall@20", "95% of MRR@20", "epochs", "training s", "parameters"]
    return markdown_table(columns, lines)


def miss_table(rows: Sequence[Summary], dataset: str) -> str:
    """Returns metrics with unseen targets as misses, and what others published so."""
    pair = ("recall@20", "mrr@20")
    lines = [
        [row.label, *(row.percent(metric, "miss") for metric in pair), "this run"] for row in rows
    ]
    recalls = [row.mean("recall@20", "miss") for row in rows]
    for cut in CUTS:
        for method, (recall, mrr) in cut.figures.items() if cut.name == dataset else ():
            lines.append([f"*{method}*", f"{100 * recall:.2f}", f"{100 * mrr:.2f}", cut.source])
            recalls.append(recall)
    weak_to_strong = [lines[place] for place in np.argsort(recalls, kind="stable")]
    return markdown_table(["row", "Recall@20", "MRR@20", "source"], weak_to_strong)


def environment_table(records: Sequence[dict[str, Any]]) -> str:
    """Returns software and machine, each with all that the rows were made with."""
    keys = dict.fromkeys(key for record in records for key in record["environment"])
    lines = []
    for key in keys:
        values = dict.fromkeys(str(r["environment"].get(key, "-")) for r in records)
        lines.append([key, "; ".join(value for value in values if value) or "-"])
    return markdown_table(["what", "value"], lines)


def recipe_list(rows: Sequence[Summary]) -> str:
    """Returns the recipes as data, without their published figures."""
    texts = []
    for row in rows:
        if not row.is_baseline:
            data = {k: v for k, v in row.records[0]["recipe"].items() if k != "expects"}
            if data["start"] is not None:
                data["start"] = data["start"]["name"]
            fraction = "" if row.fraction == 1 else f" (fraction {fraction_text(row.fraction)})"
            text = json.dumps(data, indent=1, ensure_ascii=False)
            title = f"<details><summary>{row.name}{fraction}</summary>"
            texts.append(f"{title}\n\n```json\n{text}\n```\n</details>")
    return "\n".join(texts)


def _interval(row: Summary, metric: str) -> str:
    """The ends of the bootstrap interval, averaged over seeds."""
    low, high = np.mean([r["intervals"]["drop"][metric] for r in row.records], axis=0)
    return f"{100 * low:.2f} to {100 * high:.2f}"
