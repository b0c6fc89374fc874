"""How much an event counts the further it lies back, by the names that the field gives them."""

from __future__ import annotations

import numpy as np

# By the number of steps back, from 1.
STEP_DECAYS = {
    "same": lambda steps: np.ones(np.shape(steps)),
    "div": lambda steps: 1 / steps,
    "linear": lambda steps: np.maximum(0, 1 - (steps - 1) / 10),
    "quadratic": lambda steps: 1 / steps**2,
    "log": lambda steps: 1 / np.log2(1 + steps),
}


def position_weights(name: str, steps: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Weights of the events of the current session.

    `"div"` and `"quadratic"` go by the share of the session that lies before an event and with
    it, `p / n` for the `p`-th of `n` events, and its square; the others go by the steps.

    Args:
        name: One of `STEP_DECAYS`.
        steps: int array, steps of each event from the end of its session, 1 for the last one.
        lengths: int array, events of its session.

    Returns:
        float64 array.

    Example:

    >>> print(position_weights("quadratic", np.array([1, 3]), np.array([4, 4])))
    [1.   0.25]
    """
    if name in ("div", "quadratic"):
        share = (lengths - steps + 1) / lengths
        return share if name == "div" else share**2
    return STEP_DECAYS[name](steps)


def exponential(distances: np.ndarray, scale: float | None) -> np.ndarray:
    """`exp(-distances / scale)`; ones without a scale."""
    return np.ones(np.shape(distances)) if scale is None else np.exp(-distances / scale)


def check_decay(name: str, value: str) -> None:
    """Raises a `ValueError` unless the argument called `name` is the name of a decay."""
    if value not in STEP_DECAYS:
        raise ValueError(f"`{name}` must be one of {', '.join(STEP_DECAYS)}. Received: {value!r}.")


def check_scales(**scales: float | None) -> None:
    """Raises a `ValueError` unless every argument is positive or `None`."""
    for name, value in scales.items():
        if value is not None and not value > 0:
            raise ValueError(
                f"`{name}` must be positive, or `None` for no decay. Received: {value}."
            )
