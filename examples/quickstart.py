"""From clicks to recommendations: train GRU4Rec on a shop's sessions and judge it honestly.

    python examples/quickstart.py

The shop is synthetic, so the best possible score is known. Takes about two minutes on two
cores. To use a log of your own, replace the two lines under "The clicks" by

    log = ksr.data.read_clicks("my_clicks.csv")  # columns session_id, item_id, timestamp
    log, report = ksr.data.clean(log)

With `--export saved_models/shop` the model is written for TensorFlow Serving, with titles and
pictures for the page of the development server.
"""

import argparse
import datetime
import pathlib
import sys

import pandas as pd

from keras_sessrec_cli import without_notes

with without_notes():  # of TensorFlow, on processors and drivers
    import keras
    import tensorflow as tf

    import keras_sessrec as ksr

EPOCHS = 8
LANES = 32
K = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tiny", action="store_true", help="a few seconds, for testing")
    parser.add_argument("--log-dir", default="logs/quickstart", help="for TensorBoard")
    parser.add_argument("--export", type=pathlib.Path, help="folder for TensorFlow Serving")
    args = parser.parse_args()
    size = {"num_sessions": 600, "num_items": 100} if args.tiny else {}
    epochs = 1 if args.tiny else EPOCHS

    # === The clicks ===
    shop = ksr.data.synthetic_shop(**size, seed=1)
    log = shop.log

    # Whole sessions go to one side; the test is the last day, as it would be in production. The
    # curves are of the day before: the test is looked at once, at the end.
    train, test = ksr.data.split_last_days(log, days=1)
    catalog = ksr.Catalog.from_log(train)
    train, valid = ksr.data.split_last_days(train, days=1)
    print(f"train {train!r}\nvalid {valid!r}\ntest  {test!r}")

    # === The model ===
    # The output's item vectors are the input embedding too, and every step scores the next
    # items of all lanes plus 512 sampled items.
    arguments = {"tie_embeddings": True, "hidden_dropout": 0.3, "seed": 1}
    model = ksr.models.GRU4Rec(catalog, units=[100], **arguments)
    model.compile(
        optimizer=ksr.optimizers.SparseAdagrad(0.1, momentum=0.1),
        loss=ksr.losses.CrossEntropy(),
        negatives=ksr.samplers.Popularity(512, alpha=0.5, logq=1.0),
        metrics=[ksr.metrics.RecallAtK(K), ksr.metrics.MRRAtK(K)],
    )

    # === Training ===
    run = datetime.datetime.now().strftime("%Y%m%d-%H%M%S")
    log_dir = f"{args.log_dir}/{run}"
    model.fit(
        ksr.batches.session_parallel(train, catalog, lanes=LANES),
        validation_data=ksr.batches.whole_sessions(valid, catalog),
        epochs=epochs,
        callbacks=[keras.callbacks.TensorBoard(log_dir)],
    )

    # === Is it any good? ===
    # The same protocol for all: after every click, rank the whole catalog for the next one.
    scorers = {
        "POP": ksr.baselines.Popularity().fit(train, catalog),
        "S-POP": ksr.baselines.SessionPopularity().fit(train, catalog),
        "Item-KNN": ksr.baselines.ItemKNN().fit(train, catalog),
        "first-order Markov": ksr.baselines.MarkovChain().fit(train, catalog),
        "VS-kNN": ksr.baselines.SessionKNN().fit(train, catalog),
        "GRU4Rec": model,
    }
    best = shop.ceiling(test, k=K, candidates=catalog.item_ids)
    print(f"\n{'':20}Recall@{K}   MRR@{K}   share of the best possible Recall")
    results = {}
    for name, scorer in scorers.items():
        result = results[name] = ksr.evaluate(scorer, test, k=K)
        recall = result.recall(K)
        print(f"{name:20}{recall:9.3f}{result.mrr(K):9.3f}{recall / best.recall:12.0%}")
    print(f"{'best possible':20}{best.recall:9.3f}{best.mrr:9.3f}{1:12.0%}")

    # === Five sessions and what the model would show next ===
    title = dict(zip(shop.item_ids, shop.titles, strict=True))
    sessions = [test.session(place).tolist() for place in range(5)]
    answers = model.recommend([s[:-1] for s in sessions], k=3)
    for session, answer in zip(sessions, answers, strict=True):
        print("\nseen:       ", " | ".join(title[i] for i in session[:-1]))
        print("recommended:", " | ".join(f"{title[i]} ({score:.1f})" for i, score in answer))
        print("came next:  ", title[session[-1]])
    print(f"\nThis run: {log_dir}")
    print(f"TensorBoard: {sys.executable} -m tensorboard.main --logdir {args.log_dir}")

    # === Out into the world ===
    if args.export:
        data, found = "synthetic_shop(seed=1), tested on the last day", results["GRU4Rec"]
        folder = ksr.serving.export(model, args.export, k=K, data=data, evaluation=found)
        _write_items(args.export, catalog.item_ids, title, shop.thumbnails(catalog.item_ids))
        items = args.export / "items.csv"
        print(f"\nExported: {folder}, titles and pictures: {items}")
        print("Half of the pictures have another shape than their title says, half of the titles")
        print("another adjective than the colours: neither tells all, as in a real shop.")
        print(
            f"Try it: {sys.executable} -m keras_sessrec.serving.dev_server {args.export} "
            f"--items {items}"
        )


def _write_items(folder: pathlib.Path, item_ids, title, thumbnails) -> None:
    """What the development server's page shows of the items."""
    (folder / "pictures").mkdir(exist_ok=True)
    images = [f"pictures/{item_id}.png" for item_id in item_ids]
    for image, picture in zip(images, thumbnails, strict=True):
        (folder / image).write_bytes(tf.io.encode_png(picture).numpy())
    items = pd.DataFrame({"id": item_ids, "title": [title[i] for i in item_ids], "image": images})
    items.to_csv(folder / "items.csv", index=False)


if __name__ == "__main__":
    main()
