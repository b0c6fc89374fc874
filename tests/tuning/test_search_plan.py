"""Which points a search visits, without any training."""

import itertools

import numpy as np
import pytest

from keras_sessrec.tuning.search_plan import search_plan

SPACE = {"a": [0.1, 0.2, 0.3, 0.4, 0.5], "b": ["x", "y", "z"], "c": list(range(10))}
BEST = {"a": 0.4, "b": "y", "c": 7}


def separable(point):
    """A sum of functions of one argument, the optimum at `BEST`."""
    return sum(
        -((values.index(point[name]) - values.index(BEST[name])) ** 2)
        for name, values in SPACE.items()
    )


def run(space, random_trials, score, seed=0):
    """All lists of points, and the last best."""
    plan = search_plan(space, random_trials, seed)
    lists = [next(plan)]
    with pytest.raises(StopIteration):
        while True:
            lists.append(plan.send([score(point) for point in lists[-1]]))
    return lists


@pytest.mark.parametrize("seed", range(5))
def test_it_finds_the_optimum_of_a_sum(seed):
    lists = run(SPACE, 4, separable, seed)
    assert max(lists[-1], key=separable) == BEST


def test_random_points_come_first_then_one_argument_after_the_other():
    first, *rest = run(SPACE, 6, separable)
    assert len(first) == 6
    assert len({tuple(point.values()) for point in first}) == 6
    assert all(point[name] in values for point in first for name, values in SPACE.items())
    best = max(first, key=separable)
    for (name, values), points in zip(SPACE.items(), rest, strict=True):
        others = [value for value in values if value != best[name]]
        assert points == [best, *({**best, name: value} for value in others)]
        best = max(points, key=separable)


def test_random_points_are_spread_over_the_whole_space():
    times = {name: np.zeros(len(values), int) for name, values in SPACE.items()}
    for seed in range(300):
        (point,) = next(search_plan(SPACE, 1, seed))
        for name, value in point.items():
            times[name][SPACE[name].index(value)] += 1
    for name, values in SPACE.items():
        expected = 300 / len(values)
        # Chi-square: its mean is the number of values less one, its variance twice that.
        distance = ((times[name] - expected) ** 2 / expected).sum()
        assert distance < len(values) - 1 + 4 * np.sqrt(2 * (len(values) - 1))


def test_a_seed_makes_the_plan():
    lists = [next(search_plan(SPACE, 5, seed)) for seed in (1, 1, 2)]
    assert lists[0] == lists[1] != lists[2]


def test_a_small_space_is_tried_as_a_whole():
    space = {"a": [1, 2], "b": [True, False]}
    first = next(search_plan(space, 100, 0))
    assert sorted(tuple(p.values()) for p in first) == sorted(itertools.product(*space.values()))


def test_of_equal_scores_the_earlier_wins():
    first, *rest = run(SPACE, 3, lambda point: 0.0)
    assert all(points[0] == first[0] for points in rest)


def test_a_failed_point_is_never_the_best():
    lists = run(SPACE, 3, lambda p: -np.inf if p["a"] > 0.2 else separable(p))
    assert max(lists[-1], key=separable)["a"] <= 0.2
