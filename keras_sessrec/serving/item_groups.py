"""Items in groups of one size whose vectors are alike."""

from __future__ import annotations

import numpy as np

_SAMPLE = 256  # points that an axis is found from
_STEPS = 3  # of power iteration
_AT_ONCE = 65_536  # points that are projected at a time


def grouped(points: np.ndarray, size: int) -> np.ndarray:
    """Orders points so that every run of `size` of them lies close together.

    A tree: all points are cut in two at a multiple of `size` near their middle, along the axis in
    which a sample of them is widest, and so are both parts, until a part is one group. So groups
    are of equal size, which tables without gaps need, and a million points take seconds. The same
    points get the same order.

    Args:
        points: float32 `[N, dim]`.
        size: int, points in a group; the last one may have fewer.

    Returns:
        int64 `[N]`, which point stands where.

    Example:

    >>> points = np.array([[0.0], [9.0], [0.1], [9.1]], "float32")
    >>> sorted(sorted(pair) for pair in grouped(points, size=2).reshape(2, 2).tolist())
    [[0, 2], [1, 3]]
    """
    rng = np.random.default_rng(0)
    order = np.arange(len(points))
    parts = [(0, len(points))]
    while parts:
        begin, end = parts.pop()
        if end - begin <= size:
            continue
        inside = order[begin:end]
        axis = _widest(points[inside[rng.integers(len(inside), size=min(len(inside), _SAMPLE))]])
        places = np.concatenate(
            [points[inside[at : at + _AT_ONCE]] @ axis for at in range(0, len(inside), _AT_ONCE)]
        )
        left = size * (-(-len(inside) // size) // 2)
        order[begin:end] = inside[np.argpartition(places, left - 1)]
        parts += [(begin, begin + left), (begin + left, end)]
    return order


def _widest(sample: np.ndarray) -> np.ndarray:
    """The direction of a sample's greatest spread, by power iteration."""
    away = sample - sample.mean(axis=0)
    axis = away[np.argmax((away**2).sum(axis=1))]
    for _ in range(_STEPS):
        axis = away.T @ (away @ axis)
        axis = axis / max(float(np.linalg.norm(axis)), 1e-30)
    return axis
