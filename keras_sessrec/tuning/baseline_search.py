"""Finds settings of a baseline for a log of one's own."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from keras_sessrec.catalog.catalog import Catalog
from keras_sessrec.data import SessionLog, split_last_sessions
from keras_sessrec.evaluation import evaluate
from keras_sessrec.tuning.search_plan import Point, search_plan

METRICS = ("recall", "mrr", "ndcg")


@dataclass(frozen=True, eq=False)
class BaselineTuning:
    """The best arguments of a baseline, and all that were tried.

    Made by `tune_baseline`.

    Attributes:
        arguments: dict, the best ones, to be given to the baseline with all of the training log.
        score: float, their objective on the validation sessions.
        trials: `pandas.DataFrame`, one row per trial in the order of the search: the values, then
            recall, MRR and NDCG at the objective's cut-off, and the seconds that it took.

    Example:

    >>> trials = pd.DataFrame({"k": [50, 100], "mrr_at_20": [0.2, 0.3]})
    >>> BaselineTuning({"k": 100}, 0.3, trials).arguments
    {'k': 100}
    """

    arguments: Point
    score: float
    trials: pd.DataFrame


def tune_baseline(
    baseline: Callable[..., Any],
    train: SessionLog,
    space: Mapping[str, Sequence[Any]],
    random_trials: int = 25,
    valid_size: int | float = 0.1,
    valid_sample: int | None = None,
    max_items: int | None = None,
    objective: str = "mrr_at_20",
    seed: int = 0,
) -> BaselineTuning:
    """Searches for the best arguments of a baseline: random points, then one argument at a time.

    The procedure of `tune`, for what is fitted by `fit(log, catalog)` in seconds; keras-tuner
    is not needed. Validated on are the most recent sessions of `train`, cut off before anything
    is counted. The test has no business here; when the search is over, do

        knn = ksr.baselines.SessionKNN(**found.arguments).fit(train, catalog)
        result = ksr.evaluate(knn, test)

    Args:
        baseline: Class or function that makes a baseline of the arguments in `space`.
        train: `SessionLog`.
        space: Mapping from names of arguments to the values to choose from. They are refined
            in this order, so put first what matters most.
        random_trials: int, number of random points. Defaults to 25. The second part adds as many
            trials as there are other values of each argument.
        valid_size: int or float, number or share of the sessions of `train` that validate.
            Defaults to 0.1.
        valid_sample: int, how many of them are scored, drawn at random. Defaults to `None`, all.
        max_items: int, the search knows only so many items, the most frequent ones of the part
            that is fitted; for what costs as much as `SLIST`. Defaults to `None`, all.
        objective: str, `"mrr_at_20"` (default), `"recall_at_20"`, `"ndcg_at_10"`, ..., in the whole
            catalog.
        seed: int, of the random points and of the sample. Defaults to 0.

    Returns:
        `BaselineTuning`: `arguments`, `score`, `trials`.

    Raises:
        ValueError: An argument makes no sense, or the baseline refuses one of its own.

    Example:

    >>> log = ksr.data.synthetic_shop(num_items=40, num_sessions=300, seed=1).log
    >>> space = {"k": [5, 50], "weighting": ["same", "div"]}
    >>> found = tune_baseline(ksr.baselines.SessionKNN, log, space, random_trials=2)
    >>> len(found.trials)
    3
    """
    name, _, cutoff = objective.partition("_at_")
    if name not in METRICS or not cutoff.isdecimal() or int(cutoff) < 1:
        raise ValueError(
            "`objective` must be recall, mrr or ndcg at a cut-off, such as 'recall_at_20'. "
            f"Received: objective={objective!r}."
        )
    if not space or not all(len(values) for values in space.values()):
        raise ValueError(f"`space` must give every name a list of values. Received: {space!r}.")
    counts = {"random_trials": random_trials, "valid_sample": valid_sample, "max_items": max_items}
    for argument, value in counts.items():
        if value is not None and value < 1:
            raise ValueError(f"`{argument}` must be at least 1. Received: {argument}={value}.")
    part, valid = split_last_sessions(train, valid_size)
    catalog = Catalog.from_log(part)
    if max_items is not None:
        most = np.sort(np.argsort(-catalog.counts, kind="stable")[:max_items])
        catalog = Catalog(catalog.item_ids[most], catalog.counts[most])
    if valid_sample is not None and valid_sample < valid.num_sessions:
        drawn = np.random.default_rng(seed).permutation(valid.num_sessions)[:valid_sample]
        valid = valid.select_sessions(drawn)

    points: list[Point] = []
    metrics: list[dict[str, float]] = []
    scores: dict[tuple, float] = {}

    def score(point: Point) -> float:
        key = tuple(point.items())
        if key not in scores:
            begin = time.perf_counter()
            scorer = baseline(**point).fit(part, catalog)
            result = evaluate(scorer, valid, k=int(cutoff), coverage=False)
            found = {f"{m}_at_{cutoff}": getattr(result, m)(int(cutoff)) for m in METRICS}
            points.append(point)
            metrics.append({**found, "seconds": time.perf_counter() - begin})
            scores[key] = found[objective]
        return scores[key]

    plan = search_plan(space, random_trials, seed)
    asked = next(plan)
    try:
        while True:
            asked = plan.send([score(point) for point in asked])
    except StopIteration:
        best = max(scores, key=lambda point: scores[point])
    # Arguments as they were given: pandas would make numbers beside a `None` floats.
    trials = pd.DataFrame(points, dtype=object).join(pd.DataFrame(metrics))
    return BaselineTuning(dict(best), scores[best], trials)
