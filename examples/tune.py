"""Which settings suit these clicks? Search, look at it in TensorBoard, train the best, test once.

    python examples/tune.py
    tensorboard --logdir logs/tune

Takes a published configuration and searches, on the last sessions of the training clicks, for
better settings: random points first, then one argument at a time (Hidasi et al., ICLR 2016). The
paper takes 100 random points; `--trials 8` is for a first look. Stopped in between, it goes on
with `--run` and the name of the run. Needs keras-tuner: pip install ".[tune]"

TensorBoard's HParams page shows all trials as a table and in parallel coordinates.
"""

import argparse
import datetime
import sys

from keras_sessrec_cli import without_notes

with without_notes():  # of TensorFlow, on processors and drivers
    import keras_sessrec as ksr

EPOCHS = 5
K = 20
# What is searched: argument of the recipe -> values; refined in this order.
SPACE = {
    "optimizer.learning_rate": [0.02, 0.05, 0.1, 0.2],
    "model.hidden_dropout": [0.0, 0.2, 0.4],
    "optimizer.momentum": [0.0, 0.2, 0.4],
    "batches.lanes": [32, 64, 128],
}
TINY_SPACE = {"optimizer.learning_rate": [0.1, 0.2]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tiny", action="store_true", help="a few seconds, for testing")
    parser.add_argument("--trials", type=int, default=8, help="random points (default: 8)")
    parser.add_argument("--log-dir", default="logs/tune", help="for TensorBoard")
    parser.add_argument("--run", help="name of a run that is to go on")
    args = parser.parse_args()
    size = {"num_sessions": 600, "num_items": 100} if args.tiny else {}

    # === The clicks ===
    shop = ksr.data.synthetic_shop(**size, seed=1)
    train, test = ksr.data.split_last_days(shop.log, days=1)
    catalog = ksr.Catalog.from_log(train)

    # === What is published ===
    recipe = ksr.recipes.get("gru4rec_rsc15_xe_shared_100")
    recipe = recipe.with_arguments({"negatives.num": 512})  # the catalog is small
    recipe = recipe.with_epochs(EPOCHS)
    if args.tiny:
        recipe = recipe.tiny()

    # === The search ===
    # It cuts its own validation part off the end of `train`, as large as the test. The test is
    # none of its business.
    run = args.run or datetime.datetime.now().strftime("%Y%m%d-%H%M%S")
    directory = f"{args.log_dir}/{run}"
    found = ksr.tuning.tune(
        recipe,
        train,
        TINY_SPACE if args.tiny else SPACE,
        directory,
        random_trials=1 if args.tiny else args.trials,
        valid_size=test.num_sessions,
        objective=f"recall_at_{K}",
        seed=1,
    )
    print(f"\n{found.trials.sort_values(f'recall_at_{K}').to_string()}\n")

    # === Is it any good? ===
    # Both are trained on all of `train` and evaluated once.
    best = shop.ceiling(test, k=K, candidates=catalog.item_ids)
    print(f"{'':20}Recall@{K}   MRR@{K}   share of the best possible Recall")
    for name, settings in {"as published": recipe, "tuned": found.recipe}.items():
        model = settings.train(train, catalog, seed=1, verbose=0)
        result = ksr.evaluate(model, test, k=K)
        recall = result.recall(K)
        print(f"{name:20}{recall:9.3f}{result.mrr(K):9.3f}{recall / best.recall:12.0%}")
    print(f"{'best possible':20}{best.recall:9.3f}{best.mrr:9.3f}{1:12.0%}")
    print(f"\nThis run: {directory}")
    print(f"TensorBoard: {sys.executable} -m tensorboard.main --logdir {args.log_dir}")


if __name__ == "__main__":
    main()
