"""What did the network learn? Curves, items in space, readable recommendations, comparisons.

    python examples/inspect_training.py
    tensorboard --logdir logs/inspect_training

Trains GRU4Rec on a synthetic shop with and without dropout, and writes for TensorBoard:

    Time series   loss, Recall@20 and MRR@20, events per second
    Histograms    weights; hidden vectors, lengths of item vectors, gradients
    Text          example sessions with what is recommended after every epoch
    Projector     the items' vectors with titles, categories and thumbnails
    HParams       the two trainings side by side
    Graphs        how a session is read and scored, of the last training
    Profile       what the processor did in two calls of 100 steps (extra `profile`)

TensorBoard lists the Projector under "Inactive" until it has read its files: reload the page.
"""

import argparse
import datetime
import sys

from keras_sessrec_cli import without_notes

with without_notes():  # of TensorFlow, on processors and drivers
    import keras
    import tensorflow as tf
    from tensorboard.plugins.hparams import api as hp

    import keras_sessrec as ksr

EPOCHS = 8
LANES = 32
K = 20
EXAMPLES = 6  # sessions shown as tables
MEASURED = 200  # sessions for gradients and hidden vectors


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tiny", action="store_true", help="a few seconds, for testing")
    parser.add_argument("--log-dir", default="logs/inspect_training", help="for TensorBoard")
    args = parser.parse_args()
    size = {"num_sessions": 600, "num_items": 100} if args.tiny else {}
    epochs = 1 if args.tiny else EPOCHS

    # === The clicks ===
    shop = ksr.data.synthetic_shop(**size, seed=1)
    # All that TensorBoard shows is of the day before the test, which is looked at once, at the end.
    train, test = ksr.data.split_last_days(shop.log, days=1)
    catalog = ksr.Catalog.from_log(train)
    train, valid = ksr.data.split_last_days(train, days=1)
    measured = range(min(MEASURED, valid.num_sessions))
    sessions = [valid.session(place).tolist() for place in measured]

    # === What is known of the items ===
    # Of a shop of your own: two dicts, and a function from ids to pictures, or none.
    titles = dict(zip(shop.item_ids, shop.titles, strict=True))
    columns = zip(shop.item_ids, shop.titles, shop.categories, shop.styles, strict=True)
    labels = {i: {"title": t, "category": c, "style": s} for i, t, c, s in columns}

    # === What is compared ===
    run = f"{datetime.datetime.now():%Y%m%d-%H%M%S}"
    experiment = f"{args.log_dir}/{run}"
    with tf.summary.create_file_writer(experiment).as_default():
        hp.hparams_config(
            hparams=[hp.HParam("hidden_dropout", hp.Discrete([0.0, 0.3]))],
            metrics=[
                hp.Metric(f"epoch_recall_at_{K}", "validation", display_name=f"Recall@{K}"),
                hp.Metric(f"epoch_mrr_at_{K}", "validation", display_name=f"MRR@{K}"),
            ],
        )

    # === Training ===
    results = {}
    for dropout in (0.0, 0.3):
        keras.utils.clear_session()  # numbers names anew: the weights' are equal in both runs
        model = ksr.models.GRU4Rec(
            catalog, units=[100], tie_embeddings=True, hidden_dropout=dropout, seed=1
        )
        model.compile(
            optimizer=ksr.optimizers.SparseAdagrad(0.1, momentum=0.1),
            loss=ksr.losses.CrossEntropy(),
            negatives=ksr.samplers.Popularity(512, alpha=0.5, logq=1.0),
            metrics=[ksr.metrics.RecallAtK(K), ksr.metrics.MRRAtK(K)],
        )
        log_dir = f"{experiment}/dropout_{dropout}"
        model.fit(
            ksr.batches.session_parallel(train, catalog, lanes=LANES),
            validation_data=ksr.batches.whole_sessions(valid, catalog),
            epochs=epochs,
            callbacks=[
                ksr.callbacks.Throughput(),
                # What Keras calls a batch here is a call of up to 100 steps.
                keras.callbacks.TensorBoard(log_dir, histogram_freq=1, profile_batch=(2, 3)),
                ksr.callbacks.NetworkHealth(log_dir, sessions),
                ksr.callbacks.RecommendationTables(log_dir, sessions[:EXAMPLES], titles=titles),
                ksr.callbacks.Projector(log_dir, labels, shop.thumbnails),
                # The last word names the trial: one of its own in every run of this script.
                hp.KerasCallback(log_dir, {"hidden_dropout": dropout}, f"{run}/dropout_{dropout}"),
            ],
        )
        results[f"dropout {dropout}"] = ksr.evaluate(model, test, k=K)

    # Keras draws no graph of a training: a block of it is one program of thousands of operations.
    with tf.summary.create_file_writer(experiment).as_default():
        items = tf.TensorSpec((None, None), tf.int32)
        tf.summary.graph(tf.function(model).get_concrete_function(items).graph)

    # === Is it any good? ===
    best = shop.ceiling(test, k=K, candidates=catalog.item_ids)
    print(f"\n{'':20}Recall@{K}   MRR@{K}   share of the best possible Recall")
    for name, result in results.items():
        recall = result.recall(K)
        print(f"{name:20}{recall:9.3f}{result.mrr(K):9.3f}{recall / best.recall:12.0%}")
    print(f"{'best possible':20}{best.recall:9.3f}{best.mrr:9.3f}{1:12.0%}")
    print(f"\nThis run: {experiment}")
    print(f"TensorBoard: {sys.executable} -m tensorboard.main --logdir {args.log_dir}")


if __name__ == "__main__":
    main()
