import numpy as np
import pytest

from keras_sessrec.data.shop.world import build_world


def make_world(num_items=300, num_days=14, drift=0.1, turnover=0.5, seed=3):
    rng = np.random.default_rng(seed)
    return build_world(rng, num_items, num_days, 6, 4, drift, turnover)


def test_choice_is_a_distribution_over_the_living_items_of_each_category():
    world = make_world()
    for number in range(world.num_days):
        today = world.day(number)
        assert not today.choice[:, ~today.alive].any()
        assert (today.choice[:, today.alive] > 0).all()
        for category in range(6):
            of_category = today.choice[:, world.category == category]
            np.testing.assert_allclose(of_category.sum(axis=1), 1)


def test_choice_follows_popularity_and_match_of_styles():
    world = make_world()
    today = world.day(5)
    rows = np.flatnonzero(today.alive & (world.category == 2))
    popularity = np.exp(world.log_popularity[5, rows].astype(float))
    for style in range(4):
        # An item of another style weighs 0.1 of one of the session's style.
        weights = np.array(
            [
                p if world.style[i] == style else 0.1 * p
                for i, p in zip(rows, popularity, strict=True)
            ]
        )
        np.testing.assert_allclose(today.choice[style, rows], weights / weights.sum())


def test_items_live_from_birth_to_death():
    world = make_world()
    alive = np.array([world.day(day).alive for day in range(world.num_days)])
    np.testing.assert_array_equal(alive.argmax(axis=0), world.birth)
    np.testing.assert_array_equal(alive.sum(axis=0), world.death - world.birth)
    assert (world.birth > 0).sum() > 50
    assert (world.death < world.num_days).sum() > 50


def test_turnover_replaces_the_stated_share_a_week():
    world = make_world(num_items=5000, num_days=70, turnover=0.2)
    on_sale = [world.day(day).alive.sum() for day in (0, 35, 69)]
    # 10 weeks at 0.2 replace twice what is on sale: a third of the items are there on day 0.
    assert on_sale[0] == pytest.approx(5000 / 3, rel=0.06)
    assert on_sale[1] == pytest.approx(5000 / 3, rel=0.1)
    assert on_sale[2] == pytest.approx(5000 / 3, rel=0.1)
    gone_in_a_week = (world.day(35).alive & ~world.day(42).alive).sum()
    assert gone_in_a_week / on_sale[1] == pytest.approx(0.2, rel=0.15)


def test_no_turnover_keeps_all_items_and_no_drift_keeps_all_popularities():
    world = make_world(turnover=0.0, drift=0.0)
    first, last = world.day(0), world.day(13)
    assert first.alive.all() and last.alive.all()
    np.testing.assert_allclose(first.choice, last.choice)
    np.testing.assert_allclose(first.intent, last.intent)


def test_drift_is_the_standard_deviation_of_a_daily_step():
    world = make_world(num_items=3000, drift=0.1)
    steps = np.diff(world.log_popularity, axis=0)
    assert steps.std() == pytest.approx(0.1, rel=0.02)
    assert not np.allclose(world.intent[0], world.intent[13])


def test_a_category_is_never_sold_out():
    world = make_world(num_items=12, num_days=60, turnover=3.0)
    for day in range(world.num_days):
        assert np.isin(np.arange(6), world.category[world.day(day).alive]).all()


def test_intents_and_moves_are_distributions():
    world = make_world()
    np.testing.assert_allclose(world.intent.sum(axis=(1, 2)), 1)
    np.testing.assert_allclose(world.transition.sum(axis=1), 1)
    assert (world.transition > 0).all()


def test_what_goes_with_an_item_is_of_one_other_category():
    world = make_world()
    target = world.category[world.successors]
    assert (target == target[:, :1]).all()
    assert (target[:, 0] != world.category).all()
    assert all(len(set(row)) == 4 for row in world.successors)
    for category in range(6):
        groups = [target[(world.category == category) & (world.style == s), 0] for s in range(4)]
        assert all(len(set(group)) <= 1 for group in groups)


def test_links_lead_only_to_what_is_on_sale():
    world = make_world(turnover=1.5)
    for number in (0, 7, 13):
        today = world.day(number)
        has_successor = today.alive[world.successors].any(axis=1)
        np.testing.assert_array_equal(today.link > 0, has_successor)
        assert not today.successor_weights[~today.alive[world.successors]].any()
        np.testing.assert_allclose(today.successor_weights[has_successor].sum(axis=1), 1)
