"""Few clicks and a small model: does it learn more from a teacher that has seen the future?

    python examples/distil.py

The teacher reads what was clicked after the target, backwards, so it knows of every click what
no model can know that serves (Tan et al., 2016, section 3.4, model M3). Its opinions are stored
once, on disk; the student learns from the clicks and from them. The gain is small (1.4 points of
Recall@20 with this seed) and not sure with other seeds or more clicks. About a minute on two cores.
"""

import argparse
import datetime
import tempfile

import keras

import keras_sessrec as ksr

K = 20
SHARE = 1 / 32  # of the clicks is all that the shop has
WEIGHT = 0.2  # of the teacher's opinion in the student's loss


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tiny", action="store_true", help="a few seconds, for testing")
    parser.add_argument("--log-dir", default="logs/distil", help="for TensorBoard")
    args = parser.parse_args()
    size, share, epochs = ((600, 60), 1 / 2, 1) if args.tiny else ((20_000, 300), SHARE, 80)
    small, large, length = (4, 8, 2) if args.tiny else (24, 48, 19)
    run = f"{args.log_dir}/{datetime.datetime.now():%Y%m%d-%H%M%S}"

    # === Few clicks to learn from, many to test on, a tenth of the few to stop by ===
    shop = ksr.data.synthetic_shop(*size, seed=1)
    everything, test = ksr.data.split_last_days(shop.log, days=2)
    few = ksr.data.recent_fraction(everything, share)
    catalog = ksr.Catalog.from_log(few)
    test, _ = ksr.data.keep_known_items(test, few)
    train, valid = ksr.data.split_random_sessions(few, 0.1)
    print(f"train {train!r}\ntest  {test!r}")

    def trained(name: str, units: int, loss, form: str = "prefixes", labels=None):
        """A network trained until the validation sessions are no longer answered better."""
        print(f"\n{name}")
        arguments = {"embedding_dim": units // 2, "click_dropout": 0.25, "seed": 1}
        model = ksr.models.GRU4Rec(catalog, units=[units], **arguments)
        # Without XLA: with a catalog this small, compiling would take longer than training.
        model.compile(
            keras.optimizers.Adam(0.01),
            loss,
            ksr.samplers.FullCatalog(),
            metrics=[ksr.metrics.RecallAtK(K), ksr.metrics.MRRAtK(K)],
            jit_compile=False,
        )
        sequences = {"form": form, "batch_size": 128, "max_length": length}
        stopping = keras.callbacks.EarlyStopping(
            f"val_recall_at_{K}", mode="max", patience=5, restore_best_weights=True
        )
        model.fit(
            ksr.batches.prefixes(train, catalog, soft_labels=labels, **sequences),
            validation_data=ksr.batches.prefixes(valid, catalog, **sequences),
            epochs=epochs,
            callbacks=[stopping, keras.callbacks.TensorBoard(f"{run}/{name}")],
            verbose=2,
        )
        return model

    # === The teacher, twice the student's size ===
    clicks = ksr.losses.CrossEntropy()
    teacher = trained("teacher", large, clicks, form="futures")

    # === The same small network, with and without its opinions; and a large one ===
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/labels"
        labels = ksr.SoftLabels.write(path, teacher, train, catalog, max_length=length)
        both = ksr.losses.Distillation(weight=WEIGHT)
        models = {
            "small alone": trained("small", small, clicks),
            "small, distilled": trained("distilled", small, both, labels=labels),
            "large alone": trained("large", large, clicks),
        }

    # === Is it any good? ===
    print(f"\n{'':20}weights   Recall@{K}   MRR@{K}")
    results = {}
    for name, model in models.items():
        result = results[name] = ksr.evaluate(model, test, catalog, k=K, coverage=False)
        print(f"{name:20}{model.count_params():7,}{result.recall(K):12.3f}{result.mrr(K):9.3f}")
    # Of clicks that have something after them, and not the task of those above.
    futures = ksr.batches.prefixes(test, catalog, form="futures", max_length=length)
    seen = teacher.evaluate(futures, verbose=0, return_dict=True)
    recall, mrr = seen[f"recall_at_{K}"], seen[f"mrr_at_{K}"]
    print(f"{'teacher, of futures':20}{teacher.count_params():7,}{recall:12.3f}{mrr:9.3f}")
    best = shop.ceiling(test, k=K, candidates=catalog.item_ids)
    print(f"{'best possible':27}{best.recall:12.3f}{best.mrr:9.3f}")
    for metric in ("recall", "mrr"):
        found = ksr.compare(results["small, distilled"], results["small alone"], metric, K)
        print(f"distilled against alone: {found}")
    print(f"\nTensorBoard: tensorboard --logdir {args.log_dir}")


if __name__ == "__main__":
    main()
