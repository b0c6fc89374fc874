"""From a file of clicks of your own to a model, its figures in TensorBoard, and an export.

    python examples/own_log.py my_clicks.csv

Without a file a made-up shop's clicks are written to `logs/own_log/clicks.csv` and read from there,
which takes about a minute on two cores. Columns, the unit of times and the length of the test are
arguments. Whoever has visitors and no sessions names the visitors' column by `--session` and gives
`--pause 1800`. Change the model in here; `keras-sessrec train` needs no program.
"""

import argparse
import datetime
import pathlib
import sys

import pandas as pd

from keras_sessrec_cli import without_notes

with without_notes():  # of TensorFlow, on processors and drivers
    import keras

    import keras_sessrec as ksr

MODEL = "saved_models/own_log"
K = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clicks", nargs="?", help=".csv, .tsv, .parquet, packed or not")
    parser.add_argument("--session", default="session_id", help="column (%(default)s)")
    parser.add_argument("--item", default="item_id", help="column (%(default)s)")
    parser.add_argument("--time", default="timestamp", help="column (%(default)s)")
    parser.add_argument(
        "--time-unit", default="s", help="s, ms, us or ns, of times that are numbers"
    )
    parser.add_argument("--pause", type=float, help="seconds; a longer one begins a new session")
    parser.add_argument("--test-days", type=float, default=1, help="the last ones (%(default)s)")
    parser.add_argument("--tiny", action="store_true", help="a few seconds, for testing")
    parser.add_argument("--log-dir", default="logs/own_log", help="for TensorBoard")
    args = parser.parse_args()

    # === The clicks ===
    # One row per click, in any order. A row that cannot be read is an error that names its line.
    # So are times that cannot be in the unit that is given.
    columns = {"session_column": args.session, "item_column": args.item, "time_column": args.time}
    path = args.clicks or _made_up_clicks(f"{args.log_dir}/clicks.csv", columns, args.tiny)
    log = ksr.data.read_clicks(path, **columns, time_unit=args.time_unit)
    if args.pause:
        log = ksr.data.sessionize(log, gap=args.pause)
    print(f"{path}: {log!r}\n\nWhat is left out, as in the papers:")
    log, report = ksr.data.clean(log, min_session_length=2, min_item_support=5)
    print(report)

    # === What is trained on, what says when to stop, what is tested on ===
    train, test = ksr.data.split_last_days(log, days=args.test_days)
    catalog = ksr.Catalog.from_log(train)
    fit, valid = ksr.data.split_random_sessions(train, 0.1)
    print(f"\ntrain {train!r}\ntest  {test!r}")

    # === The model ===
    arguments = {"tie_embeddings": True, "hidden_dropout": 0.3, "seed": 1}
    model = ksr.models.GRU4Rec(catalog, units=[100], **arguments)
    model.compile(
        optimizer=ksr.optimizers.SparseAdagrad(0.1, momentum=0.1),
        loss=ksr.losses.CrossEntropy(),
        negatives=ksr.samplers.Popularity(512, alpha=0.5, logq=1.0),
        metrics=[ksr.metrics.RecallAtK(K), ksr.metrics.MRRAtK(K)],
    )
    best_recall = keras.callbacks.EarlyStopping(
        f"val_recall_at_{K}", mode="max", patience=2, restore_best_weights=True
    )
    model.fit(
        ksr.batches.session_parallel(fit, catalog, lanes=32),
        validation_data=ksr.batches.whole_sessions(valid, catalog),
        epochs=1 if args.tiny else 20,
        callbacks=[
            best_recall,
            ksr.callbacks.Throughput(),
            keras.callbacks.TensorBoard(f"{args.log_dir}/{datetime.datetime.now():%Y%m%d-%H%M%S}"),
        ],
    )

    # === Is it any good? What needs no training sets the bar ===
    scorers = {
        "POP": ksr.baselines.Popularity(),
        "Item-KNN": ksr.baselines.ItemKNN(),
        "first-order Markov": ksr.baselines.MarkovChain(),
        "VS-kNN": ksr.baselines.SessionKNN(),
    }
    scorers = {name: baseline.fit(train, catalog) for name, baseline in scorers.items()}
    print(f"\n{'':20}Recall@{K}   MRR@{K}")
    results = {}
    for name, scorer in {**scorers, "GRU4Rec": model}.items():
        results[name] = ksr.evaluate(scorer, test, k=K)
        print(f"{name:20}{results[name].recall(K):9.3f}{results[name].mrr(K):9.3f}")
    strongest = max(scorers, key=lambda name: results[name].mrr(K))
    print(f"GRU4Rec against {strongest}: {ksr.compare(results['GRU4Rec'], results[strongest])}")

    # === What it recommends after the first test session ===
    clicks = test.session(0).tolist()
    print(f"\nclicked {clicks[:-1]}, then {clicks[-1]!r}; recommended:")
    print(model.recommend([clicks[:-1]], k=5)[0])

    # === Out into the world ===
    data = f"{path}, tested on the last {args.test_days:g} days"
    folder = ksr.serving.export(model, MODEL, k=K, data=data, evaluation=results["GRU4Rec"])
    model.save(f"{MODEL}/model.keras")
    print(f"\nExported: {folder}; to be loaded with `from_preset`: {MODEL}/model.keras")
    print(f"Try it: {sys.executable} -m keras_sessrec.serving.dev_server {MODEL}")
    print(f"TensorBoard: {sys.executable} -m tensorboard.main --logdir {args.log_dir}")


def _made_up_clicks(path: str, columns: dict[str, str], tiny: bool) -> str:
    """Writes a synthetic shop's clicks as a CSV."""
    size = {"num_sessions": 600, "num_items": 60} if tiny else {}
    log = ksr.data.synthetic_shop(**size, seed=1).log
    sessions = log.session_ids[log.session_of_event]
    values = (sessions, log.item_ids[log.item_codes], log.timestamps)
    clicks = pd.DataFrame(dict(zip(columns.values(), values, strict=True)))
    pathlib.Path(path).parent.mkdir(parents=True, exist_ok=True)
    clicks.to_csv(path, index=False)
    return path


if __name__ == "__main__":
    main()
