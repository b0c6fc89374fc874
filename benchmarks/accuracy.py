"""Accuracy of GRU4Rec with the authors' published RSC15 settings, against the baselines.

    python benchmarks/accuracy.py --data DIR --json accuracy.json

DIR holds one folder per data set with `train.parquet` and `test.parquet` (columns SessionId,
ItemId, Time). Without `--data` the synthetic shop is used. Ranks are conservative and count
the whole catalog; both conventions for test items that training never saw are printed: "drop"
splices them out of the sessions (the GRU4Rec papers), "miss" counts them as misses (the tables
of session-based graph networks). Models are trained once per seed, on the whole training log and
for a fixed number of epochs; the table shows the means. "As the port" has the cell and the start of
the authors' PyTorch port; the other rows have those of the paper and of the authors' Theano code.
"""

from __future__ import annotations

import time
from typing import Any

import keras
from click_logs import load
from machine import describe
from tables import Record, Records, means, parser, print_table

import keras_sessrec as ksr

CUTOFFS = (1, 5, 10, 20)
XE = ksr.recipes.get("gru4rec_rsc15_xe_shared_100")
BPR_MAX = ksr.recipes.get("gru4rec_rsc15_bprmax_shared_100")
# Name -> recipe, and whether it has the port's cell and start.
MODELS = {
    "GRU4Rec cross-entropy": (XE, False),
    "GRU4Rec cross-entropy, as the port": (XE, True),
    "GRU4Rec BPR-max": (BPR_MAX, False),
    "GRU4Rec BPR-max, as the port": (BPR_MAX, True),
}
BASELINES = {
    "POP": ksr.baselines.Popularity,
    "S-POP": ksr.baselines.SessionPopularity,
    "first-order Markov": ksr.baselines.MarkovChain,
    "Item-KNN": ksr.baselines.ItemKNN,
    "VS-kNN": ksr.baselines.SessionKNN,
    "BPR-MF": ksr.baselines.BPRMF,
}


class NarrowStart(keras.callbacks.Callback):
    """Shrinks the recurrent layer's start to that of the authors' PyTorch port.

    Without its compatibility mode the port takes the range from the wrong dimension of its
    stacked matrices: sqrt(6 / (3 H + D / 3)) instead of sqrt(6 / (D + H)), D = H = 100.
    """

    def on_train_begin(self, logs: Any = None) -> None:
        for weight in self.model.network.subnet.trainable_weights:
            if weight.name.endswith("kernel"):
                weight.assign(weight * ((100 + 100) / (300 + 100 / 3)) ** 0.5)


def trained(
    recipe: ksr.recipes.Recipe,
    as_port: bool,
    train: ksr.data.SessionLog,
    catalog: ksr.Catalog,
    seed: int,
    epochs: int,
) -> ksr.models.GRU4Rec:
    """GRU4Rec with the paper's cell and start, or with the port's."""
    recipe = recipe.with_arguments({"model.reset_after": as_port})
    start = {"callbacks": [NarrowStart()]} if as_port else {}
    return recipe.train(train, catalog, seed, epochs=epochs, verbose=0, **start)


def scores(scorer: Any, test: ksr.data.SessionLog) -> Record:
    """Recall and MRR at all cut-offs under both conventions."""
    values = {}
    for unseen in ("drop", "miss"):
        result = ksr.evaluate(scorer, test, k=CUTOFFS, unseen=unseen, coverage=False)
        for k in CUTOFFS:
            values[f"recall@{k} {unseen}"] = result.recall(k)
        values[f"mrr@20 {unseen}"] = result.mrr(20)
    return values


def main() -> None:
    arguments = parser(__doc__, "the last 10,000 sessions, 3 epochs, one seed")
    arguments.add_argument("--data", help="folder with the data sets; else the synthetic shop")
    arguments.add_argument("--datasets", nargs="+", default=["rsc15_64", "diginetica"])
    arguments.add_argument("--models", nargs="+", choices=[*BASELINES, *MODELS], help="rows to run")
    arguments.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    arguments.add_argument("--epochs", type=int, default=XE.epochs, help="10 as published")
    args = arguments.parse_args()
    if args.quick:
        args.epochs, args.seeds = 3, args.seeds[:1]
    print(describe())
    records = Records(args.json)
    for name in args.datasets if args.data else ["synthetic_shop"]:
        train, test = load(args.data, name, args.quick)
        catalog = ksr.Catalog.from_log(train)
        print(f"\n{name}: train {train!r}, test {test!r}")
        for row in args.models or [*BASELINES, *MODELS]:
            for seed in args.seeds if row in MODELS else [0]:
                begin = time.perf_counter()
                if row in MODELS:
                    scorer = trained(*MODELS[row], train, catalog, seed, args.epochs)
                else:
                    scorer = BASELINES[row]().fit(train, catalog)
                facts = {"dataset": name, "model": row, "seed": seed}
                facts["train seconds"] = time.perf_counter() - begin
                records.add(facts | scores(scorer, test))
    print("\nMeans over seeds, in %:")
    print_table(means(records, ["dataset", "model"]))


if __name__ == "__main__":
    main()
