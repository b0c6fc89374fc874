import itertools

import numpy as np
import pytest

from keras_sessrec.evaluation import bootstrap
from keras_sessrec.evaluation.bootstrap import bootstrap_interval, sign_flip_p_value


def test_interval_matches_the_normal_one_for_many_sessions():
    # 2,000 sessions of one event, recall 0.3: standard error sqrt(0.3 * 0.7 / 2000) = 0.010247.
    sums = np.zeros(2000)
    sums[:600] = 1
    low, high = bootstrap_interval(sums, np.ones(2000, int), resamples=4000)
    assert low == pytest.approx(0.3 - 1.96 * 0.010247, abs=0.0015)
    assert high == pytest.approx(0.3 + 1.96 * 0.010247, abs=0.0015)


def test_sessions_are_the_unit_not_events():
    # The same share of hits; sessions of 10 events that are all hits or all misses
    # make the interval sqrt(10) times as wide as independent events would.
    hits = np.zeros(200)
    hits[:60] = 10
    clustered = bootstrap_interval(hits, np.full(200, 10), resamples=4000)
    independent = bootstrap_interval(np.repeat(hits / 10, 10), np.ones(2000, int), resamples=4000)
    ratio = np.diff(clustered)[0] / np.diff(independent)[0]
    assert ratio == pytest.approx(np.sqrt(10), rel=0.1)


def test_interval_covers_the_truth_about_as_often_as_it_says():
    rng = np.random.default_rng(0)
    covered = 0
    for trial in range(200):
        counts = rng.integers(1, 9, 150)
        sums = rng.binomial(counts, 0.4)
        low, high = bootstrap_interval(sums, counts, level=0.9, resamples=300, seed=trial)
        covered += low <= 0.4 <= high
    assert 0.83 <= covered / 200 <= 0.96


def test_p_value_equals_enumeration_of_all_signs():
    differences = np.array([0.5, 1.25, -0.25, 2.0, 0.75, 0.0, 1.0, -0.5])
    totals = [abs(np.dot(signs, differences)) for signs in itertools.product([1, -1], repeat=8)]
    exact = np.mean(np.array(totals) >= abs(differences.sum()))
    assert sign_flip_p_value(differences, resamples=40_000) == pytest.approx(exact, abs=0.006)
    assert sign_flip_p_value(-differences, resamples=40_000) == pytest.approx(exact, abs=0.006)


def test_p_value_is_uniform_under_the_null_and_small_under_an_effect():
    rng = np.random.default_rng(1)
    null = [sign_flip_p_value(rng.normal(size=80), 200, seed) for seed in range(300)]
    assert 0.02 <= np.mean(np.array(null) <= 0.05) <= 0.09
    assert sign_flip_p_value(rng.normal(0.8, 1, 80), 999) == 1 / 1000
    assert sign_flip_p_value(np.zeros(5)) == 1.0


def test_chunks_do_not_change_the_interval(monkeypatch):
    sums, counts = np.arange(50.0), np.arange(50) + 50
    expected = bootstrap_interval(sums, counts, resamples=101)
    monkeypatch.setattr(bootstrap, "_CHUNK", 500)
    # 10 resamples at a time from one stream of numbers.
    assert bootstrap_interval(sums, counts, resamples=101) == pytest.approx(expected)


def test_errors():
    empty = np.zeros(0)
    with pytest.raises(ValueError, match="no session to resample"):
        bootstrap_interval(empty, empty)
    with pytest.raises(ValueError, match="no session to resample"):
        sign_flip_p_value(empty)
    with pytest.raises(ValueError, match=r"`level` must be between 0 and 1. Received: level=95"):
        bootstrap_interval(np.ones(2), np.ones(2), level=95)
    with pytest.raises(ValueError, match="`resamples` must be positive"):
        bootstrap_interval(np.ones(2), np.ones(2), resamples=0)
