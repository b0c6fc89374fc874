"""One contender of `train_speed.py` in a process of its own; started by it.

Reads lines from standard input: for every line it trains once, or measures the machine's matrix
product for the line "peak", and prints one JSON object with the seconds or FLOP/s.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import sys
import time
from collections.abc import Callable

from speed_rows import NUM_ITEMS, ROWS, SpeedRow, random_sessions

MOMENTUM, DROPOUT = 0.2, 0.4


def ours(row: SpeedRow, threads: int, extras: bool) -> Callable[[], float]:
    """Returns a function that trains with `fit` and returns the seconds it took."""
    import keras
    import numpy as np
    import tensorflow as tf

    import keras_sessrec as ksr

    ksr.training.keep_freed_memory()
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    items, offsets = random_sessions()
    log = ksr.data.SessionLog(
        item_codes=items,
        timestamps=np.arange(len(items)),
        offsets=offsets,
        session_ids=np.arange(len(offsets) - 1),
        item_ids=np.arange(NUM_ITEMS),
    )
    catalog = ksr.Catalog.from_log(log)
    model = ksr.models.GRU4Rec(
        catalog,
        units=[row.units],
        tie_embeddings=row.tied,
        hidden_dropout=DROPOUT if extras else 0.0,
        seed=1,
    )
    if row.loss == "bpr-max":
        loss = ksr.losses.BPRMax(regularization=0.5, activation=keras.layers.ELU(0.5))
    else:
        loss = ksr.losses.CrossEntropy()
    logq = 1.0 if row.loss == "cross-entropy" else 0.0
    negatives = (
        ksr.samplers.Popularity(row.samples, alpha=0.5, logq=logq)
        if row.samples
        else ksr.samplers.InBatch()
    )
    optimizer = ksr.optimizers.SparseAdagrad(0.05, momentum=MOMENTUM if extras else 0.0)
    model.compile(optimizer, loss, negatives)
    batches = ksr.batches.session_parallel(log, catalog, lanes=row.lanes).take(row.steps)

    def train() -> float:
        begin = time.perf_counter()
        model.fit(batches, verbose=0)
        return time.perf_counter() - begin

    return train


def peer(row: SpeedRow, threads: int, extras: bool) -> Callable[[], float]:
    """The same for the authors' PyTorch port, imported from the working directory."""
    import gru4rec_pytorch
    import numpy as np
    import pandas as pd
    import torch

    torch.set_num_threads(threads)
    items, offsets = random_sessions()
    lengths = np.diff(offsets)
    log = pd.DataFrame(
        {
            "SessionId": np.repeat(np.arange(len(lengths)), lengths),
            "ItemId": items,
            "Time": np.arange(len(items)),
        }
    )
    seconds = 0.0
    batches_of = gru4rec_pytorch.SessionDataIterator.__call__

    def first_batches(self, *args, **kwargs):  # what the training loop draws from
        nonlocal seconds
        begin = time.perf_counter()
        for step, batch in enumerate(batches_of(self, *args, **kwargs)):
            if step == row.steps:
                break
            yield batch
        seconds = time.perf_counter() - begin

    gru4rec_pytorch.SessionDataIterator.__call__ = first_batches
    # NumPy 2 and pandas 3: a Series is no longer taken for an array.
    tensor = torch.tensor
    gru4rec_pytorch.torch.tensor = lambda data, **kwargs: tensor(
        data.to_numpy() if isinstance(data, pd.Series) else data, **kwargs
    )

    def train() -> float:
        model = gru4rec_pytorch.GRU4Rec(
            layers=[row.units],
            loss=row.loss,
            batch_size=row.lanes,
            dropout_p_hidden=DROPOUT if extras else 0.0,
            learning_rate=0.05,
            momentum=MOMENTUM if extras else 0.0,
            n_sample=row.samples,
            sample_alpha=0.5,
            constrained_embedding=row.tied,
            bpreg=0.5,
            elu_param=0.5,
            logq=1.0 if row.loss == "cross-entropy" else 0.0,
            n_epochs=1,
            device=torch.device("cpu"),
        )
        stored = max(1, row.steps * row.samples)
        model.fit(log, sample_cache_max_size=stored, compatibility_mode=False)
        return seconds

    return train


def matrix_peak(threads: int) -> float:
    """Measured FLOP/s of a large float32 matrix product by TensorFlow."""
    import tensorflow as tf

    a = tf.random.normal((2048, 2048))
    product = tf.function(lambda: tf.reduce_sum(tf.matmul(a, a)))
    product()
    times = []
    for _ in range(10):
        begin = time.perf_counter()
        product().numpy()
        times.append(time.perf_counter() - begin)
    return 2 * 2048**3 / min(times)


def main() -> None:
    contender, threads, extras = sys.argv[1], int(sys.argv[3]), sys.argv[4]
    row = dataclasses.replace(ROWS[int(sys.argv[2])], steps=int(sys.argv[5]))
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    make = {"ours": ours, "peer": peer}[contender]
    with contextlib.redirect_stdout(sys.stderr):
        train = make(row, threads, extras == "extras")
        first = train()  # compiles, or warms up
    print(json.dumps({"first": first}), flush=True)
    for line in sys.stdin:
        with contextlib.redirect_stdout(sys.stderr):
            seconds = matrix_peak(threads) if line.strip() == "peak" else train()
        print(json.dumps({"result": seconds}), flush=True)


if __name__ == "__main__":
    main()
