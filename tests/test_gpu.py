"""What must hold on a GPU: the same seed, the same bits. In float32 (see `conftest.py`).

The golden runs and everything else of the default tests run there too.
"""

import json
import os
import subprocess
import sys

import pytest

TRAINING = """
import hashlib, json, sys
import numpy as np, tensorflow as tf
tf.config.experimental.enable_op_determinism()
tf.config.experimental.enable_tensor_float_32_execution(False)
import keras_sessrec as ksr

log = ksr.data.synthetic_shop(num_items=300, num_sessions=2000, seed=1).log
catalog = ksr.Catalog.from_log(log)
looks = np.random.default_rng(0).normal(size=(catalog.num_items, 32))
catalog = catalog.with_features("look", looks)


def adagrad():
    return ksr.optimizers.SparseAdagrad(0.05, momentum=0.3)


def digest(variables):
    joined = b"".join(np.ascontiguousarray(v).tobytes() for v in variables)
    return hashlib.sha256(joined).hexdigest()


def gru4rec():
    dropout = {"embedding_dropout": 0.2, "hidden_dropout": 0.2}
    model = ksr.models.GRU4Rec(catalog, units=[32], tie_embeddings=True, seed=1, **dropout)
    model.compile(adagrad(), negatives=ksr.samplers.Popularity(64, alpha=0.5, logq=1.0))
    model.fit(ksr.batches.session_parallel(log, catalog, lanes=16, shuffle=True), verbose=0)
    return digest(model.weights)


def prefixes():
    model = ksr.models.GRU4Rec(catalog, units=[16], embedding_dim=8, seed=1)
    model.compile("adam", negatives=ksr.samplers.FullCatalog())
    data = ksr.batches.prefixes(log, catalog, batch_size=64, form="packed")
    model.fit(data.take(30), verbose=0)
    return digest(model.weights)


def frozen():
    subnets = {
        "item": ksr.layers.Subnet(ksr.layers.OneHotItem(seed=1), [16], seed=1),
        "image": ksr.layers.Subnet(ksr.layers.FeatureTable("look", seed=2), [16], seed=2),
    }
    model = ksr.models.ParallelGRU4Rec(catalog, subnets, seed=1)
    strategy = ksr.training.Residual(epochs_per_subnet=1)
    model.compile(adagrad(), negatives=ksr.samplers.Uniform(64), strategy=strategy)
    batches = ksr.batches.session_parallel(log, catalog, lanes=16)
    model.fit(batches, epochs=1, verbose=0)
    item = model.variables_of(ksr.training.Update([0], [0]))
    before = digest(item)
    model.fit(batches, initial_epoch=1, epochs=2, verbose=0)
    assert digest(item) == before, "a frozen subnet has moved"
    return digest(model.weights)


print(json.dumps({make.__name__: make() for make in (gru4rec, prefixes, frozen)}))
"""


def train(**environment):
    done = subprocess.run(
        [sys.executable, "-c", TRAINING],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.slow
def test_training_works_where_operations_must_be_deterministic():
    """Without a GPU, too: no operation of a training is refused, and the bits are the same."""
    assert train() == train()


@pytest.mark.gpu
def test_same_seed_same_bits_in_two_processes_on_a_gpu():
    assert train() == train()
