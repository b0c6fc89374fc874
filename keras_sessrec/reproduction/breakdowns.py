"""Where in a session, and for which items, the hits are."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_sessrec.evaluation.result import EvaluationResult

# First event of each bucket; the last bucket is open.
_EVENTS_READ = (1, 2, 3, 4, 5, 10)
# Three to a factor of ten: item counts have a heavy tail.
_COUNTS = (0, 1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000, 100_000)


def by_events_read(result: EvaluationResult, k: int = 20) -> dict[str, list[Any]]:
    """Metrics by how many events of the session the network had read.

    Args:
        result: `EvaluationResult`.
        k: int, cut-off.

    Returns:
        dict of equally long lists: `"group"` ("1", ..., "5-9", "10+"), `"cases"`,
        `"recall"`, `"mrr"`. Groups without a case are left out.
    """
    return _grouped(result, result.position - 1, _EVENTS_READ, k)


def by_training_count(result: EvaluationResult, k: int = 20) -> dict[str, list[Any]]:
    """Metrics by the number of training events of the target's item.

    Args:
        result: `EvaluationResult` whose targets are all in the catalog.
        k: int, cut-off.

    Returns:
        As `by_events_read`, the groups being ranges of counts.
    """
    return _grouped(result, result.item_counts[result.target - 1], _COUNTS, k)


def _grouped(
    result: EvaluationResult, values: np.ndarray, begins: tuple[int, ...], k: int
) -> dict[str, list[Any]]:
    group = np.searchsorted(begins, values, side="right") - 1
    columns = {name: result.values(name, k) for name in ("recall", "mrr")}
    found: dict[str, list[Any]] = {"group": [], "cases": [], "recall": [], "mrr": []}
    for number in np.unique(group):
        mine = group == number
        found["group"].append(_label(begins, number))
        found["cases"].append(int(mine.sum()))
        for name, column in columns.items():
            found[name].append(float(column[mine].mean()))
    return found


def _label(begins: tuple[int, ...], number: int) -> str:
    begin = begins[number]
    if number == len(begins) - 1:
        return f"{begin:,}+"
    last = begins[number + 1] - 1
    return f"{begin:,}" if last == begin else f"{begin:,}-{last:,}"
