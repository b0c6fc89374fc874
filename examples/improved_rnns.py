"""The improved recurrent networks of Tan, Xu and Liu (2016) on a shop's sessions.

    python examples/improved_rnns.py

M1 reads every prefix of a session as a sequence of its own, with clicks dropped at random. M2 is
M1, trained further on the most recent clicks. M3 also learns from a teacher that has seen what was
clicked afterwards, which may help where there is little data: it gets a sixteenth of the
sessions here, as does the M1 beside it. M4 predicts the next item's embedding: a smaller model
that ranks faster. About four minutes on two cores.
"""

import argparse
import datetime
import tempfile

import keras

import keras_sessrec as ksr

K = 20
MAX_LENGTH = 19


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tiny", action="store_true", help="a few seconds, for testing")
    parser.add_argument("--log-dir", default="logs/improved_rnns", help="for TensorBoard")
    args = parser.parse_args()
    size = {"num_sessions": 600, "num_items": 60} if args.tiny else {}
    epochs, units, max_length = (1, 16, 4) if args.tiny else (8, 100, MAX_LENGTH)
    run = datetime.datetime.now().strftime("%Y%m%d-%H%M%S")

    # === Clicks: a test of the last day, and a tenth of the sessions to stop by ===
    shop = ksr.data.synthetic_shop(**size, seed=1)
    train, test = ksr.data.split_last_days(shop.log, days=1)
    catalog = ksr.Catalog.from_log(train)
    results = {}

    def network(seed: int = 1) -> ksr.models.GRU4Rec:
        return ksr.models.GRU4Rec(
            catalog, units=[units], embedding_dim=50, click_dropout=0.25, seed=seed
        )

    def compiled(model, learning_rate: float = 0.003, loss=None):
        # Without XLA: with a catalog this small, compiling would take longer than training.
        model.compile(
            keras.optimizers.Adam(learning_rate),
            loss or ksr.losses.CrossEntropy(),
            ksr.samplers.FullCatalog(),
            jit_compile=False,
        )
        return model

    def fitted(name: str, model, log, **options):
        """Trains until the validation sessions are no longer served better."""
        print(f"\n{name}")
        fit, valid = ksr.data.split_random_sessions(log, 0.1)
        form = options.get("form")
        if form == "futures":
            validation = ksr.batches.prefixes(valid, catalog, form=form, max_length=max_length)
        else:
            validation = ksr.batches.whole_sessions(valid, catalog)
        model.fit(
            ksr.batches.prefixes(fit, catalog, max_length=max_length, **options),
            validation_data=validation,
            epochs=epochs,
            callbacks=[
                keras.callbacks.EarlyStopping("val_loss", patience=1, restore_best_weights=True),
                keras.callbacks.TensorBoard(f"{args.log_dir}/{run}/{name}"),
            ],
        )
        if form != "futures":
            results[name] = ksr.evaluate(model, test, catalog, k=K, coverage=False)
        return model

    # === M1, and M2: the same weights, trained on with the recent quarter ===
    m1 = fitted("M1", compiled(network()), train)
    m2 = network()
    m2.warm_start(m1)
    fitted("M2", compiled(m2, learning_rate=0.0005), ksr.data.recent_fraction(train, 1 / 4))

    # === M4: M1's embeddings are what it reads and what it predicts ===
    m4 = ksr.models.EmbeddingGRU4Rec(catalog, m1, units=[units], click_dropout=0.25, seed=1)
    m4.compile(keras.optimizers.Adam(0.003), jit_compile=False)
    fitted("M4", m4, train)

    # === M3: a small shop's sessions, and a teacher that reads their ends backwards ===
    small = ksr.data.recent_fraction(train, 1 / 4 if args.tiny else 1 / 16)
    fitted("M1, small", compiled(network()), small)
    teacher = fitted("teacher", compiled(network(seed=2)), small, form="futures")
    fit, _ = ksr.data.split_random_sessions(small, 0.1)
    with tempfile.TemporaryDirectory() as folder:
        labels = ksr.SoftLabels.write(
            f"{folder}/labels", teacher, fit, catalog, max_length=max_length
        )
        student = compiled(network(), loss=ksr.losses.Distillation(weight=0.2))
        fitted("M3, small", student, small, soft_labels=labels)

    # === Is it any good? ===
    print(f"\n{'':16}Recall@{K}   MRR@{K}")
    for name, result in results.items():
        print(f"{name:16}{result.recall(K):9.3f}{result.mrr(K):9.3f}")
    best = shop.ceiling(test, k=K, candidates=catalog.item_ids)
    print(f"{'best possible':16}{best.recall:9.3f}{best.mrr:9.3f}")
    print(f"\nTensorBoard: tensorboard --logdir {args.log_dir}")


if __name__ == "__main__":
    main()
