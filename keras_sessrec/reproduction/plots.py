"""Which pictures a report has."""

from __future__ import annotations

import pathlib
from collections.abc import Sequence

from keras_sessrec.reproduction.bar_plots import plot_networks, plot_relative
from keras_sessrec.reproduction.figure_style import MOST_LINES
from keras_sessrec.reproduction.line_plots import plot_epochs, plot_fractions, plot_groups
from keras_sessrec.reproduction.summaries import Summary, strongest_baseline

ID_ONLY = "prnn_id_"  # the p-RNN paper's own measure of all its networks
_GROUPS = {
    "by_events_read": ("Clicks of the session read so far", "clicks read"),
    "by_training_count": ("Popularity of the clicked item", "clicks on the item in training"),
}


def write_plots(folder: pathlib.Path, rows: Sequence[Summary]) -> list[tuple[str, str]]:
    """Draws all pictures that the rows give.

    Args:
        folder: Path to write the PNG files into.
        rows: Sequence of `Summary`, as `summarized` orders them.

    Returns:
        List of file name and caption.

    Raises:
        ImportError: Matplotlib is not installed.
    """
    main = whole_log_rows(rows)
    baselines = [row for row in main if row.is_baseline]
    networks = [row for row in main if not row.is_baseline]
    networks.sort(key=lambda row: row.mean("mrr@20"))
    baseline = strongest_baseline(main)
    drawn = networks[::-1][:MOST_LINES]
    few = "" if len(drawn) == len(networks) else f" The {MOST_LINES} best networks."
    beside = "" if baseline is None else f" Grey: {baseline.name}, the strongest baseline."
    bars = "Bars: means over seeds, whiskers: standard deviations."
    found = [("networks.png", f"All rows, unseen test items dropped. {bars}")]
    plot_networks(folder / "networks.png", [*baselines, *networks])
    references = [row for row in networks if row.name.startswith(ID_ONLY)]
    compared = [row for row in baselines if row.name == "Item-KNN"] + networks
    if references and len(compared) > 1:
        largest = max(references, key=lambda row: row.records[0]["parameters"])
        plot_relative(folder / "relative.png", compared, largest)
        found.append(("relative.png", f"Relative difference to {largest.label}. {bars}"))
    curves = [row for row in drawn if _has_epochs(row)]
    if any(len(record["epochs"]) > 1 for row in curves for record in row.records):
        plot_epochs(folder / "epochs.png", curves)
        words = "After every epoch, on the sessions kept apart, one line per seed."
        found.append(("epochs.png", words + few))
    several = [row for best in drawn for row in rows if row.name == best.name]
    if len({row.fraction for row in several}) > 1:
        plot_fractions(folder / "fractions.png", several, baseline)
        words = "Trained on the most recent part of the log; of recipes with stages the last one."
        found.append(("fractions.png", words + few))
    for breakdown, (title, label) in _GROUPS.items():
        if drawn:
            plot_groups(folder / f"{breakdown}.png", drawn, baseline, breakdown, label)
            found.append((f"{breakdown}.png", f"{title}.{beside}{few}"))
    return found


def whole_log_rows(rows: Sequence[Summary]) -> list[Summary]:
    """Returns of every name the row of the greatest fraction.

    Args:
        rows: Sequence of `Summary`.
    """
    greatest = {row.name: max(r.fraction for r in rows if r.name == row.name) for row in rows}
    return [row for row in rows if row.fraction == greatest[row.name]]


def _has_epochs(row: Summary) -> bool:
    return all("val_recall_at_20" in epoch for r in row.records for epoch in r["epochs"])
