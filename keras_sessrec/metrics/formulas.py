"""What a rank is worth: the formulas behind the metrics and the evaluation.

Each takes the rank of the one relevant item, a float array counted from 1 (it may be infinite:
never found), and a cut-off `k` that is inclusive: rank `k` is a hit. It returns a tensor of the
shape and dtype of `rank`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import ops


def hit(rank: Any, k: int) -> Any:
    """1 if the target is among the first `k`, else 0; its mean is Recall@k.

    Example:

    >>> np.asarray(hit(np.array([1.0, 20.0, 21.0]), 20)).tolist()
    [1.0, 1.0, 0.0]
    """
    rank = ops.convert_to_tensor(rank)
    return ops.cast(rank <= k, rank.dtype)


def reciprocal_rank(rank: Any, k: int) -> Any:
    """1 / rank if the target is among the first `k`, else 0; its mean is MRR@k.

    Example:

    >>> np.asarray(reciprocal_rank(np.array([1.0, 20.0, 21.0]), 20)).tolist()
    [1.0, 0.05, 0.0]
    """
    return hit(rank, k) / rank


def discounted_gain(rank: Any, k: int) -> Any:
    """1 / log2(rank + 1) if the target is among the first `k`, else 0; its mean is NDCG@k.

    With one relevant item the ideal gain is 1, so this is already normalised.

    Example:

    >>> np.asarray(discounted_gain(np.array([1.0, 3.0, 21.0]), 20)).tolist()
    [1.0, 0.5, 0.0]
    """
    return hit(rank, k) / ops.log2(ops.convert_to_tensor(rank) + 1)


def relative_popularity(counts: Any) -> np.ndarray:
    """Popularity of each item relative to the most popular one, float64 `[N]`.

    Raises:
        ValueError: No count is positive.

    Example:

    >>> relative_popularity([4, 1]).tolist()
    [1.0, 0.25]
    """
    counts = np.asarray(counts, dtype=np.float64)
    if counts.ndim != 1 or not (counts > 0).any():
        raise ValueError(
            "`counts` must be a vector with at least one positive entry. "
            f"Received: shape {counts.shape}, sum {counts.sum()}."
        )
    return counts / counts.max()
