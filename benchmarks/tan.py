"""The improved recurrent networks of Tan, Xu and Liu (2016): table 1, figure 4, and what moves M1.

    python benchmarks/tan.py --data DIR --json tan.json

DIR/rsc15_64 holds train.parquet and test.parquet (columns SessionId, ItemId, Time): the last 1/64
of the RSC15 training sequences and the papers' own test. Every part of the training log below is a
most recent fraction of it; the catalog is that of the whole. Without `--data` the synthetic shop
is used. Networks are trained by the paper's recipes (`tan_m1_100` to `tan_m4_100`) until the loss
of 10% of the training sessions, kept apart at random, has not improved for `--patience` epochs. All
next events are ranked in the whole catalog, targets that training never saw count as misses.

"M1, packed" and "M1, packed, tied" change one thing after the other; `stages.py` begins with
session-parallel training instead. `examples/reproduce.py tan_2016 --fractions 1 1/4 1/16 1/64`
draws the curves over fractions and goes on where it was interrupted.
"""

from __future__ import annotations

import argparse
import time

import keras
import numpy as np
from click_logs import load
from machine import describe
from tables import Record, Records, means, parser, print_table

import keras_sessrec as ksr

K = 20
M1, M2, M3, M4 = (ksr.recipes.get(f"tan_m{number}_100") for number in (1, 2, 3, 4))
PACKED = M1.with_arguments({"batches.form": "packed"})
# The output's vectors are the embedding.
TIED = PACKED.with_arguments({"model.embedding_dim": None, "model.tie_embeddings": True})

# Name -> recipe, fraction of the log; M2 and M4 start from the M1 of the same seed.
ROWS: dict[str, tuple[ksr.recipes.Recipe, float]] = {
    "M1": (M1, 1),
    "M1, 1/4": (M1, 1 / 4),
    "M1, 1/16": (M1, 1 / 16),
    "M1, 1/64": (M1, 1 / 64),
    "M2, 1/4": (M2, 1),
    "M2, 1/16": (M2.with_arguments({"stages.0.fraction": 1 / 16}), 1),
    "M3, 1/4": (M3, 1 / 4),
    "M3, 1/16": (M3, 1 / 16),
    "M3, 1/64": (M3, 1 / 64),
    "M4": (M4, 1),
    "M1, packed": (PACKED, 1),
    "M1, packed, tied": (TIED, 1),
}
QUICK = ("M1", "M3, 1/4", "M4", "M1, packed")


class Bench:
    """One data set; trains rows and remembers the M1 that others start from."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.train, self.test = load(args.data, "rsc15_64", args.quick)
        self.catalog = ksr.Catalog.from_log(self.train)
        self._epochs, self._patience = args.epochs, args.patience
        self._m1: dict[int, tuple[keras.Model, Record]] = {}

    def row(self, name: str, seed: int) -> tuple[keras.Model, Record]:
        """Trains a row; returns the model, and what is known of its training."""
        if name != "M1":
            return self._trained(name, seed)
        if seed not in self._m1:
            self._m1[seed] = self._trained(name, seed)
        return self._m1[seed]

    def _trained(self, name: str, seed: int) -> tuple[keras.Model, Record]:
        recipe, fraction = ROWS[name]
        patience = {"early_stopping": self._patience}
        if recipe.teacher is not None:
            patience["teacher.early_stopping"] = self._patience
        recipe = recipe.with_epochs(self._epochs).with_arguments(patience)
        start = None if recipe.start is None else self.row("M1", seed)[0]
        log, history = ksr.data.recent_fraction(self.train, fraction), keras.callbacks.History()
        begin = time.perf_counter()
        model = recipe.train(log, self.catalog, seed, start, callbacks=[history], verbose=0)
        epochs = len(history.history["loss"])
        return model, {"epochs": epochs, "train seconds": time.perf_counter() - begin}


def main() -> None:
    arguments = parser(__doc__, "the last 10,000 sessions, four rows, 3 epochs, a seed")
    arguments.add_argument("--data", help="folder with the data set")
    arguments.add_argument("--rows", nargs="+", choices=list(ROWS), help="all if not given")
    arguments.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    arguments.add_argument("--epochs", type=int, default=M1.epochs, help="at most")
    arguments.add_argument("--patience", type=int, default=M1.early_stopping)
    args = arguments.parse_args()
    rows = args.rows or (QUICK if args.quick else ROWS)
    if args.quick:
        args.epochs, args.seeds = min(args.epochs, 3), args.seeds[:1]
    print(describe())
    bench = Bench(args)
    print(f"train {bench.train!r}, test {bench.test!r}, {bench.catalog!r}", flush=True)
    records = Records(args.json)
    for seed in args.seeds:
        results = {}
        for name in rows:
            model, facts = bench.row(name, seed)
            result = ksr.evaluate(model, bench.test, k=K, unseen="miss", coverage=False)
            results[name] = result
            record = {"network": name, "seed": seed, "recall@20": result.recall(K)}
            record |= {"mrr@20": result.mrr(K), "parameters": model.count_params(), **facts}
            base = results.get(name.replace("M3", "M1"))
            if name.startswith("M3") and base is not None:
                compared = ksr.compare(result, base, metric="recall", k=K)
                record |= {"over M1": compared.difference, "p": compared.p_value}
            records.add(record)
    print("\nMeans over seeds, in %, unseen targets counted as misses:")
    print_table(means(records, ["network"], over_seeds))


def over_seeds(same: list[Record]) -> Record:
    """What else is said of the seeds of a row."""
    row: Record = {"epochs": "/".join(str(record["epochs"]) for record in same)}
    row["train seconds"] = float(np.median([record["train seconds"] for record in same]))
    row["parameters"] = same[0]["parameters"]
    if compared := [record for record in same if "p" in record]:
        row["recall@20 over M1"] = f"{100 * np.mean([r['over M1'] for r in compared]):+.2f}"
        row["p < 0.05"] = f"{sum(r['p'] < 0.05 for r in compared)} of {len(compared)}"
    return row


if __name__ == "__main__":
    main()
