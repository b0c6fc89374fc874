"""EmbeddingGRU4Rec: its size, its formula, and that it learns."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_sessrec as ksr
from harness.model import chain_log, compile_arguments, run_model_test, weights_of

LOG = chain_log()
CATALOG = ksr.Catalog.from_log(LOG)
EMBEDDINGS = np.random.default_rng(3).normal(size=(10, 8)).astype("float32")


def model_of(catalog=CATALOG, embeddings=EMBEDDINGS, **arguments):
    arguments = {"units": [16], "seed": 1, **arguments}
    return ksr.models.EmbeddingGRU4Rec(catalog, embeddings, **arguments)


def test_contract(tmp_path):
    run_model_test(
        model_of,
        tmp_path,
        epochs=12,
        optimizer=keras.optimizers.Adam(0.02),
        loss=ksr.losses.CosineDistance(),
        negatives=ksr.samplers.InBatch(),
    )


@pytest.mark.parametrize(("units", "parameters"), [(100, 1_950_150), (1000, 7_133_250)])
def test_parameters_are_those_of_table_2(units, parameters):
    catalog = ksr.Catalog(np.arange(37_483))
    embeddings = np.zeros((37_483, 50), np.float32)
    model = ksr.models.EmbeddingGRU4Rec(catalog, embeddings, units=[units], seed=1)
    trained = sum(int(np.prod(w.shape)) for w in model.trainable_weights)
    assert int(np.prod(model.network.scorer.table.shape)) + trained == parameters
    # What is neither in the table nor trained: moving averages, and a length an item.
    assert model.count_params() == parameters + 4 * units + 37_484
    # Nothing has as many entries as items times units.
    assert max(w.shape[1] for w in model.weights if w.shape[0] >= 37_483 and w.ndim == 2) == 50


def predicted(model, hidden, mean, variance, activation=lambda x: np.maximum(x, 0)):
    """The formula of the class, in numpy."""
    w = {
        name: [np.array(x, np.float64) for x in (layer.kernel, layer.bias)]
        for name, layer in (("in", model.network.dense), ("out", model.network.output_dense))
    }
    inner = hidden @ w["in"][0] + w["in"][1]
    if mean is None:
        mean, variance = inner.mean(axis=0), inner.var(axis=0)
    scale, shift = np.array(model.network.norm.scale), np.array(model.network.norm.shift)
    inner = activation((inner - mean) / np.sqrt(variance + 1e-3) * scale + shift)
    return inner @ w["out"][0] + w["out"][1], mean, variance


def cosines(vectors):
    unit = [x / np.linalg.norm(x, axis=1, keepdims=True) for x in (vectors, EMBEDDINGS)]
    return unit[0] @ unit[1].T


def shake(model):
    """Weights that no initial value hides."""
    rng = np.random.default_rng(5)
    for weight in (
        *model.network.norm.weights,
        model.network.dense.bias,
        model.network.output_dense.bias,
    ):
        weight.assign(rng.uniform(0.3, 1.5, weight.shape))


@pytest.mark.parametrize("arguments", [{}, {"units": [16, 12], "dense_activation": "tanh"}])
def test_scores_are_the_formula(arguments):
    model = model_of(**arguments)
    shake(model)
    items = np.array([[1, 2, 3], [7, 0, 0], [4, 4, 9]], "int32")
    hidden = np.asarray(model.network.encode(items)[0]["network"], np.float64)[[0, 1, 2], [2, 0, 2]]
    moving = np.array(model.network.norm.moving_mean), np.array(model.network.norm.moving_variance)
    activation = [np.tanh] if arguments else []
    vectors, *_ = predicted(model, hidden, *moving, *activation)
    np.testing.assert_allclose(model.score(items), cosines(vectors), atol=1e-5)
    np.testing.assert_allclose(
        np.asarray(model.network.head().query({"network": hidden}))
        @ model.network.head().table()[0].T,
        cosines(vectors),
        atol=1e-5,
    )


BATCHES = {
    "session-parallel": (
        {"item": [[1], [4], [0]], "is_start": [True, True, True]},
        [[4], [5], [0]],
        [[1], [4]],
    ),
    "prefixes": (
        {"item": [[1, 2, 3], [4, 0, 0], [0, 0, 0], [9, 8, 0]]},
        [[4], [5], [0], [2]],
        [[1, 2, 3], [4], [9, 8]],
    ),
    "packed": (
        {"item": [[1, 2, 3], [4, 0, 0]]},
        [[2, 3, 4], [5, 0, 0]],
        [[1], [1, 2], [1, 2, 3], [4]],
    ),
}


@pytest.mark.parametrize("form", BATCHES)
def test_a_training_step_is_the_formula(form):
    x, y, prefixes = BATCHES[form]
    model = model_of()
    shake(model)
    model.compile("adam", run_eagerly=True)
    encode = model.network.encode
    hidden = np.array([encode(np.array([p], "int32"))[0]["network"][0, -1] for p in prefixes])
    moving = np.array(model.network.norm.moving_mean), np.array(model.network.norm.moving_variance)
    vectors, mean, variance = predicted(model, hidden.astype(np.float64), None, None)
    targets = np.array([t for row in y for t in row if t])
    cost = (1 - cosines(vectors)[np.arange(len(targets)), targets - 1]).mean()
    before = weights_of(model)
    table = np.array(model.network.scorer.table)

    x = {name: tf.constant(part) for name, part in x.items()}
    logs = model.train_step((x, tf.constant(y), tf.constant(np.sign(y), tf.float32)))
    assert float(logs["loss"]) == pytest.approx(cost, rel=1e-4)
    step = 0.01 * len(prefixes) / np.size(y)
    for average, old, new in zip(
        (model.network.norm.moving_mean, model.network.norm.moving_variance),
        moving,
        (mean, variance),
        strict=True,
    ):
        np.testing.assert_allclose(average, old + step * (new - old), rtol=1e-4, atol=1e-6)
    np.testing.assert_array_equal(model.network.scorer.table, table)
    for path, weight in weights_of(model).items():
        # A state of zeros gives the matrices that it is multiplied by no gradient.
        idle = form == "session-parallel" and path.endswith(("gate_kernel", "candidate_kernel"))
        assert idle == (weight == before[path]).all(), path


def test_xla_trains_to_the_same_weights():
    def trained(jit):
        model = model_of()
        model.compile(
            keras.optimizers.SGD(0.5), jit_compile=jit, steps_per_execution=10 if jit else 1
        )
        model.fit(ksr.batches.session_parallel(LOG, CATALOG, lanes=8), epochs=2, verbose=0)
        return model

    plain, compiled = trained(False), trained(True)
    for ours, theirs in zip(compiled.weights, plain.weights, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-4, err_msg=ours.path)
    assert (np.array(compiled.network.norm.moving_mean) != 0).all(), "moved inside the fused loop"


def test_defaults_of_compile():
    model = model_of()
    model.compile()
    assert type(model.loss) is ksr.losses.CosineDistance
    assert type(model.negatives) is ksr.samplers.InBatch
    model.compile("adam", ksr.losses.BPRMax(), ksr.samplers.Uniform(8))
    assert type(model.loss) is ksr.losses.BPRMax
    assert type(model.negatives) is ksr.samplers.Uniform


def test_it_learns_from_prefixes_with_click_dropout():
    model = model_of(click_dropout=0.25)
    model.compile(keras.optimizers.Adam(0.02), jit_compile=False)
    batches = ksr.batches.prefixes(LOG, CATALOG, batch_size=16)
    loss = model.fit(batches, epochs=8, verbose=0).history["loss"]
    assert loss[-1] < 0.5 * loss[0]
    assert ksr.evaluate(model, chain_log(21, seed=1), CATALOG, k=(1,)).recall(1) > 0.95


def test_mixed_precision_trains():
    model = model_of(dtype="mixed_bfloat16")
    model.compile(keras.optimizers.Adam(0.02), jit_compile=False)
    batches = ksr.batches.session_parallel(LOG, CATALOG, lanes=8)
    loss = model.fit(batches, epochs=6, verbose=0).history["loss"]
    assert loss[-1] < 0.5 * loss[0]
    assert {w.dtype for w in model.weights} == {"float32"}


@pytest.mark.parametrize("arguments", [{"embedding_dim": 6}, {"tie_embeddings": True}])
def test_embeddings_of_a_trained_model(arguments):
    trained = ksr.models.GRU4Rec(CATALOG, units=[5], seed=1, **arguments)
    trained.compile(**compile_arguments())
    trained.fit(ksr.batches.session_parallel(LOG, CATALOG, lanes=8), verbose=0)
    reader = trained.network.subnet.representation
    table = trained.network.scorer.table if reader.scorer else reader.own_table
    np.testing.assert_array_equal(trained.item_embeddings, np.asarray(table)[1:])
    model = model_of(embeddings=trained)
    np.testing.assert_allclose(
        model.network.scorer.lookup(np.arange(1, 11)), trained.item_embeddings, rtol=1e-5
    )


@pytest.mark.parametrize("arguments", [{}, {"input_discount": 0.5}])
def test_models_that_embed_nothing(arguments):
    trained = ksr.models.GRU4Rec(CATALOG, units=[5], **arguments)
    with pytest.raises(ValueError, match=r"`item_embeddings` needs .*Received: .*reads (One|Disc)"):
        model_of(embeddings=trained)


def test_embeddings_must_be_of_the_same_items():
    other = ksr.Catalog(CATALOG.item_ids[::-1])
    trained = ksr.models.GRU4Rec(other, units=[5], embedding_dim=4)
    with pytest.raises(ValueError, match=r"`embeddings` must .*same items.*Received: a model of"):
        model_of(embeddings=trained)
    with pytest.raises(ValueError, match=r"`embeddings` must .*`item_embeddings`.*Embedding"):
        model_of(embeddings=model_of())


@pytest.mark.parametrize(
    ("embeddings", "message"),
    [
        (EMBEDDINGS[0], r"`embeddings` must .*Received: shape \(8,\)"),
        (EMBEDDINGS[:9], r"`vectors` must .*\(10, 8\).*Received: shape \(9, 8\)"),
        (np.full((10, 8), np.inf), "`vectors` must be finite.*Received"),
    ],
)
def test_bad_embeddings(embeddings, message):
    with pytest.raises(ValueError, match=message):
        model_of(embeddings=embeddings)
