"""The rank of the target among scores, by counting."""

from __future__ import annotations

from typing import Any

from keras import ops

TIES = ("conservative", "standard", "median")


def rank_of_target(scores: Any, target: Any, ties: str = "conservative") -> Any:
    """Counts the rank, from 1, of each row's target among the row's scores.

    No sort and no top-k: a rank is a number of greater scores. With g greater
    scores and e equal ones (the target's own included) it is

    - `"conservative"`: g + e, as if every tie was lost. The default, as a model
      that gives all items one score must not look good;
    - `"standard"`: g + 1, as if every tie was won;
    - `"median"`: g + 1 + (e - 1) / 2.

    A row with a NaN has the worst rank, N, whatever the rule: a model that
    diverged must not look good either.

    Args:
        scores: float `[..., N]`.
        target: int `[...]`, column of the target among the scores.
        ties: `"conservative"`, `"standard"` or `"median"`.

    Returns:
        float32 `[...]`, exact for up to 8 million scores a row.

    Raises:
        ValueError: `ties` is none of the three.

    Example:

    >>> import numpy as np
    >>> scores = np.array([[5.0, 3.0, 3.0, 1.0]], "float32")
    >>> [float(rank_of_target(scores, [1], ties)[0]) for ties in TIES]
    [3.0, 2.0, 2.5]
    """
    check_ties(ties)
    scores = ops.convert_to_tensor(scores)
    target = ops.cast(target, "int32")
    own = ops.take_along_axis(scores, ops.expand_dims(target, -1), axis=-1)
    num_scores = ops.cast(ops.shape(scores)[-1], "float32")
    if ties == "conservative":
        rank = num_scores - _count(scores < own)
    elif ties == "standard":
        rank = num_scores - _count(scores <= own) + 1.0
    else:
        rank = num_scores - 0.5 * (_count(scores < own) + _count(scores <= own) - 1.0)
    return ops.where(ops.any(ops.isnan(scores), axis=-1), num_scores, rank)


def check_ties(ties: str) -> None:
    """Raises a `ValueError` unless `ties` names a rule for equal scores."""
    if ties not in TIES:
        raise ValueError(f"`ties` must be one of {', '.join(TIES)}. Received: ties={ties!r}.")


def _count(condition: Any) -> Any:
    # Not an int32 sum: TensorFlow keeps int32 reductions of a GPU machine on its host.
    return ops.sum(ops.cast(condition, "float32"), axis=-1)
