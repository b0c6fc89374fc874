"""The pictures of a report: colours with markers and dashes, so that grey prints are readable."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from keras_sessrec.reproduction.row import fraction_text
from keras_sessrec.reproduction.summaries import Summary

PANELS = (("recall", "Recall@20 (%)"), ("mrr", "MRR@20 (%)"))

# Colours that colour-blind readers tell apart (Okabe and Ito, 2008), dark and light in turn.
_COLOURS = ("#000000", "#D55E00", "#0072B2", "#E69F00", "#009E73", "#CC79A7")
_DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (7, 2)))
LINES = [
    {"color": colour, "marker": marker, "linestyle": dash, "markersize": 5, "linewidth": 1.5}
    for colour, marker, dash in zip(_COLOURS, "os^DvP", _DASHES, strict=True)
]
_LEVEL = {"color": "0.55", "linestyle": (0, (2, 1)), "linewidth": 1.5}
_NETWORK = {"color": "#0072B2", "edgecolor": "black", "linewidth": 0.6}
_BASELINE = {"color": "0.85", "edgecolor": "black", "linewidth": 0.6, "hatch": "///"}


def network_bars(rows: Sequence[Summary]) -> Any:
    """Returns a figure of both metrics of all rows, with the standard deviation over seeds."""
    figure, axes = _bars(rows, Summary.values, "{:.1f}")
    for axis, (_, label) in zip(axes, PANELS, strict=True):
        axis.set_xlabel(label)
        axis.set_xlim(left=0)
    return figure


def relative_bars(rows: Sequence[Summary], reference: Summary) -> Any:
    """Returns a figure of how much rows are above a network (Hidasi et al., RecSys 2016, fig. 3).

    A row's seed is held against the same seed of the reference, if there is one, and against its
    mean otherwise.
    """

    def above(row: Summary, metric: str) -> np.ndarray:
        seeds = [record["seed"] for record in reference.records]
        same = dict(zip(seeds, reference.values(metric), strict=True))
        against = [same.get(record["seed"], reference.mean(metric)) for record in row.records]
        return row.values(metric) / np.array(against) - 1

    figure, axes = _bars([row for row in rows if row is not reference], above, "{:+.1f}")
    for axis, (_, label) in zip(axes, PANELS, strict=True):
        axis.axvline(0, color="black", linewidth=1)
        axis.set_xlabel(f"{label.removesuffix(' (%)')} against {reference.label} (%)")
    return figure


def epoch_lines(rows: Sequence[Summary]) -> Any:
    """Returns a figure of the sessions kept apart after every epoch, a line per seed."""
    figure, axes = new_figure()
    for axis, (metric, label) in zip(axes, PANELS, strict=True):
        for row, style in zip(rows, LINES, strict=False):
            for place, record in enumerate(row.records):
                values = [100 * epoch[f"val_{metric}_at_20"] for epoch in record["epochs"]]
                name = row.label if place == 0 else None
                axis.plot(range(1, len(values) + 1), values, label=name, **style)
        axis.set_xlabel("epoch")
        axis.set_ylabel(f"{label}, sessions kept apart")
        axis.locator_params(axis="x", integer=True, min_n_ticks=1)
    legend_below(figure)
    return figure


def fraction_lines(rows: Sequence[Summary], level: Summary | None) -> Any:
    """Returns a figure of metrics by the fraction of the log, as figure 4 of Tan et al. (2016).

    `level`, a baseline on the whole log, is a horizontal line.
    """
    figure, axes = new_figure()
    fractions = sorted({row.fraction for row in rows})
    for axis, (metric, label) in zip(axes, PANELS, strict=True):
        key = f"{metric}@20"
        for name, style in zip(dict.fromkeys(row.name for row in rows), LINES, strict=False):
            mine = sorted((r for r in rows if r.name == name), key=lambda row: row.fraction)
            means = [100 * row.mean(key) for row in mine]
            spreads = [100 * (row.deviation(key) or 0) for row in mine]
            places = [row.fraction for row in mine]
            axis.errorbar(places, means, yerr=spreads, capsize=3, label=name, **style)
        if level is not None:
            axis.axhline(100 * level.mean(key), label=f"{level.name}, all", **_LEVEL)
        axis.set_xscale("log")
        axis.minorticks_off()
        axis.set_xticks(fractions, [fraction_text(fraction) for fraction in fractions])
        axis.set_xlabel("most recent fraction of the training sequences")
        axis.set_ylabel(label)
    legend_below(figure)
    return figure


def group_lines(rows: Sequence[Summary], level: Summary | None, breakdown: str, name: str) -> Any:
    """Returns a figure of metrics by groups of next clicks, whose sizes stand under the axis."""
    figure, axes = new_figure(height=4.4)
    shown = list(zip(rows, LINES, strict=False))
    if level is not None:
        shown.append((level, {**_LEVEL, "marker": "x"}))
    groups = shown[0][0].records[0][breakdown]
    # The two ends of long ranges below each other, or neighbours overlap.
    between = "-\n" if max(map(len, groups["group"])) > 7 else "-"
    ticks = [
        f"{group.replace('-', between)}\n{short(cases)}"
        for group, cases in zip(groups["group"], groups["cases"], strict=True)
    ]
    for axis, (metric, label) in zip(axes, PANELS, strict=True):
        for row, style in shown:
            values = 100 * np.array([record[breakdown][metric] for record in row.records])
            spread = values.std(axis=0, ddof=1) if len(values) > 1 else None
            means = values.mean(axis=0)
            axis.errorbar(range(len(ticks)), means, spread, capsize=3, label=row.label, **style)
        axis.set_xticks(range(len(ticks)), ticks, fontsize=8 if len(ticks) <= 8 else 7)
        axis.set_xlabel(f"{name}\n(below: how many next clicks)")
        axis.set_ylabel(label)
    legend_below(figure)
    return figure


def new_figure(height: float = 4.2) -> tuple[Any, Any]:
    """Makes a Matplotlib figure of two panels; the caller's choice of a backend stays.

    Raises:
        ImportError: Matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError(
            'pictures need matplotlib. Install it with `pip install "keras_sessrec[viz]"`.'
        ) from error
    figure = Figure(figsize=(9.5, height), dpi=130, layout="constrained")
    axes = figure.subplots(1, len(PANELS))
    for axis in axes:
        axis.grid(True, color="0.9", linewidth=0.8)
        axis.set_axisbelow(True)
        axis.spines[["top", "right"]].set_visible(False)
    return figure, axes


def legend_below(figure: Any) -> None:
    """Puts the legend of the first panel's lines under both, where it covers none of them."""
    handles, labels = figure.axes[0].get_legend_handles_labels()
    columns = min(len(labels), 3 if max(map(len, labels)) < 36 else 2)
    place = {"loc": "outside lower center", "ncols": columns}
    figure.legend(handles, labels, frameon=False, fontsize=9, **place)


def short(number: int) -> str:
    """Returns a size as it stands under an axis: "9,999", "12k"."""
    return f"{number:,}" if number < 10_000 else f"{number / 1_000:,.0f}k"


def _bars(
    rows: Sequence[Summary], values_of: Callable[[Summary, str], np.ndarray], text: str
) -> tuple[Any, Any]:
    """Bars from top to bottom, each with its number beyond its error bar."""
    figure, axes = new_figure(1.2 + 0.32 * len(rows))
    places = range(len(rows))[::-1]
    for axis, (metric, _) in zip(axes, PANELS, strict=True):
        for row, place in zip(rows, places, strict=True):
            values = 100 * values_of(row, f"{metric}@20")
            error = {"xerr": values.std(ddof=1), "capsize": 3} if len(values) > 1 else {}
            style = _BASELINE if row.is_baseline else _NETWORK
            bar = axis.barh(place, values.mean(), height=0.7, **error, **style)
            axis.bar_label(bar, [text.format(values.mean())], padding=4, fontsize=8)
        axis.set_yticks(places, [row.label for row in rows], fontsize=9)
        axis.grid(False, axis="y")
        axis.margins(x=0.15)
    axes[1].tick_params(labelleft=False)
    return figure, axes
