"""Models of all kinds, and files of theirs run without TensorFlow."""

import numpy as np
import pytest

import keras_sessrec as ksr
from harness.model import chain_log

LOG = chain_log()
RNG = np.random.default_rng(3)
CATALOG = ksr.Catalog.from_log(LOG).with_features("look", RNG.normal(size=(10, 3)))


def parallel(fusion):
    layers = ksr.layers
    subnets = {
        "item": layers.Subnet(layers.OneHotItem(seed=1), units=[4], seed=1),
        "image": layers.Subnet(layers.FeatureTable("look", seed=2), units=[4], seed=2),
    }
    return ksr.models.ParallelGRU4Rec(CATALOG, subnets, fusion=fusion, seed=1)


def gru4rec(**arguments):
    return ksr.models.GRU4Rec(CATALOG, units=[6], seed=1, **arguments)


MODELS = {
    "one-hot": gru4rec,
    "embedded": lambda: gru4rec(embedding_dim=4, dense_units=[5]),
    "tied": lambda: gru4rec(tie_embeddings=True),
    "cosine": lambda: gru4rec(tie_embeddings=True, normalize=True, score_scale=10.0),
    "discounted": lambda: gru4rec(input_discount=0.5),
    "ensemble": lambda: ksr.models.GRU4RecEnsemble(CATALOG, 2, units=[6], seed=1),
    "parallel": lambda: parallel("parallel"),
    "shared": lambda: parallel("shared"),
    "interaction": lambda: parallel("interaction"),
    "M4": lambda: ksr.models.EmbeddingGRU4Rec(CATALOG, RNG.normal(size=(10, 4)), units=[6], seed=1),
}
# By default one of each family; the rest is slow.
KINDS = [
    pytest.param(kind, marks=() if kind in ("cosine", "parallel", "M4") else pytest.mark.slow)
    for kind in MODELS
]


def with_weights(kind):
    """A model whose biases are not zero either."""
    model = MODELS[kind]()
    for weight in model.weights:
        if "bias" in weight.path:
            weight.assign(RNG.normal(size=weight.shape))
    return model


def onnx_session(path):
    """ONNX Runtime's session of a file; skips where it is not installed."""
    runtime = pytest.importorskip("onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = 1
    return runtime.InferenceSession(str(path), options)


def litert_runner(path):
    """LiteRT's function of a file; skips where it is not installed."""
    litert = pytest.importorskip("ai_edge_litert.interpreter")
    return litert.Interpreter(str(path)).get_signature_runner()
