"""The improved recurrent networks of Tan, Xu and Liu (2016): table 1, figure 4, and what moves M1.

    python benchmarks/tan.py --data DIR --json tan.json --plot tan.png

DIR/rsc15_64 holds train.parquet and test.parquet (columns SessionId, ItemId, Time): the last 1/64
of the RSC15 training sequences and the papers' own test. Every part of the training log below is a
most recent fraction of it; the catalog is that of the whole. Without `--data` the synthetic shop
is used. Every network trains until the loss of 10% of its training sessions, kept apart at
random, has not improved for `--patience` epochs, and keeps its best weights. All next events are
ranked in the whole catalog, targets that training never saw count as misses.

M1: prefixes, click dropout 25%, embedding 50, 100 units, softmax over the catalog, Adam, 512
sequences a batch. M2: an M1 trained on all, trained further on a recent fraction. M3: an M1 that
also learns from a teacher of reversed futures. M4: predicts M1's embeddings. "M1, packed" and "M1,
packed, tied" change one thing after the other; `stages.py` begins with session-parallel training
instead. An interrupted run goes on where it was if `--json` names the same file.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import tempfile
import time
from typing import Any

import keras
import numpy as np
from machine import describe, print_table, write_json

import keras_sessrec as ksr

K = 20
ALL = ksr.samplers.FullCatalog
PAPER = {"form": "prefixes", "dim": 50, "units": 100, "rate": 0.001}
PACKED = {**PAPER, "form": "packed"}
TIED = {**PACKED, "dim": None}  # the output's vectors are the embedding

# Name -> (kind, settings, fraction of the log); M2 to M4 start from the M1 of the same seed.
ROWS: dict[str, tuple[str, dict[str, Any], float]] = {
    "M1": ("M1", PAPER, 1),
    "M1, 1/4": ("M1", PAPER, 1 / 4),
    "M1, 1/16": ("M1", PAPER, 1 / 16),
    "M1, 1/64": ("M1", PAPER, 1 / 64),
    "M2, 1/4": ("M2", PAPER, 1 / 4),
    "M2, 1/16": ("M2", PAPER, 1 / 16),
    "M3, 1/4": ("M3", PAPER, 1 / 4),
    "M3, 1/16": ("M3", PAPER, 1 / 16),
    "M3, 1/64": ("M3", PAPER, 1 / 64),
    "M4": ("M4", PAPER, 1),
    "M1, packed": ("M1", PACKED, 1),
    "M1, packed, tied": ("M1", TIED, 1),
}


class Bench:
    """One data set; trains rows and remembers what others start from."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.args = args
        self.train, self.test = load(args)
        self.catalog = ksr.Catalog.from_log(self.train)
        self._trained: dict[tuple, keras.Model] = {}

    def row(self, name: str, seed: int) -> tuple[keras.Model, dict[str, Any]]:
        """Trains a row; returns the model, and its epochs and seconds per epoch."""
        kind, settings, fraction = ROWS[name]
        if kind == "M1":
            key = (tuple(settings.items()), fraction, seed)
            if key not in self._trained:
                model = self.network(settings, seed)
                model.compile(keras.optimizers.Adam(settings["rate"]), negatives=ALL())
                self._trained[key] = model, self.fit(model, settings, fraction, seed)
            return self._trained[key]
        if kind == "M3":
            return self.distilled(settings, fraction, seed)
        start, _ = self.row(next(n for n, r in ROWS.items() if r == ("M1", settings, 1)), seed)
        if kind == "M2":
            model = self.network(settings, seed)
            model.warm_start(start)
            model.compile(keras.optimizers.Adam(settings["rate"] / 4), negatives=ALL())
        else:
            model = ksr.models.EmbeddingGRU4Rec(
                self.catalog, start, units=[settings["units"]], click_dropout=0.25, seed=seed
            )
            model.compile(keras.optimizers.Adam(settings["rate"]))
        return model, self.fit(model, settings, fraction, seed)

    def network(self, settings: dict[str, Any], seed: int) -> ksr.models.GRU4Rec:
        return ksr.models.GRU4Rec(
            self.catalog,
            units=[settings["units"]],
            embedding_dim=settings["dim"],
            tie_embeddings=settings["dim"] is None,
            click_dropout=0.25,
            seed=seed,
        )

    def distilled(
        self, settings: dict[str, Any], fraction: float, seed: int
    ) -> tuple[keras.Model, dict[str, Any]]:
        """M3: a teacher of reversed futures, its stored opinions, a student."""
        teacher = self.network(settings, seed)
        teacher.compile(keras.optimizers.Adam(settings["rate"]), negatives=ALL())
        of_teacher = self.fit(teacher, {**settings, "form": "futures"}, fraction, seed)
        train, _ = self.split(fraction, seed)
        with tempfile.TemporaryDirectory() as folder:
            begin = time.perf_counter()
            labels = ksr.SoftLabels.write(f"{folder}/labels", teacher, train, self.catalog)
            seconds = time.perf_counter() - begin
            student = self.network(settings, seed)
            loss = ksr.losses.Distillation(0.2)
            student.compile(keras.optimizers.Adam(settings["rate"]), loss, ALL())
            facts = self.fit(student, settings, fraction, seed, labels)
        facts["teacher seconds"] = of_teacher["epochs"] * of_teacher["s/epoch"] + seconds
        return student, facts

    def split(self, fraction: float, seed: int) -> tuple[Any, Any]:
        """Training and validation part of a recent fraction; the same for all networks."""
        recent = ksr.data.recent_fraction(self.train, fraction)
        return ksr.data.split_random_sessions(recent, 0.1, seed=seed)

    def fit(
        self, model: keras.Model, settings: dict[str, Any], fraction: float, seed: int, labels=None
    ) -> dict[str, Any]:
        """Trains with early stopping."""
        train, valid = self.split(fraction, seed)
        batches = ksr.batches.prefixes(
            train, self.catalog, form=settings["form"], soft_labels=labels, seed=seed
        )
        if settings["form"] == "futures":  # a teacher is judged as it is asked
            valid_batches = ksr.batches.prefixes(valid, self.catalog, form="futures", shuffle=False)
        else:
            valid_batches = ksr.batches.whole_sessions(valid, self.catalog)
        clock = EpochSeconds()
        stop = keras.callbacks.EarlyStopping(
            "val_loss", patience=self.args.patience, restore_best_weights=True
        )
        history = model.fit(
            batches,
            validation_data=valid_batches,
            epochs=self.args.epochs,
            callbacks=[clock, stop],
            verbose=0,
        )
        return {"epochs": len(history.history["loss"]), "s/epoch": clock.median}


class EpochSeconds(keras.callbacks.Callback):
    """Seconds of the training part of epochs, compilation in the first one left out."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.begin = time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.end = time.perf_counter()  # the last one before validation

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.seconds.append(self.end - self.begin)

    @property
    def median(self) -> float:
        return float(np.median(self.seconds[1:] or self.seconds))


def load(args: argparse.Namespace) -> tuple[ksr.data.SessionLog, ksr.data.SessionLog]:
    """The training and the test log."""
    if args.data is None:
        sessions = 3_000 if args.quick else 20_000
        log = ksr.data.synthetic_shop(num_sessions=sessions, seed=1).log
        return ksr.data.split_last_sessions(log, 0.1)
    folder = pathlib.Path(args.data) / "rsc15_64"
    train, test = (ksr.data.read_clicks(folder / f"{part}.parquet") for part in ("train", "test"))
    ksr.data.assert_no_leak(train, test)
    return (ksr.data.recent_fraction(train, 1 / 64) if args.quick else train), test


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", help="folder with the data set")
    parser.add_argument("--rows", nargs="+", choices=list(ROWS), help="all if not given")
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    parser.add_argument("--epochs", type=int, default=30, help="at most")
    parser.add_argument("--patience", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="1/64 of the log, four rows, 3 epochs")
    parser.add_argument("--json", help="file for one record per row and seed")
    parser.add_argument("--plot", help="file for the picture; needs matplotlib")
    args = parser.parse_args()
    rows = args.rows or list(ROWS)
    if args.quick:
        rows = args.rows or ["M1", "M3, 1/4", "M4", "M1, packed"]
        args.epochs, args.seeds = min(args.epochs, 3), args.seeds[:1]
    print(describe())
    bench = Bench(args)
    print(f"train {bench.train!r}, test {bench.test!r}, {bench.catalog!r}")
    train_pairs, test_pairs = (int((log.lengths - 1).sum()) for log in (bench.train, bench.test))
    print(f"{train_pairs:,} training pairs, {test_pairs:,} test pairs", flush=True)
    records = []
    if args.json and pathlib.Path(args.json).exists():
        records = json.loads(pathlib.Path(args.json).read_text())
    ranks: dict[tuple[str, int], Any] = {}
    for seed in args.seeds:
        for name in rows:
            if any((r["row"], r["seed"]) == (name, seed) for r in records):
                continue
            model, facts = bench.row(name, seed)
            result = ksr.evaluate(
                model, bench.test, bench.catalog, k=K, unseen="miss", coverage=False
            )
            ranks[name, seed] = result
            record = {"row": name, "seed": seed, "recall@20": result.recall(K)}
            record |= {"mrr@20": result.mrr(K), "parameters": model.count_params(), **facts}
            base = ranks.get((name.replace("M3", "M1"), seed))
            if name.startswith("M3") and base is not None:
                compared = ksr.compare(result, base, metric="recall", k=K)
                record |= {"recall over M1": compared.difference, "p": compared.p_value}
            records.append(record)
            print(record, flush=True)
            write_json(args.json, records)
    print("\nMeans over seeds, in %, unseen targets counted as misses:\n")
    print_table(means(records))
    if args.plot:
        plot(records, args.plot)


def means(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One line per row."""
    table = []
    for name in dict.fromkeys(r["row"] for r in records):
        same = [r for r in records if r["row"] == name]
        line = {"network": name, "seeds": len(same)}
        for column in ("recall@20", "mrr@20"):
            values = [100 * r[column] for r in same]
            spread = f" ± {np.std(values, ddof=1):.2f}" if len(values) > 1 else ""
            line[column] = f"{np.mean(values):.2f}{spread}"
        line["epochs"] = "/".join(str(r["epochs"]) for r in same)
        line["s/epoch"] = float(np.median([r["s/epoch"] for r in same]))
        line["parameters"] = same[0]["parameters"]
        compared = [r for r in same if "p" in r]
        if compared:
            gain = 100 * np.mean([r["recall over M1"] for r in compared])
            line["recall@20 over M1"] = f"{gain:+.2f}"
            line["p < 0.05"] = f"{sum(r['p'] < 0.05 for r in compared)} of {len(compared)}"
        table.append(line)
    columns = dict.fromkeys(key for line in table for key in line)
    return [{key: line.get(key, "-") for key in columns} for line in table]


def plot(records: list[dict[str, Any]], path: str) -> None:
    """Both metrics against the fraction, as in figure 4."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, 2, figsize=(9, 4), layout="constrained")
    for axis, metric, label in zip(
        axes, ("recall@20", "mrr@20"), ("Recall@20", "MRR@20"), strict=True
    ):
        for kind, marker in (("M1", "o"), ("M2", "s"), ("M3", "^"), ("M4", "D")):
            points = {}
            for record in records:
                row_kind, settings, fraction = ROWS[record["row"]]
                if row_kind == kind and settings is PAPER:
                    points.setdefault(fraction, []).append(record[metric])
            where = sorted(points)
            values = [[f(points[x]) for x in where] for f in (np.mean, np.min, np.max)]
            if where:
                (line,) = axis.plot(where, values[0], marker=marker, label=kind)
                axis.fill_between(where, values[1], values[2], alpha=0.2, color=line.get_color())
        axis.set_xscale("log", base=4)
        axis.set_xticks([1 / 64, 1 / 16, 1 / 4, 1], ["1/64", "1/16", "1/4", "1"])
        axis.set_xlabel("most recent fraction of the training sequences")
        axis.set_ylabel(label)
        axis.legend()
    figure.savefig(path, dpi=120)


if __name__ == "__main__":
    main()
