"""Trains the small models of `saved_models/` anew: one per family, on the synthetic shop.

    python examples/build_saved_models.py

Each is exported for TensorFlow Serving, kept as `model.keras` to be trained on, and measured once
on the shop's last days; the figures go into `preset.json` and the model card. Nothing is tuned and
nothing validated: other examples' settings, with fewer units, and fixed numbers of epochs. Needs
the extras `features` and `serving`; two minutes.
"""

import argparse
import datetime
import json
import pathlib
import shutil
import sys
import tempfile

import pandas as pd

from keras_sessrec_cli import without_notes

with without_notes():  # of TensorFlow, on processors and drivers
    import keras
    import tensorflow as tf

    import keras_sessrec as ksr

K = 20
TEST_DAYS = 2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tiny", action="store_true", help="a few seconds, for testing")
    parser.add_argument("--out", help="folder; saved_models, with --tiny a temporary one")
    parser.add_argument("--log-dir", default="logs/build_saved_models", help="for TensorBoard")
    args = parser.parse_args()
    num_sessions, num_items, units, length = (600, 60, 8, 2) if args.tiny else (20_000, 300, 48, 19)
    shop_arguments = {"num_sessions": num_sessions, "num_items": num_items, "seed": 1}
    run = f"{args.log_dir}/{datetime.datetime.now():%Y%m%d-%H%M%S}"

    # === The clicks, and the words of the items' titles ===
    shop = ksr.data.synthetic_shop(**shop_arguments)
    train, test = ksr.data.split_last_days(shop.log, days=TEST_DAYS)
    catalog = ksr.Catalog.from_log(train)
    titles = dict(zip(shop.item_ids, shop.titles, strict=True))
    titled = catalog.with_features("text", ksr.features.TextVectorizer().fit(catalog, titles))
    lanes = ksr.batches.session_parallel(train, catalog)

    # === How all are compiled and trained ===
    # Without XLA: with a catalog this small, compiling would take as long as training.
    common = {"metrics": [ksr.metrics.RecallAtK(K), ksr.metrics.MRRAtK(K)], "jit_compile": False}
    loss = ksr.losses.CrossEntropy()
    popular = ksr.samplers.Popularity(512, alpha=0.5, logq=1.0)

    def options(name: str, epochs: int) -> dict:
        board = keras.callbacks.TensorBoard(f"{run}/{name}")
        return {"epochs": 1 if args.tiny else epochs, "callbacks": [board], "verbose": 2}

    # === GRU4Rec, as in quickstart.py ===
    arguments = {"units": [units], "tie_embeddings": True, "hidden_dropout": 0.3, "seed": 1}
    gru4rec = ksr.models.GRU4Rec(catalog, **arguments)
    gru4rec.compile(ksr.optimizers.SparseAdagrad(0.1, momentum=0.1), loss, popular, **common)
    gru4rec.fit(lanes, **options("gru4rec_shop", epochs=8))

    # === A parallel RNN of ids and titles, as in parallel_rnn.py ===
    reads = {"item": ksr.layers.OneHotItem(seed=1), "text": ksr.layers.FeatureTable("text", seed=2)}
    arguments = {"units": [units * 2 // 3], "dropout": 0.2, "seed": 3}
    subnets = {name: ksr.layers.Subnet(view, **arguments) for name, view in reads.items()}
    parallel = ksr.models.ParallelGRU4Rec(titled, subnets, seed=1)
    parallel.compile(ksr.optimizers.SparseAdagrad(0.1), loss, popular, **common)
    parallel.fit(lanes, **options("parallel_rnn_shop", epochs=6))

    # === Tan's M2: all prefixes (M1), then the recent quarter ===
    ours = {
        "model.units.0": units,
        "optimizer.learning_rate": 0.003,
        "batches.max_length": length,
        "early_stopping": None,
        "compile": common,
    }
    m1, m2, m4 = (ksr.recipes.get(f"tan_{name}_100") for name in ("m1", "m2", "m4"))
    of_m1 = {"model.embedding_dim": units // 2, **ours}
    start = m1.with_arguments(of_m1).train(train, catalog, 1, **options("tan_m1", epochs=20))
    m2 = m2.with_arguments({**of_m1, "stages.0.learning_rate": 0.0005})
    tan_m2 = m2.train(train, catalog, 1, start, **options("tan_m2_shop", epochs=3))

    # === Tan's M4 of GRU4Rec's embeddings: shared ones, which are made to be scored with ===
    m4 = m4.with_arguments(ours)
    tan_m4 = m4.train(train, catalog, 1, gru4rec, **options("tan_m4_shop", epochs=20))

    # === Measured, and out into the world ===
    out = pathlib.Path(args.out or (tempfile.mkdtemp() if args.tiny else "saved_models"))
    ceiling = shop.ceiling(test, k=K, candidates=catalog.item_ids)
    best = {"recall": ceiling.recall, "mrr": ceiling.mrr}
    print(f"\n{'':20}Recall@{K}   MRR@{K}   share of the best possible")
    models = {"gru4rec": gru4rec, "parallel_rnn": parallel, "tan_m2": tan_m2, "tan_m4": tan_m4}
    for name, model in models.items():
        result = ksr.evaluate(model, test, k=K)
        values = {"recall": result.recall(K), "mrr": result.mrr(K)}
        facts = {
            "class": type(model).__name__,
            "data": {"synthetic_shop": shop_arguments, "split_last_days": {"days": TEST_DAYS}},
            "k": K,
            "metrics": values,
            "intervals": {metric: result.confidence_interval(metric, K) for metric in values},
            "best_possible": best,
            "made_with": {part.__name__: part.__version__ for part in (ksr, keras, tf)},
        }
        share = " and ".join(f"{values[metric] / best[metric]:.0%}" for metric in values)
        words = f"Made-up clicks, {json.dumps(facts['data'])}. It reaches {share} of the best "
        words += f"possible Recall@{K} and MRR@{K} on the test sessions: {json.dumps(best)}."
        folder = out / f"{name}_shop"
        shutil.rmtree(folder / "1", ignore_errors=True)
        ksr.serving.export(model, folder, k=K, version=1, data=words, evaluation=result)
        model.save(folder / "model.keras")
        (folder / "preset.json").write_text(json.dumps(facts, indent=1) + "\n")
        print(f"{folder.name:20}{values['recall']:9.3f}{values['mrr']:9.3f}   {share}")
    # For the page of the development server.
    items = {"id": catalog.item_ids, "title": [titles[i] for i in catalog.item_ids]}
    pd.DataFrame(items).to_csv(out / "items.csv", index=False)
    print(f"\nThe models are in {out}")
    print(f"TensorBoard: {sys.executable} -m tensorboard.main --logdir {args.log_dir}")


if __name__ == "__main__":
    main()
