import numpy as np
import pytest

from keras_sessrec.data.shop.best_predictor import predictions
from keras_sessrec.data.shop.shop import synthetic_shop


@pytest.fixture(scope="module")
def shop():
    return synthetic_shop(num_sessions=4000, num_items=300, num_categories=6, num_days=7, seed=2)


def padded(log, order):
    """Items 1..N of the log's sessions, right-padded; `order[j - 1]` is the code of item j."""
    item = np.empty(len(order), np.int32)
    item[order] = np.arange(1, len(order) + 1)
    rows = np.zeros((log.num_sessions, log.lengths.max()), np.int32)
    for row, (first, last) in enumerate(zip(log.offsets[:-1], log.offsets[1:], strict=True)):
        rows[row, : last - first] = item[log.item_codes[first:last]]
    return rows


def test_scores_are_the_probabilities_of_the_catalogs_items(shop):
    day = (shop.log.start_times - shop.start_time) // 86_400
    log = shop.log.select_sessions(day == 6)
    order = np.random.default_rng(0).permutation(300)
    predictor = shop.predictor(shop.item_ids[order])
    rows = padded(log, order)
    items = log.item_codes.astype(int)
    days = np.full(log.num_sessions, 6)
    for position, (targets, expected) in enumerate(
        predictions(shop.world, days[:100], items[: log.offsets[100]], log.offsets[:101]), start=1
    ):
        sessions = np.searchsorted(log.offsets, targets, side="right") - 1
        prefixes = rows[sessions]
        prefixes[:, position:] = 0
        scores = predictor.score(prefixes)
        assert scores.dtype == np.float32 and scores.shape == (len(targets), 300)
        np.testing.assert_allclose(scores, expected[:, order], rtol=1e-5, atol=1e-9)


def test_rows_of_all_lengths_score_as_each_alone(shop):
    on_sale = np.flatnonzero(shop.world.day(3).alive) + 1
    rng = np.random.default_rng(1)
    rows = rng.choice(on_sale, (700, 6)).astype(np.int32)
    rows[np.arange(6) >= rng.integers(0, 7, 700)[:, None]] = 0
    predictor = shop.predictor(shop.item_ids, day=3)
    together = predictor.score(rows)
    for row in range(0, 700, 50):
        alone = predictor.score(rows[row : row + 1])
        np.testing.assert_allclose(together[row], alone[0], rtol=1e-6)
    np.testing.assert_allclose(together.sum(axis=1), 1, rtol=1e-5)


def test_an_empty_row_gets_the_distribution_of_first_clicks(shop):
    # One day's shop with many sessions: first clicks have these frequencies.
    shop = synthetic_shop(60_000, num_items=40, num_categories=4, num_days=1, seed=3)
    first = shop.log.item_codes[shop.log.offsets[:-1]]
    expected = shop.predictor(shop.item_ids).score(np.zeros((1, 5), np.int32))[0] * 60_000
    counts = np.bincount(first, minlength=40)
    # Pearson's chi-square: mean 39, standard deviation sqrt(78) = 8.8.
    assert ((counts - expected) ** 2 / expected).sum() < 39 + 4 * 8.8


def test_width_zero_and_no_rows(shop):
    predictor = shop.predictor(shop.item_ids)
    assert predictor.score(np.zeros((2, 0), np.int32)).shape == (2, 300)
    assert predictor.score(np.zeros((0, 4), np.int32)).shape == (0, 300)


def test_clicks_on_what_is_not_sold_are_scored_too(shop):
    gone = np.flatnonzero(shop.world.death < 7)
    assert len(gone)
    rows = np.array([[gone[0] + 1, 0]], np.int32)
    scores = shop.predictor(shop.item_ids).score(rows)
    assert np.isfinite(scores).all() and scores[0, gone].max() == 0


def test_a_day_outside_the_period_is_refused(shop):
    with pytest.raises(ValueError, match=r"`day` must be in 0\.\.6\. Received: 7"):
        shop.predictor(shop.item_ids, day=7)
