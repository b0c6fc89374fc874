"""What a few stored labels cost M3 against a teacher's whole distribution (Tan et al. 2016).

    python benchmarks/soft_labels.py --data DIR --json soft_labels.json

The paper's student learns from the teacher's probabilities of all items; the recipe `tan_m3_100`
keeps the greatest 64 of every pair. Here the same teacher is asked once a seed, and a student is
trained for every number of labels, on the last 1/64 of the sequences of DIR/rsc15_64 (`tan.py`
says what that folder holds), where M3 is above M1. Without `--data` the synthetic shop is used.
Teacher and student stop when the loss of 10% of the sessions, kept apart at random, has not
improved for `--patience` epochs. All next events are ranked in the whole catalog, targets that
training never saw count as misses. "0" is M1: the same network without a teacher. Seconds are of
the student's training, tracing included and the teacher's part left out; those of the processor
hardly depend on what else the machine does.
"""

from __future__ import annotations

import dataclasses
import pathlib
import tempfile
import time

import keras
import numpy as np
from click_logs import load
from machine import describe
from tables import Record, Records, means, parser, print_table

import keras_sessrec as ksr

K = 20
FRACTION = 1 / 64
M1, M3 = (ksr.recipes.get(f"tan_m{number}_100") for number in (1, 3))
LABELS = {"0": 0, "8": 8, "64": 64, "512": 512, "all": None}
QUICK = ("8", "all")


def main() -> None:
    arguments = parser(__doc__, "1/4 of the last 10,000 sessions, two rows, 3 epochs, a seed")
    arguments.add_argument("--data", help="folder with the data set")
    arguments.add_argument("--labels", nargs="+", choices=list(LABELS), help="all if not given")
    arguments.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    arguments.add_argument("--epochs", type=int, default=40, help="at most")
    arguments.add_argument("--patience", type=int, default=3)
    args = arguments.parse_args()
    rows = args.labels or (QUICK if args.quick else LABELS)
    if args.quick:
        args.epochs, args.seeds = min(args.epochs, 3), args.seeds[:1]
    print(describe())
    whole, test = load(args.data, "rsc15_64", args.quick)
    catalog = ksr.Catalog.from_log(whole)
    log = ksr.data.recent_fraction(whole, 1 / 4 if args.quick else FRACTION)
    print(f"train {log!r}, test {test!r}, {catalog!r}", flush=True)
    records = Records(args.json)
    for seed in args.seeds:
        settings = {"teacher.early_stopping": args.patience, "early_stopping": args.patience}
        recipe = M3.with_epochs(args.epochs).with_arguments(settings)
        teacher = recipe.teacher.train(log, catalog, seed, verbose=0)
        for name in rows:
            top = catalog.num_items if LABELS[name] is None else LABELS[name]
            model, facts = student(recipe, log, catalog, seed, teacher, top)
            result = ksr.evaluate(model, test, k=K, unseen="miss", coverage=False)
            found = {"recall@20": result.recall(K), "mrr@20": result.mrr(K), **facts}
            records.add({"labels": name, "seed": seed, **found})
    print("\nMeans over seeds, in %, unseen targets counted as misses:")
    print_table(means(records, ["labels"], over_seeds))


def student(
    recipe: ksr.recipes.Recipe,
    log: ksr.data.SessionLog,
    catalog: ksr.Catalog,
    seed: int,
    teacher: keras.Model,
    top: int,
) -> tuple[keras.Model, Record]:
    """Trains M3 as its recipe does, with a teacher that is there already; M1 without labels."""
    if not top:
        recipe = dataclasses.replace(recipe, loss=M1.loss, teacher=None)
    train, valid = recipe.kept_apart(log, seed)
    model, more, size = recipe.build(catalog, seed), {}, 0
    stop = keras.callbacks.EarlyStopping(
        "val_loss", patience=recipe.early_stopping, restore_best_weights=True
    )
    with tempfile.TemporaryDirectory() as folder:
        if top:
            path = pathlib.Path(folder) / "labels"
            length = {"max_length": recipe.batches[1]["max_length"]}
            more["soft_labels"] = ksr.SoftLabels.write(path, teacher, train, catalog, top, **length)
            size = sum(file.stat().st_size for file in path.glob("*.npy"))
        history = keras.callbacks.History()
        begin, work = time.perf_counter(), time.process_time()
        model.fit(
            recipe.batches_of(train, catalog, seed=seed, **more),
            epochs=recipe.epochs,
            validation_data=ksr.batches.whole_sessions(valid, catalog),
            callbacks=[history, stop],
            verbose=0,
        )
        seconds, work = time.perf_counter() - begin, time.process_time() - work
    return model, {
        "epochs": len(history.history["loss"]),
        "stored bytes": size,
        "train seconds": seconds,
        "processor seconds": work,
    }


def over_seeds(same: list[Record]) -> Record:
    """What else is said of the seeds of a row."""
    return {
        "stored MB": np.mean([record["stored bytes"] for record in same]) / 1e6,
        "epochs": "/".join(str(record["epochs"]) for record in same),
        "train seconds": float(np.median([record["train seconds"] for record in same])),
        "processor seconds": float(np.median([record["processor seconds"] for record in same])),
    }


if __name__ == "__main__":
    main()
