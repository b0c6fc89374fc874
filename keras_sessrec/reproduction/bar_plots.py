"""Networks side by side."""

from __future__ import annotations

import pathlib
from collections.abc import Sequence

import numpy as np

from keras_sessrec.reproduction.figure_style import PANELS, new_figure, save
from keras_sessrec.reproduction.summaries import Summary

_NETWORK = {"color": "#0072B2", "edgecolor": "black", "linewidth": 0.6}
_BASELINE = {"color": "0.85", "edgecolor": "black", "linewidth": 0.6, "hatch": "///"}


def plot_networks(path: pathlib.Path, rows: Sequence[Summary]) -> None:
    """Draws both metrics of all rows as bars, with the standard deviation over seeds.

    Args:
        path: Path of the PNG file.
        rows: Sequence of `Summary`.
    """
    figure, axes = new_figure(len(PANELS), height=_height(len(rows)))
    for axis, (metric, label) in zip(axes, PANELS, strict=True):
        values = [100 * row.values(f"{metric}@20") for row in rows]
        _bars(axis, rows, values, "{:.1f}")
        axis.set_xlabel(label)
        axis.set_xlim(left=0)
    axes[1].tick_params(labelleft=False)
    save(figure, path)


def plot_relative(path: pathlib.Path, rows: Sequence[Summary], reference: Summary) -> None:
    """Draws by how much rows are above a network, as figure 3 of Hidasi et al. (RecSys 2016).

    Args:
        path: Path of the PNG file.
        rows: Sequence of `Summary`.
        reference: `Summary`. A row's seed is held against the same seed of it, if there is
            one, and against its mean otherwise.
    """
    others = [row for row in rows if row is not reference]
    figure, axes = new_figure(len(PANELS), height=_height(len(others)))
    for axis, (metric, label) in zip(axes, PANELS, strict=True):
        values = [100 * _relative(row, reference, f"{metric}@20") for row in others]
        _bars(axis, others, values, "{:+.1f}")
        axis.axvline(0, color="black", linewidth=1)
        axis.set_xlabel(f"{label.removesuffix(' (%)')} against {reference.label} (%)")
    axes[1].tick_params(labelleft=False)
    save(figure, path)


def _bars(axis, rows: Sequence[Summary], values: Sequence[np.ndarray], text: str) -> None:
    """Bars from top to bottom, each with its number beyond its error bar."""
    means = np.array([v.mean() for v in values])
    spreads = np.array([v.std(ddof=1) if len(v) > 1 else 0.0 for v in values])
    places = np.arange(len(rows))[::-1]
    for row, place, mean, spread in zip(rows, places, means, spreads, strict=True):
        style = _BASELINE if row.is_baseline else _NETWORK
        error = {"xerr": spread, "capsize": 3} if spread else {}
        axis.barh(place, mean, height=0.7, **error, **style)
        end = mean + spread if mean >= 0 else mean - spread
        axis.annotate(
            text.format(mean),
            (end, place),
            xytext=(4 if mean >= 0 else -4, 0),
            textcoords="offset points",
            ha="left" if mean >= 0 else "right",
            va="center",
            fontsize=8,
        )
    axis.set_yticks(places, [row.label for row in rows], fontsize=9)
    axis.grid(False, axis="y")
    axis.margins(x=0.15)


def _relative(row: Summary, reference: Summary, metric: str) -> np.ndarray:
    by_seed = {r["seed"]: r["metrics"]["drop"][metric] for r in reference.records}
    mean = reference.mean(metric)
    return np.array(
        [r["metrics"]["drop"][metric] / by_seed.get(r["seed"], mean) - 1 for r in row.records]
    )


def _height(bars: int) -> float:
    return 1.2 + 0.32 * bars
