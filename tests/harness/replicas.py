"""Trainings that several devices share, to run in processes of their own.

`python -m harness.replicas FOLDER DEVICES WAY...` trains on so many logical devices, or as the
worker that TF_CONFIG names, and leaves in FOLDER what came of it.
"""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np

import keras_sessrec as ksr

LOG = ksr.data.synthetic_shop(num_items=60, num_sessions=500, seed=2).log
CATALOG = ksr.Catalog.from_log(LOG)
LOOKS = CATALOG.with_features("look", np.eye(CATALOG.num_items, 6, dtype=np.float32))
BLOCK = 16  # no divisor of an epoch's mini-batches: the last block is shorter


def gru4rec(lanes=8, loss="cross_entropy", negatives=None, momentum=0.3, **arguments):
    model = ksr.models.GRU4Rec(CATALOG, [6], seed=1, **arguments)
    negatives = negatives or ksr.samplers.Popularity(20, alpha=0.5, logq=1.0)
    model.compile(
        ksr.optimizers.SparseAdagrad(0.1, momentum=momentum),
        loss,
        negatives,
        steps_per_execution=BLOCK,
    )
    batches = ksr.batches.session_parallel(LOG, CATALOG, lanes=lanes, shuffle=True, seed=3)
    return model, batches


def regularized():
    model, batches = gru4rec(embedding_dim=4)
    for variable in model.trainable_variables:
        variable.regularizer = keras.regularizers.L2(1e-4)
    return model, batches


def prnn(strategy):
    subnets = {
        "item": ksr.layers.Subnet(ksr.layers.OneHotItem(seed=2), [5], dropout=0.2, seed=3),
        "look": ksr.layers.Subnet(
            ksr.layers.FeatureTable("look", seed=4), [5], dropout=0.2, seed=5
        ),
    }
    model = ksr.models.ParallelGRU4Rec(LOOKS, subnets, seed=1)
    rule = ksr.optimizers.SparseAdagrad(0.1, momentum=0.2)
    model.compile(rule, "top1", "in_batch", strategy=strategy, steps_per_execution=BLOCK)
    return model, ksr.batches.session_parallel(LOG, LOOKS, lanes=8)


def m1(form="prefixes"):
    model = ksr.models.GRU4Rec(CATALOG, [6], embedding_dim=4, click_dropout=0.25, seed=1)
    negatives = ksr.samplers.FullCatalog()
    model.compile("adam", negatives=negatives, steps_per_execution=BLOCK)
    return model, ksr.batches.prefixes(LOG, CATALOG, batch_size=64, seed=2, form=form)


WAYS = {
    "one-hot": lambda: gru4rec(hidden_dropout=0.2),
    "tied": lambda: gru4rec(tie_embeddings=True, embedding_dropout=0.2, click_dropout=0.1),
    "uneven": lambda: gru4rec(lanes=9, loss="bpr_max", tie_embeddings=True, hidden_dropout=0.2),
    "discounted": lambda: gru4rec(input_discount=0.9, input_window=3),
    "regularized": regularized,
    "residual": lambda: prnn(ksr.training.Residual(epochs_per_subnet=1)),
    "interleaving": lambda: prnn("interleaving"),
    "m1": m1,
    "packed": lambda: m1("packed"),
}


def train(way, folder, worker=0, strategy=None, **options):
    """Trains as users do; keeps weights, optimizer, states of all lanes and history."""
    if strategy is None:
        model, batches = WAYS[way]()
    else:
        with strategy.scope():
            model, batches = WAYS[way]()
    found = model.fit(batches, epochs=2, verbose=0, **options)
    every = {f"variable {i}": np.asarray(v) for i, v in enumerate(model.variables)}
    every |= {f"optimizer {i}": np.asarray(v) for i, v in enumerate(model.optimizer.variables)}
    for name, states in model.carried_states().items():
        every |= {f"carried {name} {i}": state for i, state in enumerate(states)}
    every |= {f"history {name}": values for name, values in found.history.items()}
    np.savez(Path(folder) / f"{way}_{worker}.npz", **every)
    if strategy is not None:  # what the twins have
        for k, twin in enumerate(model._replicas.models[1:], start=1):
            own = {f"variable {i}": np.asarray(v) for i, v in enumerate(twin.variables)}
            np.savez(Path(folder) / f"{way}_twin{k}.npz", **own)
    return model


def start(folder, *ways, workers=0, devices=0):
    """Starts processes: so many workers of a cluster, or one with so many devices."""
    ports, sockets = [], []
    for _ in range(workers):
        sockets.append(socket.socket())
        sockets[-1].bind(("127.0.0.1", 0))
        ports.append(sockets[-1].getsockname()[1])
    for held in sockets:
        held.close()
    cluster = {"worker": [f"127.0.0.1:{port}" for port in ports]}
    processes = []
    for worker in range(workers or 1):
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
        if workers:
            task = {"type": "worker", "index": worker}
            environment["TF_CONFIG"] = json.dumps({"cluster": cluster, "task": task})
        command = [sys.executable, "-m", "harness.replicas", str(folder), str(devices), *ways]
        processes.append(
            subprocess.Popen(
                command,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        )
    return processes


def run(folder, *ways, **how):
    """Runs processes to their end; raises what they say if one fails."""
    processes = start(folder, *ways, **how)
    said = [process.communicate()[0] for process in processes]
    for process, words in zip(processes, said, strict=True):
        if process.returncode:
            raise RuntimeError(words[-3000:])


def main():
    folder, devices, *ways = sys.argv[1:]
    import tensorflow as tf

    worker = 0
    if "TF_CONFIG" in os.environ:
        strategy = tf.distribute.MultiWorkerMirroredStrategy()
        worker = strategy.cluster_resolver.task_id
    else:
        cpu = tf.config.list_physical_devices("CPU")[0]
        parts = [tf.config.LogicalDeviceConfiguration()] * int(devices)
        tf.config.set_logical_device_configuration(cpu, parts)
        strategy = tf.distribute.MirroredStrategy([f"CPU:{k}" for k in range(int(devices))])
    for way in ways:
        train(way, folder, worker, strategy)


if __name__ == "__main__":
    main()
