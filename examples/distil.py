"""Few clicks and a small model: does it learn more from a teacher that has seen the future?

    python examples/distil.py

The teacher reads what was clicked after the target, backwards, so it knows of every click what
no model can know that serves (Tan et al., 2016, section 3.4, model M3). Its opinions are stored
once, on disk; the student learns from the clicks and from them. The gain is small
(0.3 points of Recall@20 and MRR@20 with this seed) and not sure. About a minute on two cores.
"""

import argparse
import datetime
import sys

from keras_sessrec_cli import without_notes

with without_notes():  # of TensorFlow, on processors and drivers
    import keras

    import keras_sessrec as ksr

K = 20
SHARE = 1 / 32  # of the clicks is all that the shop has
SMALL, LARGE = 24, 48  # units; the teacher is as large as the large one


def of_size(units: int) -> dict:
    """A network of this size for few clicks and few items, in a recipe's arguments."""
    return {
        "model.units.0": units,
        "model.embedding_dim": units // 2,
        "optimizer.learning_rate": 0.01,
        "batches.batch_size": 128,
        "early_stopping": 5,
        # Without XLA: with a catalog this small, compiling would take longer than training.
        "compile.jit_compile": False,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tiny", action="store_true", help="a few seconds, for testing")
    parser.add_argument("--log-dir", default="logs/distil", help="for TensorBoard")
    args = parser.parse_args()
    size, share = ((600, 60), 1 / 2) if args.tiny else ((20_000, 300), SHARE)
    run = f"{args.log_dir}/{datetime.datetime.now():%Y%m%d-%H%M%S}"

    # === Few clicks to learn from, a tenth of them to stop by, many to test on ===
    shop = ksr.data.synthetic_shop(*size, seed=1)
    everything, test = ksr.data.split_last_days(shop.log, days=2)
    train = ksr.data.recent_fraction(everything, share)
    catalog = ksr.Catalog.from_log(train)
    test, _ = ksr.data.keep_known_items(test, train)
    print(f"train {train!r}\ntest  {test!r}")

    # === The same small network with and without a teacher's opinions; and a large one ===
    m1, m3 = (ksr.recipes.get(name).with_epochs(80) for name in ("tan_m1_100", "tan_m3_100"))
    of_teacher = {f"teacher.{name}": value for name, value in of_size(LARGE).items()}
    recipes = {
        "small alone": m1.with_arguments(of_size(SMALL)),
        "small, distilled": m3.with_arguments(of_size(SMALL) | of_teacher),
        "large alone": m1.with_arguments(of_size(LARGE)),
    }
    models = {}
    for name, recipe in recipes.items():
        print(f"\n{name}")
        recipe = recipe.tiny() if args.tiny else recipe
        board = keras.callbacks.TensorBoard(f"{run}/{name}")
        models[name] = recipe.train(train, catalog, seed=1, callbacks=[board], verbose=2)

    # === Is it any good? ===
    print(f"\n{'':20}weights   Recall@{K}   MRR@{K}")
    results = {}
    for name, model in models.items():
        result = results[name] = ksr.evaluate(model, test, k=K)
        print(f"{name:20}{model.count_params():7,}{result.recall(K):12.3f}{result.mrr(K):9.3f}")
    best = shop.ceiling(test, k=K, candidates=catalog.item_ids)
    print(f"{'best possible':27}{best.recall:12.3f}{best.mrr:9.3f}")
    for metric in ("recall", "mrr"):
        found = ksr.compare(results["small, distilled"], results["small alone"], metric, K)
        print(f"distilled against alone: {found}")
    print(f"\nTensorBoard: {sys.executable} -m tensorboard.main --logdir {args.log_dir}")


if __name__ == "__main__":
    main()
