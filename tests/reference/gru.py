"""GRU4Rec in plain numpy, float64, one step at a time, from the papers' equations.

Tables have one row per item after a row 0 for padding. Gate columns: GRU candidate, reset,
update; LSTM input, forget, output, candidate.
"""

import numpy as np

from reference import losses, sparse_adagrad


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def gru_cell(gates, hidden, gate_kernel, candidate_kernel, bias):
    """ICLR 2016, eq. 2-5: the reset gate acts before the product, one bias."""
    units = hidden.shape[-1]
    gates = gates + bias
    u_reset, u_update = gate_kernel[:, :units], gate_kernel[:, units:]
    reset = sigmoid(gates[:, units : 2 * units] + hidden @ u_reset)
    update = sigmoid(gates[:, 2 * units :] + hidden @ u_update)
    candidate = np.tanh(gates[:, :units] + (reset * hidden) @ candidate_kernel)
    return (1 - update) * hidden + update * candidate


def lstm_cell(gates, hidden, memory, kernel, bias):
    write, keep, read, candidate = np.split(gates + hidden @ kernel + bias, 4, axis=1)
    memory = sigmoid(keep) * memory + sigmoid(write) * np.tanh(candidate)
    return sigmoid(read) * np.tanh(memory), memory


def rnn_cell(gates, hidden, kernel, bias):
    return np.tanh(gates + hidden @ kernel + bias)


def unit(vectors):
    """Vectors of length 1 in the same directions."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6)


def read_items(weights, items, scale=None):
    """The gates' input products of one event per row."""
    if "kernel" not in weights:
        return weights["table"][items]
    if "own_table" in weights:
        return weights["own_table"][items] @ weights["kernel"]
    vectors = weights["scorer_table"][items]
    return (vectors if scale is None else unit(vectors)) @ weights["kernel"]


def hidden_after(weights, items, states, scale=None):
    """New states of a stack of GRU layers after one event per row."""
    below, new_states = None, []
    for layer, hidden in enumerate(states):
        gates = below @ weights[f"kernel_{layer}"] if layer else read_items(weights, items, scale)
        names = ("gate_kernel", "candidate_kernel", "bias")
        below = gru_cell(gates, hidden, *(weights[f"{name}_{layer}"] for name in names))
        new_states.append(below)
    return new_states


def cost(weights, items, targets, states, extra, row_loss, scale=None):
    """Cost of a session-parallel step: summed over live lanes, divided by all lanes.

    With a `scale` hidden and item vectors are divided by their lengths, scores are its cosines.
    """
    hidden = hidden_after(weights, items, states, scale)[-1]
    candidates = np.concatenate([targets, extra])
    vectors = weights["scorer_table"][candidates]
    if scale is not None:
        hidden, vectors = scale * unit(hidden), unit(vectors)
    scores = hidden @ vectors.T + weights["scorer_bias"][candidates]
    valid = np.concatenate([targets > 0, np.ones(len(extra), bool)])[None, :]
    rows = losses.per_row(row_loss, scores, np.arange(len(targets)), valid)
    return rows[targets > 0].sum() / len(targets)


def train_step(weights, slots, batch, row_loss, learning_rate, momentum):
    """One step in place: cost, gradient by central differences, Adagrad of the rows read.

    `batch` holds items, is_start, targets, states and extra, and the scale of normalised scores
    or none. Returns cost and new states.
    """
    scale = batch.get("scale")
    items, targets, extra = batch["items"], batch["targets"], batch["extra"]
    reset = batch["is_start"][:, None]
    states = [np.where(reset, 0.0, s) for s in batch["states"]]
    before = cost(weights, items, targets, states, extra, row_loss, scale)
    new_states = hidden_after(weights, items, states, scale)
    gradients = {}
    for name in weights:

        def moved(value, name=name):
            return cost({**weights, name: value}, items, targets, states, extra, row_loss, scale)

        gradients[name] = losses.central_difference(moved, weights[name])
    scored = np.concatenate([targets, extra])
    read = {
        "table": items,
        "own_table": items,
        "scorer_bias": scored,
        "scorer_table": scored if read_own(weights) else np.concatenate([scored, items]),
    }
    for name, gradient in gradients.items():
        rows = np.unique(read.get(name, np.arange(len(gradient))))
        sparse_adagrad.row_step(
            weights[name], slots[name], rows, gradient[rows], learning_rate, momentum
        )
    return before, new_states


def read_own(weights):
    """Whether the input has a table of its own."""
    return "table" in weights or "own_table" in weights
