"""Titles and pictures beside the clicks: a parallel RNN on a shop's sessions.

    python examples/parallel_rnn.py
    python examples/parallel_rnn.py --views text    # titles alone
    python examples/parallel_rnn.py --views image   # pictures alone

Recurrent networks read each session side by side, one its items' ids, one their pictures, one the
words of their titles; the scores are added. Titles need scikit-learn (`pip install ".[features]"`).
About two minutes on two cores. The convolutional network has random weights, so that nothing is
downloaded; with your own photographs take `--weights imagenet`. On this shop, as the table at the
end shows, the parallel network is at best level with ids alone.
"""

import argparse
import datetime
import sys

from keras_sessrec_cli import without_notes

with without_notes():  # of TensorFlow, on processors and drivers
    import keras

    import keras_sessrec as ksr

K = 20
LANES = 32


def subnet(representation, seed: int, units: int) -> ksr.layers.Subnet:
    """One recurrent network over one view of the items."""
    return ksr.layers.Subnet(representation, units=[units], dropout=0.2, seed=seed)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tiny", action="store_true", help="a few seconds, for testing")
    views = ["image", "text"]
    parser.add_argument("--views", nargs="+", default=views, choices=views, help="beside the ids")
    parser.add_argument("--weights", help="of the CNN: imagenet or a file; random if not given")
    parser.add_argument(
        "--strategy",
        default="simultaneous",
        choices=["simultaneous", "alternating", "residual", "interleaving"],
    )
    parser.add_argument("--log-dir", default="logs/parallel_rnn", help="for TensorBoard")
    args = parser.parse_args()
    size = {"num_sessions": 600, "num_items": 60} if args.tiny else {}
    epochs, units = (1, 16) if args.tiny else (6, 50)

    # === The clicks: curves are of the day before the test, which is looked at once ===
    shop = ksr.data.synthetic_shop(**size, seed=1)
    train, test = ksr.data.split_last_days(shop.log, days=1)
    catalog = ksr.Catalog.from_log(train)
    train, valid = ksr.data.split_last_days(train, days=1)

    # === Add titles: a dict from raw ids to texts becomes a table of words ===
    if "text" in args.views:
        titles = dict(zip(shop.item_ids, shop.titles, strict=True))
        catalog = catalog.with_features("text", ksr.features.TextVectorizer().fit(catalog, titles))

    # === Add pictures: a folder of files named by raw ids, or pixels, become vectors ===
    if "image" in args.views:
        cnn = ksr.features.ImageVectorizer("mobilenet", weights=args.weights, image_size=32)
        pictures = shop.thumbnails(catalog.item_ids)
        catalog = catalog.with_features("image", cnn.fit(catalog, pictures))
    print(catalog)

    # === Two models of the same number of units, the second with one network per view ===
    compile_arguments = {
        "loss": ksr.losses.CrossEntropy(),
        "negatives": ksr.samplers.Popularity(512, alpha=0.5, logq=1.0),
        "metrics": [ksr.metrics.RecallAtK(K), ksr.metrics.MRRAtK(K)],
    }
    # What a subnet reads is all that differs: the id, or one of the catalog's tables.
    subnets = {"item": subnet(ksr.layers.OneHotItem(seed=1), 1, units)}
    for seed, name in enumerate(args.views, start=2):
        subnets[name] = subnet(ksr.layers.FeatureTable(name, seed=seed), seed, units)
    width = len(subnets) * units
    id_only = ksr.models.GRU4Rec(catalog, units=[width], hidden_dropout=0.2, seed=1)
    id_only.compile(ksr.optimizers.SparseAdagrad(0.1), **compile_arguments)
    parallel = ksr.models.ParallelGRU4Rec(catalog, subnets, fusion="parallel", seed=1)
    if args.strategy == "residual":  # one stage after the other within the epochs there are
        strategy = ksr.training.Residual(epochs_per_subnet=max(1, epochs // len(subnets)))
    else:
        strategy = args.strategy
    parallel.compile(ksr.optimizers.SparseAdagrad(0.1), strategy=strategy, **compile_arguments)

    # === Training ===
    run = datetime.datetime.now().strftime("%Y%m%d-%H%M%S")
    for name, model in (("id_only", id_only), ("parallel", parallel)):
        print(f"\n{name}")
        model.fit(
            ksr.batches.session_parallel(train, catalog, lanes=LANES),
            validation_data=ksr.batches.whole_sessions(valid, catalog),
            epochs=epochs,
            callbacks=[keras.callbacks.TensorBoard(f"{args.log_dir}/{run}/{name}")],
        )

    # === Is it any good? ===
    results = {
        "id only": ksr.evaluate(id_only, test, k=K),
        f"parallel, {args.strategy}": ksr.evaluate(parallel, test, k=K),
    }
    print(f"\n{'':24}Recall@{K}   MRR@{K}")
    for name, result in results.items():
        print(f"{name:24}{result.recall(K):9.3f}{result.mrr(K):9.3f}")
    best = shop.ceiling(test, k=K, candidates=catalog.item_ids)
    print(f"{'best possible':24}{best.recall:9.3f}{best.mrr:9.3f}")
    print(ksr.compare(results[f"parallel, {args.strategy}"], results["id only"]))
    print(f"\nTensorBoard: {sys.executable} -m tensorboard.main --logdir {args.log_dir}")


if __name__ == "__main__":
    main()
