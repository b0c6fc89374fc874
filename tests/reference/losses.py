"""The ranking losses from the papers, one row at a time: (own score, other scores) -> loss.

ICLR 2016 (Hidasi et al., section 3.2.1), CIKM 2018 (Hidasi & Karatzoglou, eq. 8, 10, 11).
Everything is taken in logarithms, so float64 carries any score without an epsilon.
"""

import numpy as np


def log_sigmoid(x):
    return -np.logaddexp(0.0, -x)


def sigmoid(x):
    return np.exp(log_sigmoid(x))


def log_softmax(x):
    return x - np.logaddexp.reduce(x)


def cross_entropy(own, others):
    return np.logaddexp.reduce(np.append(others, own)) - own


def bpr(own, others):
    return -np.mean(log_sigmoid(own - others))


def top1(own, others):
    return np.mean(sigmoid(others - own) + sigmoid(others**2))


def top1_max(own, others):
    share = np.exp(log_softmax(others))
    return np.sum(share * (sigmoid(others - own) + sigmoid(others**2)))


def bpr_max(own, others, regularization=0.0):
    rank_term = -np.logaddexp.reduce(log_softmax(others) + log_sigmoid(own - others))
    return rank_term + regularization * np.sum(np.exp(log_softmax(others)) * others**2)


def activate(scores, activation=None, alpha=1.0):
    """Final activation: None, "tanh", or "elu": x for x >= 0, alpha (e^x - 1) below."""
    if activation == "tanh":
        return np.tanh(scores)
    if activation == "elu":
        return np.where(scores >= 0, scores, alpha * np.expm1(np.minimum(scores, 0)))
    return scores


def per_row(row_loss, scores, columns, valid=None):
    """Loss of every row; columns that are not valid are deleted, a row's own never is."""
    scores = np.asarray(scores, np.float64)
    valid = np.broadcast_to(True if valid is None else valid, scores.shape)
    result = []
    for row, column, keep in zip(scores, columns, valid, strict=True):
        others = row[keep & (np.arange(len(row)) != column)]
        result.append(row_loss(row[column], others) if len(others) else 0.0)
    return np.array(result)


def central_difference(function, x, step=1e-5):
    """Gradient of a function of an array to a number."""
    x = np.asarray(x, np.float64)
    gradient = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        ends = []
        for sign in (1, -1):
            moved = x.copy()
            moved[place] += sign * step
            ends.append(function(moved))
        gradient[place] = (ends[0] - ends[1]) / (2 * step)
    return gradient
