"""Last month's model, last week's clicks: is it worth training on, or is it time to start anew?

    python examples/fine_tune_last_week.py

In a shop where a tenth of the items changes every week, a model of three weeks meets a fourth
week's clicks. Its catalog gains the new items, its weights are where training goes on (Tan et al.,
2016, M2), and the next day says what that gained: against the old model as it is, and against one
trained anew on all clicks. About a minute on two cores.
"""

import argparse
import datetime
import sys
import time

import numpy as np

from keras_sessrec_cli import without_notes

with without_notes():  # of TensorFlow, on processors and drivers
    import keras

    import keras_sessrec as ksr

EPOCHS = 6  # of a model that starts from nothing
MORE_EPOCHS = 3  # of one that is trained on
K = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tiny", action="store_true", help="a few seconds, for testing")
    parser.add_argument("--log-dir", default="logs/fine_tune_last_week", help="for TensorBoard")
    args = parser.parse_args()
    size, units = ((600, 100), 8) if args.tiny else ((30_000, 1_000), 64)
    run = f"{args.log_dir}/{datetime.datetime.now():%Y%m%d-%H%M%S}"

    def network(catalog: ksr.Catalog) -> ksr.models.GRU4Rec:
        model = ksr.models.GRU4Rec(
            catalog, units=[units], tie_embeddings=True, hidden_dropout=0.3, seed=1
        )
        model.compile(
            ksr.optimizers.SparseAdagrad(0.1, momentum=0.1),
            ksr.losses.CrossEntropy(),
            ksr.samplers.Popularity(512, alpha=0.5, logq=1.0),
            jit_compile=False if args.tiny else "auto",
        )
        return model

    def options(name: str) -> dict:
        return {"callbacks": [keras.callbacks.TensorBoard(f"{run}/{name}")], "verbose": 2}

    # === Three weeks, the last week, and the day that it is all for ===
    shop = ksr.data.synthetic_shop(*size, turnover=0.3 if args.tiny else 0.1, seed=1)
    past, next_day = ksr.data.split_last_days(shop.log, days=1)
    weeks, last_week = ksr.data.split_last_days(past, days=7, known_items_only=False)

    # === The model there is ===
    catalog = ksr.Catalog.from_log(weeks)
    old = network(catalog)
    epochs, more_epochs = (1, 1) if args.tiny else (EPOCHS, MORE_EPOCHS)
    old.fit(ksr.batches.session_parallel(weeks, catalog), epochs=epochs, **options("old"))

    # === Last week's clicks ===
    # Old items keep their numbers, new ones follow; what both models know is taken over.
    grown = catalog.extended(last_week)
    print(f"\n{catalog} became {grown}")
    begin = time.perf_counter()
    tuned = network(grown)
    tuned.warm_start(old)
    # Smaller steps than from nothing. With all clicks in one log, give that and the fraction
    # that is recent: `RecencyStage(1 / 4, ...)`.
    stages = [ksr.RecencyStage(1, epochs=more_epochs, learning_rate=0.05)]
    ksr.fit_by_recency(tuned, last_week, ksr.batches.session_parallel, stages, **options("tuned"))
    seconds = {"old": 0.0, "fine-tuned": time.perf_counter() - begin}

    # === Or anew ===
    begin = time.perf_counter()
    everything = grown.extended(past)  # the same numbers, the counts of all clicks
    anew = network(everything)
    anew.fit(ksr.batches.session_parallel(past, everything), epochs=epochs, **options("anew"))
    seconds["anew"] = time.perf_counter() - begin

    # === The next day ===
    # The old model in the grown catalog: clicks on new items are skipped, none is recommended.
    class Old:
        def score(self, items: np.ndarray) -> np.ndarray:
            scores = old.score(np.where(items > len(catalog), 0, items))
            missing = ((0, 0), (0, len(grown) - len(catalog)))
            return np.pad(scores, missing, constant_values=-np.inf)

    results = {
        name: ksr.evaluate(scorer, next_day, grown, k=K)
        for name, scorer in {"old": Old(), "fine-tuned": tuned, "anew": anew}.items()
    }
    on_new = results["old"].target > len(catalog)
    print(f"\n{'':16}Recall@{K}   MRR@{K}   Recall@{K} of new items   seconds of training")
    for name, result in results.items():
        of_new = result.values("recall", K)[on_new].mean()
        line = f"{name:16}{result.recall(K):9.3f}{result.mrr(K):9.3f}{of_new:12.3f}"
        print(f"{line}{seconds[name]:22.0f}")
    best = shop.ceiling(next_day, k=K, candidates=grown.item_ids)
    print(f"{'best possible':16}{best.recall:9.3f}{best.mrr:9.3f}")
    print(f"{on_new.mean():.1%} of {len(on_new):,} next clicks were on items new last week")
    for name in ("old", "anew"):
        print(f"fine-tuned against {name}: {ksr.compare(results['fine-tuned'], results[name])}")
    print(f"\nTensorBoard: {sys.executable} -m tensorboard.main --logdir {args.log_dir}")


if __name__ == "__main__":
    main()
