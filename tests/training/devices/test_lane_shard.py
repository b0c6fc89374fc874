"""Every lane is on one replica, and is found again."""

import numpy as np
import pytest

from keras_sessrec.training.devices import LaneShard


@pytest.mark.parametrize("lanes, count, per_lane", [(8, 2, 1), (9, 2, 1), (3, 4, 1), (5, 2, 3)])
def test_parts_hold_everything_once_and_spread_back(lanes, count, per_lane):
    values = np.arange(1, 2 * lanes * per_lane + 1).reshape(-1, 2)
    shards = [LaneShard(index, count) for index in range(count)]
    parts = [shard.part(values, per_lane).numpy() for shard in shards]
    assert {len(part) for part in parts} == {shards[0].size(lanes) * per_lane}
    joined = np.concatenate(parts)
    np.testing.assert_array_equal(joined[: len(values)], values)
    assert not joined[len(values) :].any()
    spread = [s.spread(p, len(values)).numpy() for s, p in zip(shards, parts, strict=True)]
    np.testing.assert_array_equal(sum(spread), values)
    assert all(((other != 0) <= (values != 0)).all() for other in spread)


def test_what_is_no_number_is_cut_too():
    part = LaneShard(1, 2).part(np.array([True, True, True]))
    assert part.numpy().tolist() == [True, False]
