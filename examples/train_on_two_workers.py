"""Train one GRU4Rec in two processes, as two machines would.

    python examples/train_on_two_workers.py

starts two workers on this machine that speak over the loopback. Each trains half of the lanes;
the result is that of one process with all of them. Where TF_CONFIG is set, as a cluster's manager
sets it on every machine, the script is one of the workers: see docs/devices.md. Killed and started
again, with any number of workers, it goes on where it was.
"""

import argparse
import datetime
import json
import os
import socket
import subprocess
import sys

import keras
import tensorflow as tf

import keras_sessrec as ksr

WORKERS = 2
EPOCHS = 8
LANES = 64  # of all workers together
K = 20


def start_workers() -> None:
    """Runs this script once for every worker; prints what the first one, the chief, says."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(WORKERS)]
    addresses = [f"127.0.0.1:{held.getsockname()[1]}" for held in sockets]
    for held in sockets:
        held.close()
    processes = []
    for index in range(WORKERS):
        task = {"type": "worker", "index": index}
        config = json.dumps({"cluster": {"worker": addresses}, "task": task})
        process = subprocess.Popen(
            [sys.executable, __file__, *sys.argv[1:]],
            env=os.environ | {"TF_CONFIG": config},
            stdout=subprocess.DEVNULL if index else subprocess.PIPE,
            text=True,
        )
        processes.append(process)
    for line in processes[0].stdout:
        print(line, end="", flush=True)
    codes = [process.wait() for process in processes]
    if any(codes):
        sys.exit(f"The workers ended with the codes {codes}.")


def work(args: argparse.Namespace) -> None:
    """Trains as one of the workers."""
    # Before anything else of TensorFlow: it connects the workers.
    strategy = tf.distribute.MultiWorkerMirroredStrategy()

    # === The clicks: every worker reads all of them ===
    size = {"num_sessions": 600, "num_items": 100} if args.tiny else {}
    shop = ksr.data.synthetic_shop(**size, seed=1)
    train, test = ksr.data.split_last_days(shop.log, days=1)
    catalog = ksr.Catalog.from_log(train)
    train, valid = ksr.data.split_last_days(train, days=1)

    # === The model: as on one device, but in the strategy's scope ===
    with strategy.scope():
        model = ksr.models.GRU4Rec(
            catalog, units=[100], tie_embeddings=True, hidden_dropout=0.3, seed=1
        )
        model.compile(
            optimizer=ksr.optimizers.SparseAdagrad(0.1, momentum=0.1),
            negatives=ksr.samplers.Popularity(512, alpha=0.5, logq=1.0),
            metrics=[ksr.metrics.RecallAtK(K), ksr.metrics.MRRAtK(K)],
        )

    # === Training: the chief writes, all of them read ===
    callbacks = [ksr.callbacks.BackupAndRestore(f"{args.log_dir}/backup")]
    log_dir = f"{args.log_dir}/{datetime.datetime.now():%Y%m%d-%H%M%S}"
    if model.is_chief:
        callbacks.append(keras.callbacks.TensorBoard(log_dir))
    model.fit(
        ksr.batches.session_parallel(train, catalog, lanes=LANES, shuffle=True),
        validation_data=ksr.batches.whole_sessions(valid, catalog),
        epochs=1 if args.tiny else EPOCHS,
        callbacks=callbacks,
        verbose=2 if model.is_chief else 0,
    )

    # === Every worker has the whole model; the chief judges it ===
    if model.is_chief:
        result = ksr.evaluate(model, test, k=K)
        best = shop.ceiling(test, k=K, candidates=catalog.item_ids)
        print(f"\nRecall@{K} {result.recall(K):.3f}, best possible {best.recall:.3f}")
        print(f"MRR@{K}    {result.mrr(K):.3f}, best possible {best.mrr:.3f}")
        print(f"TensorBoard: tensorboard --logdir {args.log_dir}   (this run: {log_dir})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tiny", action="store_true", help="a few seconds, for testing")
    parser.add_argument("--log-dir", default="logs/two_workers", help="for TensorBoard")
    args = parser.parse_args()
    if "TF_CONFIG" in os.environ:
        work(args)
    else:
        start_workers()


if __name__ == "__main__":
    main()
