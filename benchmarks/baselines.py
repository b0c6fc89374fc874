"""The baselines as the field tunes them: settings chosen on validation, then the test.

    python benchmarks/baselines.py --data DIR --json baselines.json

Per log and baseline `ksr.tuning.tune_baseline` searches on the end of the training part, as many
sessions as the test has, of which a sample is scored; `SLIST` is searched with the most frequent
items only. Decays by time are tried as shares of the training log's span, since not every log has
a clock. The settings with the best MRR@20 and those with the best Recall@20 are fitted to the whole
training part and tested once: the whole catalog ranked, ties against the baseline, unseen items
counted as misses and, beside that, dropped.

DIR has a folder per data set with train.parquet and test.parquet; of `globo` the last 150,000
sessions are trained on. Without `--data` all run on the synthetic shop. Rows that the JSON file
already has are not searched again: run the same line again after a kill.
"""

from __future__ import annotations

import dataclasses
import json
import pathlib
import time
from typing import Any

import numpy as np
from click_logs import last_sessions, load
from machine import describe
from tables import Record, Records, parser, print_table

import keras_sessrec as ksr

K = 20
SHOP = "synthetic_shop"
LOGS = ["rsc15_64", "diginetica", "online_retail", "wikispeedia", "globo", SHOP]
GLOBO_SESSIONS = 150_000
ITEMS_IN_SEARCH = 4_000  # of SLIST
DECAYS = ["same", "div", "linear", "quadratic", "log"]
EVENTS = [0.5, 1.0, 2.0, 4.0, 8.0, None]
SHARES = [1 / 64, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 1, None]  # of the log's span
VOTES = {"k": [50, 100, 200, 500, 1000, 1500], "sample_size": [500, 1000, 2500, 5000, 10_000]}
IDF = [0.0, 0.5, 1.0, 2.0, 5.0, 10.0]


def spaces(span: float) -> dict[str, tuple[Any, dict[str, list]]]:
    """Baseline and values to choose from, by name."""
    times = [share and share * span for share in SHARES]
    stan = {"position_decay": EVENTS, "neighbour_decay": EVENTS, "recency_decay": times}
    return {
        "first-order Markov": (ksr.baselines.MarkovChain, {}),
        "AR": (ksr.baselines.AssociationRules, {"pruning": [5, 10, 20, 50, 100, None]}),
        "SR": (
            ksr.baselines.SequentialRules,
            {"weighting": DECAYS, "steps": [1, 2, 3, 5, 10, 20], "pruning": [10, 20, 50, None]},
        ),
        "Item-KNN": (
            ksr.baselines.ItemKNN,
            {"regularization": [0.0, 2.0, 5.0, 20.0, 50.0, 100.0], "k": [20, 100, 500]},
        ),
        "VS-kNN": (
            ksr.baselines.SessionKNN,
            {
                **{"weighting": DECAYS, "weighting_score": DECAYS, "idf_weighting": IDF, **VOTES},
                **{"similarity": ["dot", "cosine"], "sampling": ["recent", "random"]},
            },
        ),
        "STAN": (ksr.baselines.STAN, {**stan, **VOTES}),
        "VSTAN": (
            ksr.baselines.VSTAN,
            {
                **{**stan, "match_decay": EVENTS, "idf_weighting": IDF, **VOTES},
                "similarity": ["dot", "cosine"],
            },
        ),
        "SLIST": (
            ksr.baselines.SLIST,
            {
                "alpha": [0.0, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0],
                "regularization": [1.0, 3.0, 10.0, 30.0, 100.0],
                **{"position_decay": EVENTS, "inference_decay": EVENTS, "recency_decay": times},
                "max_diagonal": [0.0, 0.5, None],
            },
        ),
    }


def logs_of(
    data: str | None, name: str, quick: bool
) -> tuple[ksr.data.SessionLog, ksr.data.SessionLog]:
    """Training and test part."""
    if data is None or name == SHOP:
        shop = ksr.data.synthetic_shop(num_items=5_000, seed=1)
        train, test = ksr.data.split_last_days(shop.log, days=7)
    else:
        train, test = load(data, name, quick=False)
    if name == "globo":
        train = last_sessions(train, GLOBO_SESSIONS)
    if quick:
        train, test = last_sessions(train, 2_000), last_sessions(test, 300)
    return train, test


def tested(make: Any, point: dict, train: ksr.data.SessionLog, test: ksr.data.SessionLog) -> Record:
    """The test of one setting; seconds of a CPU, so that a busy machine does not change them."""
    begin = time.process_time()
    scorer = make(**point).fit(train, ksr.Catalog.from_log(train))
    record: Record = {"fit CPU seconds": time.process_time() - begin}
    begin = time.process_time()
    result = ksr.evaluate(scorer, test, k=K, unseen="miss", coverage=False)
    record["test CPU seconds"] = time.process_time() - begin
    dropped = dataclasses.replace(result, **known(result, test, scorer.catalog))
    for unseen, part in {"miss": result, "drop": dropped}.items():
        record |= {f"recall@20 {unseen}": part.recall(K), f"mrr@20 {unseen}": part.mrr(K)}
    return record


def known(
    result: ksr.evaluation.EvaluationResult, test: ksr.data.SessionLog, catalog: ksr.Catalog
) -> dict[str, Any]:
    """The cases that are left when unseen items are dropped: known ones after a known one.

    Their prefixes are the same, since unseen items in them are skipped.
    """
    is_known = catalog.encode(test.item_ids)[test.item_codes] > 0
    before = np.cumsum(is_known) - is_known
    event = test.offsets[result.session] + result.position - 1
    kept = is_known[event] & (before[event] > before[test.offsets[result.session]])
    names = ("rank", "session", "position", "target")
    return {name: getattr(result, name)[kept] for name in names}


def main() -> None:
    arguments = parser(__doc__, "2,000 sessions, 2 random trials")
    arguments.add_argument("--data", help="folder with the data sets; else the synthetic shop")
    arguments.add_argument("--datasets", nargs="+", default=LOGS)
    arguments.add_argument("--baselines", nargs="+", choices=list(spaces(1.0)), help="only these")
    arguments.add_argument("--random-trials", type=int, default=15)
    arguments.add_argument("--valid-sample", type=int, default=1_000)
    args = arguments.parse_args()
    print(describe())
    records = Records(args.json)
    if args.json and pathlib.Path(args.json).exists():
        records.extend(json.loads(pathlib.Path(args.json).read_text()))
    done = {(record["dataset"], record["baseline"]) for record in records}
    for name in args.datasets if args.data else [SHOP]:
        train, test = logs_of(args.data, name, args.quick)
        print(f"\n{name}: train {train!r}, test {test!r}", flush=True)
        span = float(train.end_times.max() - train.end_times.min())
        for baseline, (make, space) in spaces(span).items():
            if (name, baseline) in done or baseline not in (args.baselines or spaces(span)):
                continue
            facts: Record = {"dataset": name, "baseline": baseline}
            if not space:
                records.add(
                    facts | {"best in": "-", "settings": {}} | tested(make, {}, train, test)
                )
                continue
            begin = time.process_time()
            found = ksr.tuning.tune_baseline(
                make,
                train,
                space,
                random_trials=2 if args.quick else args.random_trials,
                valid_size=test.num_sessions,
                valid_sample=args.valid_sample,
                max_items=ITEMS_IN_SEARCH if baseline == "SLIST" else None,
            )
            facts["search CPU seconds"] = time.process_time() - begin
            records.add(*chosen(facts, found.trials, list(space), make, train, test))
    print("\nIn %, of the test; CPU seconds of one fit and of one pass over the test:")
    print_table(line(record) for record in records)
    print("\nWith the settings of the best MRR@20 in validation, unseen = miss:")
    print_table(side_by_side(records))


def chosen(
    facts: Record,
    trials: Any,
    names: list[str],
    make: Any,
    train: ksr.data.SessionLog,
    test: ksr.data.SessionLog,
) -> list[Record]:
    """Tests the settings with the best MRR and those with the best Recall of a search."""
    points = trials[names].to_dict("records")
    best = {metric: int(trials[f"{metric}_at_20"].argmax()) for metric in ("mrr", "recall")}
    if len(set(best.values())) == 1:
        best = {"both": best["mrr"]}
    found = []
    for metric, place in best.items():
        point = points[place]
        record = facts | {"best in": metric, "settings": point, "trials": len(trials)}
        record |= {f"valid {m}": float(trials[f"{m}_at_20"][place]) for m in ("recall", "mrr")}
        record |= tested(make, point, train, test)
        found.append(record)
    curve = [points, trials["recall_at_20"].tolist(), trials["mrr_at_20"].tolist()]
    found[0]["curve"] = [list(trial) for trial in zip(*curve, strict=True)]
    return found


def line(record: Record) -> Record:
    """A record as a row of the printed table."""
    settings = ", ".join(f"{name}={shown(value)}" for name, value in record["settings"].items())
    row = {name: record[name] for name in ("dataset", "baseline", "best in")}
    row |= {"settings": settings or "-", "trials": record.get("trials", 0)}
    for unseen in ("miss", "drop"):
        figures = (record[f"{metric}@20 {unseen}"] for metric in ("recall", "mrr"))
        row[f"unseen = {unseen}"] = " / ".join(f"{100 * figure:.2f}" for figure in figures)
    return row | {name: record[name] for name in ("fit CPU seconds", "test CPU seconds")}


def side_by_side(records: list[Record]) -> list[Record]:
    """A row for each baseline and a column for each log."""
    rows: dict[str, Record] = {}
    for record in records:
        if record["best in"] != "recall":
            row = rows.setdefault(record["baseline"], {"baseline": record["baseline"]})
            figures = (record[f"{metric}@20 miss"] for metric in ("recall", "mrr"))
            row[record["dataset"]] = " / ".join(f"{100 * figure:.2f}" for figure in figures)
    return list(rows.values())


def shown(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    main()
