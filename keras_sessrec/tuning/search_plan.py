"""Which points a search tries: random ones, then one argument at a time."""

from __future__ import annotations

import math
from collections.abc import Generator, Mapping, Sequence
from typing import Any

import numpy as np

Point = dict[str, Any]
Space = Mapping[str, Sequence[Any]]


def search_plan(
    space: Space, random_trials: int, seed: int
) -> Generator[list[Point], Sequence[float], None]:
    """Random points, then the best one's arguments one at a time.

    Hidasi et al. (ICLR 2016, section 4.2): 100 randomly selected points of the parameter space,
    then each parameter of the best one is optimized on its own. Here that is: all other values
    of the first argument are tried, the best of them is kept, then those of the second one, and
    so on, once each. So the optimum of a sum of functions of one argument each is found.

    The plan depends on its arguments and the scores only: whoever stores scores can repeat it.

    Yields:
        List of points that can be tried side by side; points may come again in a later list.

    Receives:
        Sequence of float by `send`, the points' scores: the higher the better, equal ones won
        by the earlier.

    Example:

    >>> plan = search_plan({"rate": [1, 2, 3], "units": [10, 20]}, random_trials=1, seed=0)
    >>> next(plan)
    [{'rate': 3, 'units': 20}]
    >>> plan.send([0.5])
    [{'rate': 3, 'units': 20}, {'rate': 1, 'units': 20}, {'rate': 2, 'units': 20}]
    >>> plan.send([0.5, 0.1, 0.7])
    [{'rate': 2, 'units': 20}, {'rate': 2, 'units': 10}]
    """
    points = _random_points(space, random_trials, seed)
    best = points[int(np.argmax((yield points)))]
    for name, values in space.items():
        points = [best, *({**best, name: value} for value in values if value != best[name])]
        best = points[int(np.argmax((yield points)))]


def _random_points(space: Space, number: int, seed: int) -> list[Point]:
    """Different points, each equally likely."""
    rng = np.random.default_rng(seed)
    number = min(number, math.prod(map(len, space.values())))
    drawn: dict[tuple, Point] = {}
    while len(drawn) < number:
        point = {name: values[int(rng.integers(len(values)))] for name, values in space.items()}
        drawn.setdefault(tuple(point.values()), point)
    return list(drawn.values())
