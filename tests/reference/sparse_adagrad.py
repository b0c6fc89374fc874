"""Adagrad with momentum on the scaled gradient, dense or for the rows that were read.

A += g^2; v = momentum * v - learning_rate * g / sqrt(A + epsilon); w += v. All float64.
"""

import numpy as np


def zero_state(weight):
    return {"accumulator": np.zeros_like(weight), "velocity": np.zeros_like(weight)}


def dense_step(weight, state, gradient, learning_rate, momentum=0.0, epsilon=1e-6):
    """Updates `weight` and `state` in place, every entry."""
    row_step(weight, state, np.arange(len(weight)), gradient, learning_rate, momentum, epsilon)


def row_step(weight, state, rows, gradients, learning_rate, momentum=0.0, epsilon=1e-6):
    """Updates in place the rows that occur in `rows`, each by the sum of its gradients."""
    accumulator, velocity = state["accumulator"], state["velocity"]
    for row in sorted(set(np.asarray(rows).tolist())):
        gradient = sum(g for r, g in zip(rows, gradients, strict=True) if r == row)
        accumulator[row] += gradient**2
        scaled = learning_rate * gradient / np.sqrt(accumulator[row] + epsilon)
        velocity[row] = momentum * velocity[row] - scaled
        weight[row] += velocity[row]
