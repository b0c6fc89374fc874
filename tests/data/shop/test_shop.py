import numpy as np
import pytest

from keras_sessrec.data.session_log import SessionLog
from keras_sessrec.data.shop.shop import synthetic_shop


@pytest.fixture(scope="module")
def shop():
    return synthetic_shop(num_sessions=2000, num_items=300, num_categories=6, seed=1)


def test_same_seed_same_shop(shop):
    again = synthetic_shop(num_sessions=2000, num_items=300, num_categories=6, seed=1)
    np.testing.assert_array_equal(again.log.item_codes, shop.log.item_codes)
    np.testing.assert_array_equal(again.log.timestamps, shop.log.timestamps)
    np.testing.assert_array_equal(again.titles, shop.titles)
    np.testing.assert_array_equal(again.thumbnails(), shop.thumbnails())
    assert again.ceiling() == shop.ceiling()


def test_other_seed_other_shop(shop):
    other = synthetic_shop(num_sessions=2000, num_items=300, num_categories=6, seed=2)
    assert not np.array_equal(other.log.item_codes[:500], shop.log.item_codes[:500])
    assert not np.array_equal(other.styles, shop.styles)
    assert not np.array_equal(other.titles, shop.titles)


def test_shop_does_not_change_with_the_number_of_sessions(shop):
    small = synthetic_shop(num_sessions=10, num_items=300, num_categories=6, seed=1)
    np.testing.assert_array_equal(small.titles, shop.titles)
    np.testing.assert_array_equal(small.item_ids, shop.item_ids)
    np.testing.assert_array_equal(small.world.log_popularity, shop.world.log_popularity)
    np.testing.assert_array_equal(small.thumbnails(), shop.thumbnails())


def test_everything_is_aligned_with_the_item_ids(shop):
    assert len(set(shop.item_ids)) == 300
    assert shop.log.item_ids is shop.item_ids
    assert shop.thumbnails().shape == (300, 32, 32, 3)
    for item_id, category, style, title in zip(
        shop.item_ids, shop.categories, shop.styles, shop.titles, strict=True
    ):
        assert item_id.startswith(f"{category}-")
        assert isinstance(style, str) and isinstance(title, str)
    assert len(set(shop.categories)) == 6 and len(set(shop.styles)) == 6


def test_time_starts_on_a_monday_and_lasts_the_days_asked_for(shop):
    first = np.datetime64(int(shop.log.timestamps.min()), "s").astype("datetime64[D]")
    last = np.datetime64(int(shop.log.timestamps.max()), "s").astype("datetime64[D]")
    assert str(first) == "2024-01-01" and str(last) == "2024-01-28"
    later = synthetic_shop(100, 300, start_time=86_400 * 5, num_days=2)
    assert set(later.log.timestamps // 86_400) == {5, 6}


def test_thumbnails_of_some_items(shop):
    ids = [shop.item_ids[7], shop.item_ids[2]]
    np.testing.assert_array_equal(shop.thumbnails(ids), shop.thumbnails()[[7, 2]])
    with pytest.raises(ValueError, match=r"of this shop\. Received: 'sock-1'"):
        shop.thumbnails(["sock-1"])


def test_ceiling_reads_a_log_with_another_item_table(shop):
    some = shop.log.select_sessions(np.arange(500))
    used, codes = np.unique(some.item_codes, return_inverse=True)
    other = SessionLog.from_arrays(
        some.session_of_event, codes, some.timestamps, some.session_ids, shop.item_ids[used]
    )
    assert shop.ceiling(other) == shop.ceiling(some)


def test_ceiling_refuses_what_it_cannot_judge(shop):
    with pytest.raises(ValueError, match="`k` must be at least 1"):
        shop.ceiling(k=0)
    first_clicks = np.zeros(shop.log.num_events, bool)
    first_clicks[shop.log.offsets[:-1]] = True
    with pytest.raises(ValueError, match="two or more events"):
        shop.ceiling(shop.log.select_events(first_clicks))
    with pytest.raises(ValueError, match="`candidates` must hold every item"):
        shop.ceiling(candidates=shop.item_ids[:10])
    log = shop.log
    late = SessionLog(
        log.item_codes, log.timestamps + 86_400 * 30, log.offsets, log.session_ids, log.item_ids
    )
    with pytest.raises(ValueError, match="when it is not sold"):
        shop.ceiling(late)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"num_sessions": 0}, "`num_sessions` must be at least 1. Received: 0"),
        ({"num_categories": 25}, r"`num_categories` must be in 2..24. Received: 25"),
        ({"num_styles": 9}, r"`num_styles` must be in 2..8. Received: 9"),
        ({"num_items": 11}, "`num_items` must be at least 12. Received: 11"),
        ({"mean_length": 1.5}, r"`mean_length` must be in 2..50. Received: 1.5"),
        ({"min_length": 0}, "`min_length` must be at least 1"),
        ({"max_length": 1}, "`max_length` must be at least 2"),
        ({"turnover": -0.1}, "`turnover` must be at least 0"),
        ({"title_style": 1.1}, r"`title_style` must be in 0..1. Received: 1.1"),
    ],
)
def test_arguments_out_of_range_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        synthetic_shop(**arguments)


def test_the_smallest_shop_works():
    shop = synthetic_shop(
        num_sessions=50, num_items=2, num_days=1, num_categories=2, num_styles=2, drift=0.0
    )
    assert shop.ceiling(k=2).recall == 1
    assert shop.thumbnails().shape == (2, 32, 32, 3)
