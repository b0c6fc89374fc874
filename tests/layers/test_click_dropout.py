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


@pytest.mark.parametrize("mode", ["delete", "zero", "zero_items"])
def test_nothing_is_dropped_at_prediction_and_at_rate_zero(mode):
    for rate, training in ((0.5, False), (0.0, True)):
        layer = ClickDropout(rate, mode)
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


def kept_items(scale, items):
    """The fates, 0 or more, of each item that was clicked."""
    scale = np.asarray(scale)
    return {int(item): set(scale[items == item].tolist()) for item in np.unique(items)}


def test_items_are_dropped_from_a_whole_mini_batch():
    layer = ClickDropout(0.25, mode="zero_items", seed=1)
    batch = np.random.default_rng(1).integers(1, 2001, (512, 19)).astype("int32")
    fates = []
    for _ in range(3):
        items, scale = layer(batch, training=True)
        np.testing.assert_array_equal(items, batch)
        by_item = kept_items(scale, batch)
        assert all(len(fate) == 1 for fate in by_item.values()), "all clicks on an item share one"
        fates.append(np.array([min(fate) for fate in by_item.values()]))
        np.testing.assert_allclose(np.unique(fates[-1]), [0, 1 / 0.75], rtol=1e-6)
        # 2,000 items: the standard error of the share is 0.01.
        assert abs((fates[-1] == 0).mean() - 0.25) < 0.04
    # Independent draws agree on 0.75^2 + 0.25^2 of the items.
    for one, other in ((0, 1), (1, 2), (0, 2)):
        assert abs((fates[one] == fates[other]).mean() - 0.625) < 0.05
    again = ClickDropout(0.25, mode="zero_items", seed=1)(batch, training=True)[1]
    assert [min(fate) for fate in kept_items(again, batch).values()] == fates[0].tolist()


def test_a_prefix_of_dropped_items_keeps_none_of_them():
    items = np.repeat(np.arange(1, 1001, dtype="int32")[:, None], 3, axis=1)
    scale = np.asarray(ClickDropout(0.5, mode="zero_items", seed=1)(items, training=True)[1])
    assert abs((scale == 0).all(axis=1).mean() - 0.5) < 0.06


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


READERS = {
    "one-hot": lambda: ksr.layers.OneHotItem(seed=1),
    "embedded": lambda: ksr.layers.EmbeddedItem(dim=4, seed=1),
}


def rows_of(reader):
    """The variable with one row per item."""
    return reader.table if isinstance(reader, ksr.layers.OneHotItem) else reader.own_table


@pytest.mark.parametrize("reader", READERS)
def test_dropped_items_are_rows_of_zeros_in_the_embedding(reader):
    """Whole sessions at once, as in prefixes and packed rows, and one step with a state."""
    dropout = ClickDropout(0.5, mode="zero_items", seed=7)
    subnet = ksr.layers.Subnet(READERS[reader](), units=[5], click_dropout=dropout, seed=2)
    subnet.build(ksr.Catalog(range(9)))
    items = np.where(np.arange(6) < np.arange(1, 51)[:, None] % 6 + 1, ITEMS[:50], 0)
    carried = np.random.default_rng(2).normal(size=(50, 5)).astype("float32")
    for batch, states in ((items, None), (items[:, :1], [carried])):
        twin = ClickDropout.from_config(dropout.get_config())
        twin.seed_generator.state.assign(dropout.seed_generator.state)
        scale_of_item = np.asarray(twin(np.arange(10)[None], training=True)[1])[0]
        assert set(scale_of_item.tolist()) == {0.0, 2.0}
        hidden, _ = subnet(batch, states, training=True)
        table = rows_of(subnet.representation)
        whole = np.array(table)
        table.assign(whole * scale_of_item[:, None])
        expected, _ = subnet(batch, states)
        table.assign(whole)
        np.testing.assert_allclose(hidden, expected, atol=1e-6)


def test_dropped_items_need_a_reader_of_single_items():
    dropout = ClickDropout(0.5, mode="zero_items")
    discounted = ksr.layers.DiscountedItems()
    for reader in (discounted, ksr.layers.Concatenated([READERS["one-hot"](), discounted])):
        with pytest.raises(ValueError, match=r"mode 'zero_items' needs a representation.*Received"):
            ksr.layers.Subnet(reader, units=[5], click_dropout=dropout)
