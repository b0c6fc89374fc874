"""Metrics by epoch, by fraction of the log, and by groups of next clicks."""

from __future__ import annotations

import pathlib
from collections.abc import Sequence

import numpy as np

from keras_sessrec.reproduction.figure_style import (
    BASELINE,
    PANELS,
    legend_below,
    line_style,
    new_figure,
    save,
)
from keras_sessrec.reproduction.row import fraction_text
from keras_sessrec.reproduction.summaries import Summary


def plot_epochs(path: pathlib.Path, rows: Sequence[Summary]) -> None:
    """Draws the metrics of the sessions kept apart after every epoch, a line per seed.

    Args:
        path: Path of the PNG file.
        rows: Sequence of `Summary` with metrics by epoch, at most `MOST_LINES`.
    """
    figure, axes = new_figure(len(PANELS))
    for axis, (metric, label) in zip(axes, PANELS, strict=True):
        for number, row in enumerate(rows):
            for place, record in enumerate(row.records):
                values = [100 * epoch[f"val_{metric}_at_20"] for epoch in record["epochs"]]
                axis.plot(
                    range(1, len(values) + 1),
                    values,
                    label=row.label if place == 0 else None,
                    **line_style(number),
                )
        axis.set_xlabel("epoch")
        axis.set_ylabel(f"{label}, sessions kept apart")
        axis.locator_params(axis="x", integer=True, min_n_ticks=1)
    legend_below(figure, axes[0])
    save(figure, path)


def plot_fractions(path: pathlib.Path, rows: Sequence[Summary], level: Summary | None) -> None:
    """Draws the metrics by the fraction of the log, as figure 4 of Tan et al. (2016).

    Args:
        path: Path of the PNG file.
        rows: Sequence of `Summary`, of at most `MOST_LINES` names.
        level: `Summary` of a baseline on the whole log, a horizontal line, or `None`.
    """
    figure, axes = new_figure(len(PANELS))
    fractions = sorted({row.fraction for row in rows})
    for axis, (metric, label) in zip(axes, PANELS, strict=True):
        key = f"{metric}@20"
        for number, name in enumerate(dict.fromkeys(row.name for row in rows)):
            mine = sorted((r for r in rows if r.name == name), key=lambda row: row.fraction)
            axis.errorbar(
                [row.fraction for row in mine],
                [100 * row.mean(key) for row in mine],
                yerr=[100 * (row.deviation(key) or 0) for row in mine],
                capsize=3,
                label=name,
                **line_style(number),
            )
        if level is not None:
            style = {k: v for k, v in BASELINE.items() if k != "marker"}
            axis.axhline(100 * level.mean(key), label=f"{level.name}, all", **style)
        axis.set_xscale("log")
        axis.minorticks_off()
        axis.set_xticks(fractions, [fraction_text(fraction) for fraction in fractions])
        axis.set_xlabel("most recent fraction of the training sequences")
        axis.set_ylabel(label)
    legend_below(figure, axes[0])
    save(figure, path)


def plot_groups(
    path: pathlib.Path,
    rows: Sequence[Summary],
    level: Summary | None,
    breakdown: str,
    x_label: str,
) -> None:
    """Draws the metrics by groups of next clicks, whose sizes stand under the axis.

    Args:
        path: Path of the PNG file.
        rows: Sequence of `Summary`, at most `MOST_LINES`.
        level: `Summary` of a baseline, or `None`.
        breakdown: `"by_events_read"` or `"by_training_count"`.
        x_label: str.
    """
    figure, axes = new_figure(len(PANELS), height=4.4)
    shown = [(row, line_style(number)) for number, row in enumerate(rows)]
    if level is not None:
        shown.append((level, BASELINE))
    groups = shown[0][0].records[0][breakdown]
    place = range(len(groups["group"]))
    # The two ends of long ranges below each other, or neighbours overlap.
    between = "-\n" if max(map(len, groups["group"])) > 7 else "-"
    ticks = [
        f"{group.replace('-', between)}\n{_short(cases)}"
        for group, cases in zip(groups["group"], groups["cases"], strict=True)
    ]
    for axis, (metric, label) in zip(axes, PANELS, strict=True):
        for row, style in shown:
            values = 100 * np.array([record[breakdown][metric] for record in row.records])
            spread = values.std(axis=0, ddof=1) if len(values) > 1 else None
            mean = values.mean(axis=0)
            axis.errorbar(place, mean, yerr=spread, capsize=3, label=row.label, **style)
        axis.set_xticks(place, ticks, fontsize=8 if len(ticks) <= 8 else 7)
        axis.set_xlabel(f"{x_label}\n(below: how many next clicks)")
        axis.set_ylabel(label)
    legend_below(figure, axes[0])
    save(figure, path)


def _short(number: int) -> str:
    return f"{number:,}" if number < 10_000 else f"{number / 1_000:,.0f}k"
