import subprocess
import sys

import numpy as np
import pytest

from keras_sessrec.data.session_log import SessionLog
from keras_sessrec.data.shop.sessions import draw_log
from keras_sessrec.data.shop.world import build_world

DAY = 86_400


def make_log(size=20_000, mean=4.5, shortest=2, longest=50, seed=0, start_time=0):
    world = build_world(np.random.default_rng(7), 500, 14, 6, 4, 0.05, 0.5)
    ids = np.arange(500)
    seed = np.random.SeedSequence(seed)
    return world, draw_log(seed, world, ids, size, mean, shortest, longest, start_time)


def test_lengths_are_geometric_between_bounds():
    _, log = make_log()
    assert log.num_sessions == 20_000
    assert log.lengths.min() == 2
    assert log.lengths.mean() == pytest.approx(4.5, rel=0.02)
    # 2 + geometric from 0 with mean 2.5: each further click has probability 2.5 / 3.5.
    assert (log.lengths > 2).mean() == pytest.approx(5 / 7, abs=0.01)
    assert (log.lengths > 4).mean() == pytest.approx((5 / 7) ** 3, abs=0.01)


def test_lengths_keep_other_bounds():
    _, log = make_log(mean=3, shortest=1, longest=6)
    assert log.lengths.min() == 1 and log.lengths.max() == 6
    _, log = make_log(mean=3, shortest=3, longest=6)
    assert (log.lengths == 3).all()


def test_the_log_is_sorted_as_a_session_log_is():
    _, log = make_log(size=3000)
    again = SessionLog.from_arrays(
        log.session_of_event, log.item_codes, log.timestamps, log.session_ids, log.item_ids
    )
    np.testing.assert_array_equal(again.item_codes, log.item_codes)
    np.testing.assert_array_equal(again.timestamps, log.timestamps)
    np.testing.assert_array_equal(again.offsets, log.offsets)
    np.testing.assert_array_equal(again.session_ids, log.session_ids)
    assert log.item_codes.dtype == np.int32 and log.timestamps.dtype == np.int64


def test_no_click_before_birth_or_after_death():
    world, log = make_log(start_time=1000 * DAY)
    day = log.timestamps // DAY - 1000
    assert (day >= world.birth[log.item_codes]).all()
    assert (day < world.death[log.item_codes]).all()


def test_a_session_lies_within_one_day():
    _, log = make_log(mean=40)
    np.testing.assert_array_equal(log.start_times // DAY, log.end_times // DAY)


def test_weekends_are_busier():
    _, log = make_log(size=50_000)
    sessions = np.bincount(log.start_times // DAY, minlength=14)
    weekend = sessions[[5, 6, 12, 13]].mean()
    weekdays = sessions[[0, 1, 2, 3, 4, 7, 8, 9, 10, 11]].mean()
    assert weekend / weekdays == pytest.approx(1.4, rel=0.05)


def test_item_frequencies_have_a_heavy_tail():
    _, log = make_log(size=50_000)
    counts = np.sort(np.bincount(log.item_codes, minlength=500))[::-1]
    assert 0.35 < counts[:50].sum() / counts.sum() < 0.75
    assert counts[0] > 20 * np.median(counts)
    assert (counts > 0).mean() > 0.95


def test_same_seed_same_log_other_seed_other_log():
    first, second, third = (make_log(size=500, seed=seed)[1] for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.item_codes, second.item_codes)
    np.testing.assert_array_equal(first.timestamps, second.timestamps)
    assert not np.array_equal(first.timestamps[:100], third.timestamps[:100])


def test_fewer_sessions_than_days():
    _, log = make_log(size=3)
    assert log.num_sessions == 3
    assert log.offsets[-1] == len(log.item_codes) == len(log.timestamps)


@pytest.mark.slow
def test_a_million_sessions_fit_in_little_memory():
    # In a process of its own, so that the peak is that of the generation alone.
    program = """
import resource
from keras_sessrec.data import synthetic_shop
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
log = synthetic_shop(num_sessions=1_000_000).log
assert log.num_sessions == 1_000_000 and log.num_events > 4_000_000
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
"""
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    # 4.5 million events of 12 bytes are 54 MB; sessions take 16 bytes each.
    assert float(run.stdout) < 250
