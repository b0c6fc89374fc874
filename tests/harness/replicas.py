"""Trainings that several devices share, to run in processes of their own.

`python -m harness.replicas FOLDER DEVICES OPTIONS WAY...` trains on so many logical devices, or as
the worker that TF_CONFIG names, and leaves in FOLDER what came of it.
"""

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

import keras_sessrec as ksr
from harness.killed import Kill

LOG = ksr.data.synthetic_shop(num_items=60, num_sessions=500, seed=2).log
CATALOG = ksr.Catalog.from_log(LOG)
LOOKS = CATALOG.with_features("look", np.eye(CATALOG.num_items, 6, dtype=np.float32))
BLOCK = 16  # no divisor of an epoch's mini-batches: the last block is shorter
JIT = "WITHOUT_XLA" not in os.environ


def gru4rec(lanes=8, loss="cross_entropy", negatives=None, momentum=0.3, **arguments):
    model = ksr.models.GRU4Rec(CATALOG, [6], seed=1, **arguments)
    negatives = negatives or ksr.samplers.Popularity(20, alpha=0.5, logq=1.0)
    model.compile(
        ksr.optimizers.SparseAdagrad(0.1, momentum=momentum),
        loss,
        negatives,
        steps_per_execution=BLOCK,
        jit_compile=JIT,
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
    model.compile(
        rule, "top1", "in_batch", strategy=strategy, steps_per_execution=BLOCK, jit_compile=JIT
    )
    return model, ksr.batches.session_parallel(LOG, LOOKS, lanes=8)


def m1(form="prefixes"):
    model = ksr.models.GRU4Rec(CATALOG, [6], embedding_dim=4, click_dropout=0.25, seed=1)
    negatives = ksr.samplers.FullCatalog()
    model.compile("adam", negatives=negatives, steps_per_execution=BLOCK, jit_compile=JIT)
    return model, ksr.batches.prefixes(LOG, CATALOG, batch_size=16, seed=2, form=form)


def m3():
    """Tan's M3: the first-order Markov chain is the teacher."""
    teacher = ksr.baselines.MarkovChain().fit(LOG, CATALOG)
    model = ksr.models.GRU4Rec(CATALOG, [6], embedding_dim=4, seed=1)
    model.compile(
        "adam", "distillation", "full_catalog", steps_per_execution=BLOCK, jit_compile=JIT
    )
    with tempfile.TemporaryDirectory() as folder:
        labels = ksr.SoftLabels.write(f"{folder}/labels", teacher, LOG, CATALOG, top=5)
        return model, ksr.batches.prefixes(LOG, CATALOG, 16, soft_labels=labels, seed=2)


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
    "m3": m3,
    "different": lambda worker: gru4rec(lanes=8 + worker),
}


def train(way, folder, worker=0, strategy=None, kill=None, backup=False):
    """Trains as users do; leaves what came of it in a folder.

    Args:
        way: str, one of `WAYS`.
        folder: path.
        worker: int, this process in a cluster.
        strategy: `tf.distribute.Strategy`, or `None` for one device.
        kill: Triple of a worker, after how many blocks it gets a signal, and which; or `None`.
        backup: bool, whether snapshots are made, every 50 mini-batches, and validation is part.
    """
    with contextlib.nullcontext() if strategy is None else strategy.scope():
        model, batches = WAYS[way](worker) if way == "different" else WAYS[way]()
    callbacks, options = [], {}
    if backup:
        callbacks.append(
            ksr.callbacks.BackupAndRestore(
                folder / "backup", save_freq=50, delete_checkpoint=kill is not None
            )
        )
        options["validation_data"] = ksr.batches.whole_sessions(LOG, CATALOG)
    if kill is not None and kill[0] == worker:
        callbacks.append(Kill(*kill[1:]))
    found = model.fit(batches, epochs=2, verbose=0, callbacks=callbacks, **options)
    np.savez(folder / f"{way}_{worker}.npz", **outcome(model, found))
    if strategy is not None and model._replicas:
        for k, twin in enumerate(model._replicas.models[1:], start=1):
            np.savez(folder / f"{way}_{k}.npz", **outcome(twin))


def outcome(model, found=None):
    """Weights, optimizer, and where a history is given, it and the states of all lanes."""
    every = {f"variable {i}": np.asarray(v) for i, v in enumerate(model.variables)}
    every |= {f"optimizer {i}": np.asarray(v) for i, v in enumerate(model.optimizer.variables)}
    if found is None:
        return every
    for name, states in model.carried_states().items():
        every |= {f"carried {name} {i}": state for i, state in enumerate(states)}
    return every | {f"history {name}": np.array(v) for name, v in found.history.items()}


def start(folder, *ways, workers=0, devices=0, jit=True, **options):
    """Starts processes: so many workers of a cluster, or one with so many devices.

    Args:
        folder: path, given to `train` as `options` are.
        *ways: str, trained one after the other.
        workers, devices, jit: See above; whether XLA compiles.
    """
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(workers)]
    cluster = {"worker": [f"127.0.0.1:{held.getsockname()[1]}" for held in sockets]}
    for held in sockets:
        held.close()
    processes = []
    for worker in range(workers or 1):
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
        environment |= {} if jit else {"WITHOUT_XLA": "1"}
        if workers:
            task = {"type": "worker", "index": worker}
            environment["TF_CONFIG"] = json.dumps({"cluster": cluster, "task": task})
        arguments = [str(folder), str(devices), json.dumps(options), *ways]
        command = [sys.executable, "-m", "harness.replicas", *arguments]
        with open(folder / f"said_{worker}.txt", "w") as said:
            processes.append(
                subprocess.Popen(command, env=environment, stdout=said, stderr=subprocess.STDOUT)
            )
    return processes


def run(folder, *ways, timeout=600, **how):
    """Runs processes to their end; returns their exit codes and what they have said."""
    processes = start(folder, *ways, **how)
    try:
        codes = [process.wait(timeout) for process in processes]
    finally:
        for process in processes:
            process.kill()
    return codes, [(folder / f"said_{k}.txt").read_text() for k in range(len(processes))]


def main():
    folder, devices, options, *ways = sys.argv[1:]
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
        train(way, Path(folder), worker, strategy, **json.loads(options))


if __name__ == "__main__":
    main()
