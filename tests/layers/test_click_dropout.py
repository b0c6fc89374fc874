"""Dropout of whole clicks."""

import numpy as np
import pytest
from keras import ops

import keras_sessrec as ksr
from keras_sessrec.layers import ClickDropout

ITEMS = np.random.default_rng(1).integers(1, 9, (4000, 6)).astype("int32")


def test_a_quarter_of_the_clicks_is_deleted():
    items, scale = ClickDropout(0.25, seed=1)(ITEMS, training=True)
    items = np.asarray(items)
    assert scale is None
    assert np.isin(items, [0, *range(1, 9)]).all()
    np.testing.assert_array_equal(items[items > 0], ITEMS[items > 0])
    # 24,000 clicks: the standard error of the share is 0.003.
    assert abs((items == 0).mean() - 0.25) < 0.01
    by_place = (items == 0).mean(axis=0)
    assert (abs(by_place - 0.25) < 0.03).all()


def test_zeroed_clicks_stay_and_the_others_make_up_for_them():
    items, scale = ClickDropout(0.25, mode="zero", seed=1)(ITEMS, training=True)
    np.testing.assert_array_equal(items, ITEMS)
    scale = np.asarray(scale)
    np.testing.assert_allclose(np.unique(scale), [0, 1 / 0.75], rtol=1e-6)
    assert abs(scale.mean() - 1) < 0.01


def test_nothing_is_dropped_at_prediction_and_at_rate_zero():
    for layer, training in ((ClickDropout(0.5), False), (ClickDropout(0.0), True)):
        items, scale = layer(ITEMS, training=training)
        assert scale is None
        np.testing.assert_array_equal(items, ITEMS)


@pytest.mark.parametrize("mode", ["delete", "zero"])
def test_a_prefix_keeps_one_click(mode):
    items = np.where(np.arange(6) < 2, ITEMS, 0)  # two clicks, then padding
    kept, scale = ClickDropout(0.9, mode=mode, seed=1)(items, training=True)
    kept = np.asarray(kept if scale is None else scale) > 0
    assert kept[:, :2].any(axis=1).all()
    # Both are kept 1% of the time; without the rule none would be, 81% of it.
    assert abs(kept[:, :2].all(axis=1).mean() - 0.01) < 0.01
    assert abs(kept[:, 0].mean() - kept[:, 1].mean()) < 0.05


def test_rows_that_have_read_may_lose_all():
    items = ITEMS[:, :1]
    has_read = np.arange(len(items)) % 2 == 0
    kept = np.asarray(ClickDropout(0.25, seed=1)(items, has_read, training=True)[0])[:, 0] > 0
    assert kept[~has_read].all()
    assert abs(kept[has_read].mean() - 0.75) < 0.05


def test_masks_are_fresh_every_time_and_repeat_with_the_seed():
    layer, same = ClickDropout(0.5, seed=3), ClickDropout(0.5, seed=3)
    first, second = (np.asarray(layer(ITEMS, training=True)[0]) for _ in range(2))
    assert (first != second).mean() > 0.3
    np.testing.assert_array_equal(same(ITEMS, training=True)[0], first)


def test_a_padding_row_stays_empty():
    items, _ = ClickDropout(0.5, seed=1)(np.zeros((3, 4), "int32"), training=True)
    assert not np.asarray(items).any()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"rate": 1.0}, "`rate` must be in"), ({"mode": "skip"}, "`mode` must be one of")],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        ClickDropout(**arguments)


def test_a_deleted_click_is_as_if_it_had_not_been():
    subnet = ksr.layers.Subnet(
        ksr.layers.OneHotItem(seed=1), units=[5], click_dropout=ClickDropout(0.5, seed=7), seed=2
    )
    subnet.build(ksr.Catalog(range(9)))
    items = ITEMS[:50]
    kept = np.asarray(ClickDropout(0.5, seed=7)(items, training=True)[0])
    hidden, _ = subnet(items, training=True)
    for row, clicks in zip(np.asarray(hidden), kept, strict=True):
        short, _ = subnet(clicks[clicks > 0][None])
        np.testing.assert_allclose(row[-1], np.asarray(short)[0, -1], atol=1e-6)


def test_a_zeroed_click_is_a_step_without_input():
    subnet = ksr.layers.Subnet(
        ksr.layers.OneHotItem(seed=1),
        units=[5],
        click_dropout=ClickDropout(0.5, mode="zero", seed=7),
        seed=2,
    )
    subnet.build(ksr.Catalog(range(9)))
    items = ITEMS[:50]
    _, scale = ClickDropout(0.5, mode="zero", seed=7)(items, training=True)
    gates, _ = subnet.representation(items, [])
    states = tuple(subnet.initial_states(50))
    for step in range(items.shape[1]):
        states = subnet.cells[0](gates[:, step] * ops.cast(scale, "float32")[:, step, None], states)
    np.testing.assert_allclose(subnet(items, training=True)[0][:, -1], states[0], atol=1e-6)
