"""Sessions into queries, one click at a time."""

import numpy as np
import pytest
import tensorflow as tf

import keras_sessrec as ksr
from harness.scorer import pad
from keras_sessrec.serving.session_reader import SessionReader

CATALOG = ksr.Catalog(range(20)).with_features("look", np.eye(20)[:, :6])
MODELS = {
    "one-hot": lambda: ksr.models.GRU4Rec(CATALOG, units=[5], seed=1),
    "two layers, dense": lambda: ksr.models.GRU4Rec(
        CATALOG, units=[4, 3], skip_input=True, dense_units=[6], tie_embeddings=True, seed=1
    ),
    "lstm": lambda: ksr.models.GRU4Rec(CATALOG, units=[4], cell="lstm", seed=1),
    "discounted": lambda: ksr.models.GRU4Rec(CATALOG, units=[4], input_discount=0.5, seed=1),
    "half": lambda: ksr.models.GRU4Rec(CATALOG, units=[4], seed=1, dtype="mixed_float16"),
    "parallel": lambda: ksr.models.ParallelGRU4Rec(
        CATALOG,
        subnets={
            "item": ksr.layers.Subnet(ksr.layers.OneHotItem(seed=1), units=[4], seed=1),
            "look": ksr.layers.Subnet(ksr.layers.FeatureTable("look", seed=2), units=[3], seed=2),
        },
        seed=1,
    ),
}
ROWS = [[3], [5, 3], [1, 2, 3, 4, 5, 6], [], [7, 7, 7]]


@pytest.fixture(scope="module", params=MODELS)
def reader(request):
    model = MODELS[request.param]()
    reader = SessionReader(model, max_length=50)
    reader.model = model
    return reader


def want(reader, row):
    """The query after the last click of a session."""
    if not row:
        return np.zeros(reader.query_size)
    network = reader.model.network
    parts, _ = network.encode(np.array([row], "int32"))
    query = network.head().query({name: hidden[:, -1] for name, hidden in parts.items()})
    return np.asarray(query[0], "float32")


def assert_progress(reader, progress, rows, tolerance=1e-6):
    assert progress.events.numpy().tolist() == [len(row) for row in rows]
    tolerance = 2e-3 if reader.model.compute_dtype == "float16" else tolerance
    queries = [want(reader, row) for row in rows]
    np.testing.assert_allclose(progress.query, queries, atol=tolerance)


def test_reads_what_the_network_reads(reader):
    assert_progress(reader, reader.read(tf.constant(pad(ROWS, width=6))), ROWS)


def test_zeros_anywhere_change_nothing(reader):
    spread = np.zeros((5, 13), np.int32)
    for row, content in zip(spread, ROWS, strict=True):
        row[1 : 1 + 2 * len(content) : 2] = content
    progress = reader.read(tf.constant(spread))
    assert_progress(reader, progress, ROWS)
    left = reader.read(tf.constant(pad(ROWS, width=6)))
    np.testing.assert_array_equal(reader.pack(progress), reader.pack(left))


def test_sessions_without_clicks(reader):
    for items in (np.zeros((2, 0), np.int32), np.zeros((2, 3), np.int32)):
        packed = reader.pack(reader.read(tf.constant(items)))
        np.testing.assert_array_equal(packed, np.zeros((2, reader.state_size)))
    assert reader.read(tf.zeros([0, 4], tf.int32)).query.shape == (0, reader.query_size)


def test_click_by_click_with_the_state_outside(reader):
    packed = tf.zeros([len(ROWS), reader.state_size])
    items = pad(ROWS, width=6)
    for column in items.T:
        packed = reader.pack(reader.step(reader.unpack(packed), tf.constant(column)))
    assert packed.shape == (5, reader.state_size)
    assert_progress(reader, reader.unpack(packed), ROWS)
    whole = reader.pack(reader.read(tf.constant(items)))
    np.testing.assert_allclose(packed, whole, atol=1e-6)


def test_only_the_last_clicks_are_read():
    model = MODELS["one-hot"]()
    reader = SessionReader(model, max_length=3)
    reader.model = model
    rows = [[1, 2, 3, 4, 5], [9, 8], [4, 5, 6]]
    items = np.insert(pad(rows, width=5), [0, 2, 4], 0, axis=1)
    assert_progress(reader, reader.read(tf.constant(items)), [row[-3:] for row in rows])


@pytest.mark.parametrize("name", ["one-hot", "discounted", "lstm"])
def test_any_state_that_a_client_sends_is_usable(name):
    reader = SessionReader(MODELS[name](), max_length=3)
    state = np.zeros((4, reader.state_size), np.float32)
    state[0], state[1], state[2], state[3] = np.nan, np.inf, -3e38, 12345.6
    progress = reader.step(reader.unpack(tf.constant(state)), tf.constant([0, 1, 2, 3]))
    assert np.isfinite(reader.pack(progress)).all()


def test_states_that_do_not_start_at_zero_are_an_error():
    model = MODELS["one-hot"]()
    model.network.initial_states = lambda rows: [tf.ones([rows, 5])]
    with pytest.raises(ValueError, match="`model` must begin a session with states of zero"):
        SessionReader(model, max_length=3)


def test_states_that_grow_are_an_error():
    model = MODELS["one-hot"]()
    encode = model.network.encode
    model.network.encode = lambda items, states: (
        encode(items, states)[0],
        [tf.concat([states[0]] * 2, axis=1)],
    )
    with pytest.raises(
        ValueError, match=r"`model` must have states of a fixed size.*whose states grow"
    ):
        SessionReader(model, max_length=3)
