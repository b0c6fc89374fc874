"""Everything that a report says about one trained network or baseline."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from keras_sessrec.batches.next_event_cases import NextEventCases
from keras_sessrec.catalog.catalog import Catalog
from keras_sessrec.data import SessionLog
from keras_sessrec.evaluation.next_event import Scorer, evaluate
from keras_sessrec.evaluation.result import EvaluationResult

CUTOFFS = (1, 5, 10, 20)
K = 20
METRICS = ("recall", "mrr")
# First event of each bucket; the last bucket is open.
_EVENTS_READ = (1, 2, 3, 4, 5, 10)
# Three to a factor of ten: item counts have a heavy tail.
_COUNTS = (0, 1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000, 100_000)


def measure(
    scorer: Scorer,
    test: SessionLog,
    catalog: Catalog,
    most_supported: Iterable[int] = (),
    max_length: int | None = None,
    verbose: int | str = "auto",
) -> dict[str, Any]:
    """Ranks the whole catalog for every next event, once, and sums up.

    Some papers rank among the items with the most training events only, 30,000 of VIDEO (Hidasi
    et al., ICLR 2016) and 50,000 of VIDXL (RecSys 2016). For each such number the scorer is asked
    once more; a catalog without more items is not, since both ranks are the same.

    Args:
        scorer: Model or baseline.
        test: `SessionLog` of test sessions.
        catalog: `Catalog` that the scorer was made with.
        most_supported: Iterable of int, numbers of items to also rank among. Defaults to none.
        max_length: int or `None`, as in `evaluate`: only the last clicks are read. Defaults to
            all.
        verbose: As in `evaluate`.

    Returns:
        dict that JSON can hold:

        - `"metrics"`: `{"drop": {"recall@20": ..., "mrr@20": ...}, "miss": {...}}`, Recall
          and MRR at 1, 5, 10 and 20 for both treatments of unseen test items (`evaluate`);
        - `"intervals"`: of the same form, at 20, `[low, high]` of the 95% bootstrap
          interval over test sessions;
        - `"cases"`: number of next events for each;
        - `"by_events_read"`, `"by_training_count"`: equally long lists `"group"`, `"cases"`,
          `"recall"` and `"mrr"`, at 20, unseen items dropped: by how many events of the session
          the scorer had read, and by the training events of the target's item;
        - `"most_supported"`: dict of each number, as str, to `"items"`, how many were ranked
          (no more than the catalog has), and `"metrics"` as above.

    Raises:
        ValueError: There is nothing to predict.

    Example:

    >>> shop = ksr.data.synthetic_shop(num_items=40, num_sessions=200, seed=1)
    >>> train, test = ksr.data.split_last_days(shop.log)
    >>> catalog = ksr.Catalog.from_log(train)
    >>> pop = ksr.baselines.Popularity().fit(train, catalog)
    >>> sorted(measure(pop, test, catalog)["metrics"])
    ['drop', 'miss']
    """
    results = both_conventions(scorer, test, catalog, None, max_length, verbose)
    metrics, among = _metrics(results), {}
    for number in most_supported:
        found = metrics
        if number < catalog.num_items:
            results_among = both_conventions(scorer, test, catalog, number, max_length, verbose)
            found = _metrics(results_among)
        among[str(number)] = {"items": min(number, catalog.num_items), "metrics": found}
    return {
        "metrics": metrics,
        "intervals": {
            unseen: {f"{m}@{K}": list(result.confidence_interval(m, K)) for m in METRICS}
            for unseen, result in results.items()
        },
        "cases": {unseen: result.num_cases for unseen, result in results.items()},
        "by_events_read": by_events_read(results["drop"], K),
        "by_training_count": by_training_count(results["drop"], K),
        "most_supported": among,
    }


def both_conventions(
    scorer: Scorer,
    test: SessionLog,
    catalog: Catalog,
    most_supported: int | None = None,
    max_length: int | None = None,
    verbose: int | str = "auto",
) -> dict[str, EvaluationResult]:
    """Evaluates under both treatments of unseen test items at the price of one.

    A scorer skips unknown inputs, so the prefix that "drop" leaves is read as the one that
    "miss" keeps: its cases are those of "miss" with a known target and a known event before.

    Args:
        scorer: Model or baseline.
        test: `SessionLog` of test sessions.
        catalog: `Catalog` that the scorer was made with.
        most_supported: int or `None`, as in `evaluate`. Defaults to the whole catalog.
        max_length: int or `None`, as in `evaluate`. Defaults to all.
        verbose: As in `evaluate`.

    Returns:
        dict of `"drop"` and `"miss"` to `EvaluationResult`.

    Raises:
        ValueError: There is nothing to predict.
    """
    kept = NextEventCases.from_log(test, catalog, "drop")
    if not len(kept):
        raise ValueError(
            "`test` must have a session with two events of the catalog's items. "
            f"Received: {test!r} for {catalog!r}."
        )
    miss = evaluate(
        scorer,
        test,
        catalog,
        k=CUTOFFS,
        unseen="miss",
        most_supported=most_supported,
        coverage=False,
        max_length=max_length,
        verbose=verbose,
    )
    cases = NextEventCases.from_log(test, catalog, "miss")
    both = (cases.target > 0) & (cases.stop > cases.start)
    drop = dataclasses.replace(
        miss,
        rank=miss.rank[both],
        session=kept.session,
        position=kept.position,
        target=np.asarray(kept.target),
        unseen="drop",
    )
    return {"drop": drop, "miss": miss}


def by_events_read(result: EvaluationResult, k: int) -> dict[str, list[Any]]:
    """Returns metrics by how many events had been read: "1", ..., "5-9", "10+"."""
    return _grouped(result, result.position - 1, _EVENTS_READ, k)


def by_training_count(result: EvaluationResult, k: int) -> dict[str, list[Any]]:
    """Returns metrics by the training events of the targets, which are all in the catalog."""
    return _grouped(result, result.item_counts[result.target - 1], _COUNTS, k)


def _metrics(results: dict[str, EvaluationResult]) -> dict[str, dict[str, float]]:
    return {
        unseen: {f"{m}@{k}": getattr(result, m)(k) for m in METRICS for k in CUTOFFS}
        for unseen, result in results.items()
    }


def _grouped(
    result: EvaluationResult, values: np.ndarray, begins: tuple[int, ...], k: int
) -> dict[str, list[Any]]:
    """Groups without a case are left out."""
    columns = pd.DataFrame({name: result.values(name, k) for name in METRICS})
    groups = columns.groupby(np.searchsorted(begins, values, side="right") - 1)
    return {
        "group": [_label(begins, number) for number in groups.groups],
        "cases": groups.size().tolist(),
        **groups.mean().to_dict("list"),
    }


def _label(begins: tuple[int, ...], number: int) -> str:
    begin = begins[number]
    if number == len(begins) - 1:
        return f"{begin:,}+"
    last = begins[number + 1] - 1
    return f"{begin:,}" if last == begin else f"{begin:,}-{last:,}"
