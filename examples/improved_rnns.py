"""The improved recurrent networks of Tan, Xu and Liu (2016) on a shop's sessions.

    python examples/improved_rnns.py

M1 reads every prefix of a session as a sequence of its own, with clicks dropped at random. M2 is
M1, trained further on the most recent clicks. M3 also learns from a teacher that has seen what was
clicked afterwards, which may help where there is little data: it gets a sixteenth of the
sessions here, as does the M1 beside it. M4 predicts the next item's embedding: a smaller model
that ranks faster. They are the paper's recipes but for the learning rates and the number of epochs.
About four minutes on two cores.
"""

import argparse
import datetime
import sys

from keras_sessrec_cli import without_notes

with without_notes():  # of TensorFlow, on processors and drivers
    import keras

    import keras_sessrec as ksr

K = 20
EPOCHS, SMALL_EPOCHS = 8, 40  # at most; an epoch of a sixteenth of the sessions has few steps
# Without XLA: with a catalog this small, compiling would take longer than training.
SETTINGS = {"optimizer.learning_rate": 0.003, "compile.jit_compile": False}
# What M2 and M3 differ in from the paper's.
MORE = {
    "tan_m2_100": {"stages.0.learning_rate": 0.0005},
    "tan_m3_100": {f"teacher.{name}": value for name, value in SETTINGS.items()},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tiny", action="store_true", help="a few seconds, for testing")
    parser.add_argument("--log-dir", default="logs/improved_rnns", help="for TensorBoard")
    args = parser.parse_args()
    size = {"num_sessions": 300, "num_items": 40} if args.tiny else {}
    run = f"{args.log_dir}/{datetime.datetime.now():%Y%m%d-%H%M%S}"

    # === Clicks: the last day is the test; a recipe keeps sessions apart to stop by ===
    shop = ksr.data.synthetic_shop(**size, seed=1)
    train, test = ksr.data.split_last_days(shop.log, days=1)
    catalog = ksr.Catalog.from_log(train)
    small = ksr.data.recent_fraction(train, 1 / 4 if args.tiny else 1 / 16)

    def trained(recipe: str, name: str, log, epochs: int = EPOCHS, start=None):
        """Trains until the sessions kept apart are no longer served better."""
        print(f"\n{name}")
        found = ksr.recipes.get(recipe).with_epochs(epochs)
        found = found.with_arguments(SETTINGS | MORE.get(recipe, {}))
        if args.tiny:
            found = found.tiny()
        board = keras.callbacks.TensorBoard(f"{run}/{name}")
        return found.train(log, catalog, seed=1, start=start, callbacks=[board], verbose=2)

    # === M2 goes on with M1's weights, M4 reads and predicts M1's embeddings ===
    m1 = trained("tan_m1_100", "M1", train)
    models = {
        "M1": m1,
        "M2": trained("tan_m2_100", "M2", train, start=m1),
        "M4": trained("tan_m4_100", "M4", train, start=m1),
        "M1, small": trained("tan_m1_100", "M1, small", small, SMALL_EPOCHS),
        "M3, small": trained("tan_m3_100", "M3, small", small, SMALL_EPOCHS),
    }

    # === Is it any good? ===
    print(f"\n{'':16}Recall@{K}   MRR@{K}")
    for name, model in models.items():
        result = ksr.evaluate(model, test, k=K)
        print(f"{name:16}{result.recall(K):9.3f}{result.mrr(K):9.3f}")
    best = shop.ceiling(test, k=K, candidates=catalog.item_ids)
    print(f"{'best possible':16}{best.recall:9.3f}{best.mrr:9.3f}")
    print(f"\nTensorBoard: {sys.executable} -m tensorboard.main --logdir {args.log_dir}")


if __name__ == "__main__":
    main()
