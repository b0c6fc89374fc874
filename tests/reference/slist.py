"""The matrices of SLIST and the slope of its objective, session by session, in float64."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np


def matrices(
    sessions: Sequence[Sequence[int]], num_items: int, decay: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """X, S, T, and the session of each row of X and of S; items are columns 0..num_items - 1."""
    full, past, future, cut_owners = [], [], [], []
    for s, session in enumerate(sessions):
        row = np.zeros(num_items)
        row[list(set(session))] = 1
        full.append(row)
        for cut in range(1, len(session)):
            before, after = np.zeros(num_items), np.zeros(num_items)
            for distance, item in enumerate(reversed(session[:cut])):
                before[item] = max(before[item], math.exp(-distance / decay))
            for distance, item in enumerate(session[cut:]):
                after[item] = max(after[item], math.exp(-distance / decay))
            past.append(before)
            future.append(after)
            cut_owners.append(s)
    owners = np.arange(len(sessions))
    return np.array(full), np.array(past), np.array(future), owners, np.array(cut_owners)


def slope(
    item_matrix: np.ndarray,
    sessions: Sequence[Sequence[int]],
    weights: Sequence[float],
    alpha: float,
    regularization: float,
    decay: float,
) -> np.ndarray:
    """Half the gradient of the objective at `item_matrix`; 0 at its minimum."""
    full, past, future, owners, cut_owners = matrices(sessions, len(item_matrix), decay)
    weights = np.asarray(weights)
    similarity = full.T @ ((full @ item_matrix - full) * weights[owners, None])
    transition = past.T @ ((past @ item_matrix - future) * weights[cut_owners, None])
    return alpha * similarity + (1 - alpha) * transition + regularization * item_matrix
