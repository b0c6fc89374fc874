"""Accuracy of GRU4Rec with the authors' published RSC15 settings, against the baselines.

    python benchmarks/accuracy.py --data DIR --json accuracy.json

DIR holds one folder per data set with `train.parquet` and `test.parquet` (columns SessionId,
ItemId, Time). Without `--data` the synthetic shop is used. Ranks are conservative and count
the whole catalog; both conventions for test items that training never saw are printed: "drop"
splices them out of the sessions (the GRU4Rec papers), "miss" counts them as misses (the tables
of session-based graph networks). Models are trained once per seed; the table shows the means.
"As the port" has the cell and the start of the authors' PyTorch port; the other rows have those
of the paper and of the authors' Theano code.
"""

from __future__ import annotations

import argparse
import pathlib
import time
from functools import partial
from typing import Any

import keras
import numpy as np
from machine import describe, print_table, write_json

import keras_sessrec as ksr

CUTOFFS = (1, 5, 10, 20)
LANES = 32


def cross_entropy(catalog: ksr.Catalog, seed: int, as_port: bool = False) -> ksr.models.GRU4Rec:
    """The authors' rsc15_xe_shared_100_best."""
    model = ksr.models.GRU4Rec(
        catalog,
        units=[100],
        tie_embeddings=True,
        reset_after=as_port,
        hidden_dropout=0.4,
        seed=seed,
    )
    if as_port:
        narrow_start(model)
    model.compile(
        ksr.optimizers.SparseAdagrad(0.2, momentum=0.2),
        ksr.losses.CrossEntropy(),
        ksr.samplers.Popularity(2048, alpha=0.5, logq=1.0),
    )
    return model


def bpr_max(catalog: ksr.Catalog, seed: int, as_port: bool = False) -> ksr.models.GRU4Rec:
    """The authors' rsc15_bpr-max_constrained."""
    model = ksr.models.GRU4Rec(
        catalog, units=[100], tie_embeddings=True, reset_after=as_port, seed=seed
    )
    if as_port:
        narrow_start(model)
    model.compile(
        ksr.optimizers.SparseAdagrad(0.2, momentum=0.1),
        ksr.losses.BPRMax(regularization=0.5, activation=keras.layers.ELU(0.5)),
        ksr.samplers.Uniform(2048),
    )
    return model


def narrow_start(model: ksr.models.GRU4Rec) -> None:
    """Shrinks the recurrent layer's start to that of the authors' PyTorch port.

    Without its compatibility mode the port takes the range from the wrong dimension of its
    stacked matrices: sqrt(6 / (3 H + D / 3)) instead of sqrt(6 / (D + H)), D = H = 100.
    """
    for weight in model.network.subnet.trainable_weights:
        if weight.name.endswith("kernel"):
            weight.assign(weight * ((100 + 100) / (300 + 100 / 3)) ** 0.5)


MODELS = {
    "GRU4Rec cross-entropy": cross_entropy,
    "GRU4Rec cross-entropy, as the port": partial(cross_entropy, as_port=True),
    "GRU4Rec BPR-max": bpr_max,
    "GRU4Rec BPR-max, as the port": partial(bpr_max, as_port=True),
}
BASELINES = {
    "POP": ksr.baselines.Popularity,
    "S-POP": ksr.baselines.SessionPopularity,
    "first-order Markov": ksr.baselines.MarkovChain,
    "Item-KNN": ksr.baselines.ItemKNN,
    "VS-kNN": ksr.baselines.SessionKNN,
    "BPR-MF": ksr.baselines.BPRMF,
}


def load(data: str | None, name: str) -> tuple[ksr.data.SessionLog, ksr.data.SessionLog]:
    """The training and the test log of a data set."""
    if data is None:
        return ksr.data.split_last_days(ksr.data.synthetic_shop(seed=1).log, days=1)
    folder = pathlib.Path(data) / name
    train, test = (ksr.data.read_clicks(folder / f"{part}.parquet") for part in ("train", "test"))
    ksr.data.assert_no_leak(train, test)
    return train, test


def scores(scorer: Any, test: ksr.data.SessionLog, catalog: ksr.Catalog) -> dict[str, float]:
    """Recall and MRR at all cut-offs under both conventions."""
    values = {}
    for unseen in ("drop", "miss"):
        result = ksr.evaluate(scorer, test, catalog, k=CUTOFFS, unseen=unseen, coverage=False)
        for k in CUTOFFS:
            values[f"recall@{k} {unseen}"] = result.recall(k)
        values[f"mrr@20 {unseen}"] = result.mrr(20)
    return values


def train_model(
    make: Any, train: ksr.data.SessionLog, catalog: ksr.Catalog, seed: int, epochs: int
) -> tuple[ksr.models.GRU4Rec, float]:
    """A trained model and the seconds it took, compilation included."""
    model = make(catalog, seed)
    batches = ksr.batches.session_parallel(train, catalog, lanes=LANES)
    begin = time.perf_counter()
    model.fit(batches, epochs=epochs, verbose=0)
    return model, time.perf_counter() - begin


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", help="folder with the data sets; the synthetic shop if not given")
    parser.add_argument("--datasets", nargs="+", default=["rsc15_64", "diginetica"])
    parser.add_argument("--models", nargs="+", choices=[*MODELS, *BASELINES], help="rows to run")
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    parser.add_argument("--epochs", type=int, default=10, help="10 as published")
    parser.add_argument("--quick", action="store_true", help="the last 10,000 sessions, one seed")
    parser.add_argument("--json", help="file for one record per row and seed")
    args = parser.parse_args()
    print(describe())

    records = []
    for name in args.datasets if args.data else ["synthetic_shop"]:
        train, test = load(args.data, name)
        epochs, seeds = args.epochs, args.seeds
        if args.quick:
            recent = np.arange(train.num_sessions) >= train.num_sessions - 10_000
            train = train.select_sessions(recent)
            epochs, seeds = 3, args.seeds[:1]
        catalog = ksr.Catalog.from_log(train)
        print(f"\n{name}: train {train!r}, test {test!r}")
        for row in args.models or [*BASELINES, *MODELS]:
            for seed in seeds if row in MODELS else [0]:
                if row in MODELS:
                    scorer, seconds = train_model(MODELS[row], train, catalog, seed, epochs)
                else:
                    begin = time.perf_counter()
                    scorer = BASELINES[row]().fit(train, catalog)
                    seconds = time.perf_counter() - begin
                records.append(
                    {"dataset": name, "model": row, "seed": seed, "train seconds": seconds}
                    | scores(scorer, test, catalog)
                )
                print_table([_short(records[-1])])
                write_json(args.json, records)
    print("\nMeans over seeds, in %:\n")
    print_table(_means(records))


def _short(record: dict[str, Any]) -> dict[str, Any]:
    """The columns to look at while it runs."""
    keys = ("dataset", "model", "seed", "train seconds", "recall@20 drop", "mrr@20 drop")
    return {key: record[key] for key in keys}


def _means(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One row per data set and model, accuracies in percent with the seeds' range."""
    rows = []
    for key in dict.fromkeys((r["dataset"], r["model"]) for r in records):
        same = [r for r in records if (r["dataset"], r["model"]) == key]
        row = {"dataset": key[0], "model": key[1], "seeds": len(same)}
        for column in [c for c in same[0] if "@" in c]:
            values = [100 * r[column] for r in same]
            spread = f" ± {np.std(values, ddof=1):.2f}" if len(values) > 1 else ""
            row[column] = f"{np.mean(values):.2f}{spread}"
        rows.append(row)
    return rows


if __name__ == "__main__":
    main()
