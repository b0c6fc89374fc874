"""Which pictures a report has."""

from __future__ import annotations

import pathlib
from collections.abc import Sequence
from typing import Any

from keras_sessrec.ops.whole_files import whole_file
from keras_sessrec.reproduction import charts
from keras_sessrec.reproduction.summaries import Summary, strongest_baseline, whole_log_rows

ID_ONLY = "prnn_id_"  # the p-RNN paper's own measure of all its networks
_GROUPS = {
    "by_events_read": ("Clicks of the session read so far", "clicks read"),
    "by_training_count": ("Popularity of the clicked item", "clicks on the item in training"),
}


def write_plots(folder: pathlib.Path, rows: Sequence[Summary]) -> list[tuple[str, str]]:
    """Draws all pictures that the rows give, ordered as by `summarized`, into a folder.

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
    drawn = networks[::-1][: len(charts.LINES)]
    few = "" if len(drawn) == len(networks) else f" The {len(drawn)} best networks."
    beside = "" if baseline is None else f" Grey: {baseline.name}, the strongest baseline."
    bars = "Bars: means over seeds, whiskers: standard deviations."
    found = []

    def add(name: str, caption: str, figure: Any) -> None:
        with whole_file(folder / f"{name}.png") as place:
            figure.savefig(place)
        found.append((f"{name}.png", caption))

    add(
        "networks",
        f"All rows, unseen test items dropped. {bars}",
        charts.network_bars([*baselines, *networks]),
    )
    references = [row for row in networks if row.name.startswith(ID_ONLY)]
    compared = [row for row in baselines if row.name == "Item-KNN"] + networks
    if references and len(compared) > 1:
        largest = max(references, key=lambda row: row.records[0]["parameters"])
        caption = f"Relative difference to {largest.label}. {bars}"
        add("relative", caption, charts.relative_bars(compared, largest))
    curves = [row for row in drawn if _has_epochs(row)]
    if any(len(record["epochs"]) > 1 for row in curves for record in row.records):
        words = "After every epoch, on the sessions kept apart, one line per seed."
        add("epochs", words + few, charts.epoch_lines(curves))
    several = [row for best in drawn for row in rows if row.name == best.name]
    if len({row.fraction for row in several}) > 1:
        words = "Trained on the most recent part of the log; of recipes with stages the last one."
        add("fractions", words + few, charts.fraction_lines(several, baseline))
    for breakdown, (title, label) in _GROUPS.items() if drawn else ():
        figure = charts.group_lines(drawn, baseline, breakdown, label)
        add(breakdown, f"{title}.{beside}{few}", figure)
    return found


def _has_epochs(row: Summary) -> bool:
    return all("val_recall_at_20" in epoch for r in row.records for epoch in r["epochs"])
