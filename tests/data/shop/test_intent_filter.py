"""The exact belief against plain enumeration of all hidden paths, and against samples."""

import itertools

import numpy as np
import pytest

from keras_sessrec.data.shop.intent_filter import IntentFilter
from keras_sessrec.data.shop.sessions import draw_log
from keras_sessrec.data.shop.world import build_world


def tiny_world(num_days=12, turnover=0.8, seed=5):
    return build_world(np.random.default_rng(seed), 9, num_days, 2, 2, 0.3, turnover)


def click_probability(world, day, category, style, item, previous, link):
    """p(item | intent, previous item, whether the click follows the list), from the text."""
    alive = [world.birth[i] <= day < world.death[i] for i in range(world.num_items)]
    if link:
        total = sum(
            w
            for j, w in zip(
                world.successors[previous], world.successor_weights[previous], strict=True
            )
            if alive[j]
        )
        return sum(
            w / total
            for j, w in zip(
                world.successors[previous], world.successor_weights[previous], strict=True
            )
            if j == item and alive[j]
        )
    if not alive[item] or world.category[item] != category:
        return 0.0
    weight = {
        i: np.exp(float(world.log_popularity[day, i])) * (1 if world.style[i] == style else 0.1)
        for i in range(world.num_items)
        if alive[i] and world.category[i] == category
    }
    return weight[item] / sum(weight.values())


def session_probability(world, day, items):
    """Joint probability of the clicks: the sum over every path of intents and link choices."""
    alive = [world.birth[i] <= day < world.death[i] for i in range(world.num_items)]
    total = 0.0
    for style in range(2):
        for path in itertools.product(range(2), repeat=len(items)):
            probability = world.intent[day, path[0], style]
            probability *= click_probability(world, day, path[0], style, items[0], None, False)
            for t in range(1, len(items)):
                previous = items[t - 1]
                link = 0.25 if any(alive[j] for j in world.successors[previous]) else 0.0
                step = (1 - link) * click_probability(
                    world, day, path[t], style, items[t], previous, False
                )
                if link:
                    step += link * click_probability(
                        world, day, path[t], style, items[t], previous, True
                    )
                probability *= world.transition[path[t - 1], path[t]] * step
            total += probability
    return total


@pytest.mark.parametrize("day", [4, 10])
def test_next_item_probabilities_equal_enumeration(day):
    world = tiny_world()
    today = world.day(day)
    on_sale = np.flatnonzero(today.alive)
    assert 4 <= len(on_sale) < world.num_items
    prefixes = list(itertools.product(on_sale, repeat=3))
    prefixes = [prefixes[i] for i in range(0, len(prefixes), 7)]
    belief = IntentFilter(world, today)
    columns = np.array(prefixes).T
    for position, column in enumerate(columns):
        belief.update(column) if position else belief.start(column)
        predicted = belief.probabilities(slice(None))
        for row in range(0, len(prefixes), 3):
            prefix = tuple(columns[: position + 1, row])
            joint = [session_probability(world, day, (*prefix, j)) for j in range(9)]
            expected = np.array(joint) / session_probability(world, day, prefix)
            np.testing.assert_allclose(predicted[row], expected, atol=1e-12)


def test_enumerated_sessions_of_three_sum_to_one():
    world = tiny_world()
    triples = itertools.product(range(9), repeat=3)
    assert sum(session_probability(world, 4, t) for t in triples) == pytest.approx(1)


def test_drawn_sessions_have_the_enumerated_frequencies():
    world = tiny_world(num_days=1, turnover=0.0)
    size = 300_000
    log = draw_log(np.random.SeedSequence(1), world, np.arange(9), size, 3, 3, 3, 0)
    triples = log.item_codes.reshape(size, 3)
    counts = np.bincount(triples @ np.array([81, 9, 1]), minlength=729)
    every = itertools.product(range(9), repeat=3)
    expected = size * np.array([session_probability(world, 0, t) for t in every])
    # Pearson's chi-square: mean 728, standard deviation sqrt(2 * 728) = 38.
    statistic = ((counts - expected) ** 2 / expected).sum()
    assert 728 - 4 * 38 < statistic < 728 + 4 * 38


def test_rows_sum_to_one_and_nothing_dead_is_predicted():
    world = build_world(np.random.default_rng(0), 200, 10, 5, 3, 0.1, 1.0)
    today = world.day(6)
    belief = IntentFilter(world, today)
    rng = np.random.default_rng(1)
    belief.start(rng.choice(np.flatnonzero(today.alive), 64))
    for rows in (64, 40, 40, 7):
        belief.update(rng.choice(np.flatnonzero(today.alive), rows))
        predicted = belief.probabilities(slice(rows))
        np.testing.assert_allclose(predicted.sum(axis=1), 1)
        assert not predicted[:, ~today.alive].any()


def test_a_click_on_what_is_not_sold_leaves_the_belief():
    world = tiny_world()
    today = world.day(10)
    gone = np.flatnonzero(~today.alive)[:1]
    belief = IntentFilter(world, today)
    belief.start(gone)
    # Only the style of the first intent counts after a first click that tells nothing.
    moved = np.einsum("cs,cd->ds", today.intent, world.transition)
    expected = (moved[world.category].T * today.choice).sum(axis=0)
    link = today.link[gone[0]]
    expected = (1 - link) * expected
    expected[world.successors[gone[0]]] += link * today.successor_weights[gone[0]]
    np.testing.assert_allclose(belief.probabilities(slice(None))[0], expected)
