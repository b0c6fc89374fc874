"""A representation and a stack of recurrent layers with explicit state."""

import numpy as np
import pytest
import tensorflow as tf

import keras_sessrec as ksr
from harness.layer import run_layer_test
from keras_sessrec.layers import DiscountedItems, EmbeddedItem, ItemScorer, OneHotItem, Subnet
from reference import gru

ITEMS = np.array([[1, 5, 5, 2], [2, 4, 3, 1], [3, 3, 1, 5]])
READERS = {
    "one-hot": lambda **kwargs: OneHotItem(**kwargs),
    "embedded": lambda **kwargs: EmbeddedItem(dim=3, **kwargs),
    "tied": lambda **kwargs: EmbeddedItem(scorer=ItemScorer(5, 2, seed=9), **kwargs),
    "discounted": lambda **kwargs: DiscountedItems(window=3, **kwargs),
}


def attached(reader="one-hot", **arguments):
    subnet = Subnet(READERS[reader](seed=5), seed=6, **arguments)
    subnet.build(ksr.Catalog(range(5)))
    return subnet


def test_contract_of_two_layers():
    # 6 x 12 rows; kernels 4 x 9; recurrent 4 x (8 + 4), 3 x (6 + 3); biases 12 and 9.
    run_layer_test(
        lambda dtype, seed: Subnet(
            OneHotItem(seed=seed, dtype=dtype), units=[4, 3], dropout=0.2, seed=seed, dtype=dtype
        ),
        lambda subnet: subnet.build(ksr.Catalog(range(5))),
        lambda subnet: subnet(ITEMS)[0],
        output_shape=(3, 4, 3),
        weight_shapes=[(6, 12), (4, 9), (4, 8), (4, 4), (3, 6), (3, 3), (12,), (9,)],
    )


def test_contract_with_skip_input():
    run_layer_test(
        lambda dtype, seed: Subnet(
            EmbeddedItem(dim=2, seed=seed, dtype=dtype),
            units=[4, 3],
            cell="rnn",
            skip_input=True,
            seed=seed,
            dtype=dtype,
        ),
        lambda subnet: subnet.build(ksr.Catalog(range(5))),
        lambda subnet: subnet(ITEMS)[0],
        output_shape=(3, 4, 3),
        weight_shapes=[(6, 2), (2, 7), (4, 3), (4, 4), (3, 3), (4,), (3,)],
    )


def reference_weights(subnet):
    """The weights under the names of tests/reference/gru.py."""
    weights = {"table": np.asarray(subnet.representation.table, np.float64)}
    for layer, cell in enumerate(subnet.cells):
        for name in ("gate_kernel", "candidate_kernel", "bias"):
            weights[f"{name}_{layer}"] = np.asarray(getattr(cell, name), np.float64)
        if layer:
            weights[f"kernel_{layer}"] = np.asarray(subnet.kernels[layer - 1], np.float64)
    return weights


def test_c32_layers_of_different_widths_equal_the_equations():
    subnet = attached(units=[4, 3])
    hidden, states = subnet(ITEMS)
    weights = reference_weights(subnet)
    expected = [np.zeros((3, 4)), np.zeros((3, 3))]
    for step in range(ITEMS.shape[1]):
        expected = gru.hidden_after(weights, ITEMS[:, step], expected)
        np.testing.assert_allclose(hidden[:, step], expected[-1], atol=1e-6)
    for state, want in zip(states, expected, strict=True):
        np.testing.assert_allclose(state, want, atol=1e-6)


def test_skip_input_adds_the_item_to_the_second_layer():
    subnet = attached(units=[4, 3], cell="rnn", skip_input=True)
    hidden, _ = subnet(ITEMS[:, :1])
    gates = np.asarray(subnet.representation.table)[ITEMS[:, 0]]  # 4 columns, then 3
    first = np.tanh(gates[:, :4])
    second = np.tanh(first @ np.asarray(subnet.kernels[0]) + gates[:, 4:])
    np.testing.assert_allclose(hidden[:, 0], second, atol=1e-6)


@pytest.mark.parametrize("cell", ["gru", "lstm", "rnn"])
@pytest.mark.parametrize("reader", READERS)
def test_carried_state_equals_reading_at_once(reader, cell):
    subnet = attached(reader, units=[3, 2], cell=cell, skip_input=True)
    whole, end = subnet(ITEMS)
    parts, states = [], subnet.initial_states(3)
    for begin, stop in ((0, 1), (1, 3), (3, 4)):
        hidden, states = subnet(ITEMS[:, begin:stop], states)
        parts.append(hidden)
    np.testing.assert_allclose(np.concatenate(parts, axis=1), whole, atol=1e-6)
    for state, want in zip(states, end, strict=True):
        np.testing.assert_allclose(state, want, atol=1e-6)


def test_c17_first_layer_kernels_are_drawn_gate_by_gate():
    subnet = attached(units=[64, 32])
    bound = (6 / (64 + 32)) ** 0.5
    for gate in range(3):
        kernel = subnet.kernels[0][:, 32 * gate : 32 * (gate + 1)]
        assert 0.98 * bound < np.abs(kernel).max() <= bound


@pytest.mark.parametrize("cell", ["gru", "lstm", "rnn"])
def test_c16_dropped_hidden_is_what_is_carried(cell):
    subnet = attached(units=[200, 100], cell=cell, dropout=0.4)
    items = np.tile(ITEMS, (10, 1))
    hidden, states = subnet(items, training=True)
    first, last = states[0], states[-2 if cell == "lstm" else -1]
    np.testing.assert_array_equal(last, hidden[:, -1])
    for state in (first, last, hidden):
        assert (np.asarray(state) == 0).mean() == pytest.approx(0.4, abs=0.03)
    if cell == "lstm":  # its memory is not dropped
        assert (np.asarray(states[1]) == 0).mean() < 0.01


def test_c16_next_step_reads_the_dropped_state():
    subnet = attached(units=[50], cell="rnn", dropout=0.5)
    _, (carried,) = subnet(ITEMS[:, :1], training=True)
    hidden, _ = subnet(ITEMS[:, 1:2], [carried])
    gates = np.asarray(subnet.representation.table)[ITEMS[:, 1]]
    kernel = np.asarray(subnet.cells[0].kernel)
    np.testing.assert_allclose(hidden[:, 0], np.tanh(gates + carried @ kernel), atol=1e-6)


def test_c14_masks_are_scaled_and_fresh_for_every_event():
    subnet = attached(units=[400], dropout=0.25)
    plain = np.asarray(subnet(ITEMS[:, :1])[0])
    first, second = (np.asarray(subnet(ITEMS[:, :1], training=True)[0]) for _ in range(2))
    kept = first != 0
    np.testing.assert_allclose(first[kept], plain[kept] / 0.75, rtol=1e-5)
    assert (kept != (second != 0)).mean() == pytest.approx(2 * 0.25 * 0.75, abs=0.06)
    steps = np.asarray(subnet(ITEMS, training=True)[0]) != 0
    assert (steps[:, 0] != steps[:, 1]).any()


def test_c15_two_dropouts_are_independent():
    """Embedding dropout leaves no zero in the hidden vector, hidden dropout none in the input."""
    reader = EmbeddedItem(dim=30, dropout=0.5, seed=1)
    subnet = Subnet(reader, units=[30], seed=2)
    subnet.build(ksr.Catalog(range(5)))
    plain, dropped = subnet(ITEMS)[0], subnet(ITEMS, training=True)[0]
    assert (np.asarray(dropped) != 0).all() and not np.allclose(plain, dropped)
    subnet = Subnet(EmbeddedItem(dim=30, seed=1), units=[30], dropout=0.5, seed=2)
    subnet.build(ksr.Catalog(range(5)))
    plain, dropped = (np.asarray(subnet(ITEMS[:, :1], training=t)[0]) for t in (False, True))
    kept = dropped != 0
    np.testing.assert_allclose(dropped[kept], 2 * plain[kept], rtol=1e-5)


def test_c14_no_dropout_is_the_identity():
    subnet = attached("embedded", units=[3])
    np.testing.assert_array_equal(subnet(ITEMS, training=True)[0], subnet(ITEMS)[0])


def test_gradient_flows_through_time_within_a_call():
    subnet = attached(units=[3])
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(subnet(np.array([[4, 2]]))[0][:, -1])
    gradient = tf.convert_to_tensor(tape.gradient(total, subnet.representation.table.value))
    assert np.abs(gradient[4]).max() > 0 and np.abs(gradient[2]).max() > 0
    np.testing.assert_array_equal(gradient[1], np.zeros(9))


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"units": []}, r"`units`.*Received: units=\[\]"),
        ({"units": [4, 0]}, r"`units`.*Received"),
        ({"units": [4], "cell": "qrnn"}, r"`cell`.*gru.*lstm.*rnn.*Received: cell='qrnn'"),
        ({"units": [4], "dropout": 1.0}, r"`dropout`.*\[0, 1\).*Received"),
    ],
)
def test_bad_arguments(arguments, match):
    with pytest.raises(ValueError, match=match):
        Subnet(OneHotItem(), **arguments)
