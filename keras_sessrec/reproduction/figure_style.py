"""One look for all pictures: colours with markers and dashes, so that grey prints are readable."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

PANELS = (("recall", "Recall@20 (%)"), ("mrr", "MRR@20 (%)"))

# Colours that colour-blind readers tell apart (Okabe and Ito, 2008), dark and light in turn.
_COLOURS = ("#000000", "#D55E00", "#0072B2", "#E69F00", "#009E73", "#CC79A7")
_MARKERS = ("o", "s", "^", "D", "v", "P")
_DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (7, 2)))
MOST_LINES = len(_COLOURS)
BASELINE = {"color": "0.55", "linestyle": (0, (2, 1)), "marker": "x", "linewidth": 1.5}


def new_figure(panels: int, width: float = 9.5, height: float = 4.2) -> tuple[Any, Sequence[Any]]:
    """Makes an empty figure, without touching the backend that the caller may have chosen.

    Args:
        panels: int, side by side.
        width: float, inches.
        height: float, inches.

    Returns:
        The Matplotlib figure and its axes.

    Raises:
        ImportError: Matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError(
            'pictures need matplotlib. Install it with `pip install "keras_sessrec[viz]"`.'
        ) from error
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots(1, panels, squeeze=False)[0]
    for axis in axes:
        axis.grid(True, color="0.9", linewidth=0.8)
        axis.set_axisbelow(True)
        axis.spines[["top", "right"]].set_visible(False)
    return figure, axes


def line_style(number: int) -> dict[str, Any]:
    """Returns the arguments of the n-th line, counted from 0.

    Args:
        number: int, below `MOST_LINES`.

    Example:

    >>> line_style(0)["marker"]
    'o'
    """
    return {
        "color": _COLOURS[number],
        "marker": _MARKERS[number],
        "linestyle": _DASHES[number],
        "markersize": 5,
        "linewidth": 1.5,
    }


def legend_below(figure: Any, axis: Any) -> None:
    """Puts the legend of an axis' lines under the panels, where it covers none of them.

    Args:
        figure: Matplotlib figure.
        axis: Matplotlib axis whose lines are named.
    """
    handles, labels = axis.get_legend_handles_labels()
    longest = max(map(len, labels), default=0)
    columns = min(len(labels), 3 if longest < 36 else 2)
    if labels:
        figure.legend(
            handles, labels, loc="outside lower center", ncols=columns, frameon=False, fontsize=9
        )


def save(figure: Any, path: Any) -> None:
    """Writes a picture.

    Args:
        figure: Matplotlib figure.
        path: Path of a PNG file.
    """
    figure.savefig(path, dpi=130)
