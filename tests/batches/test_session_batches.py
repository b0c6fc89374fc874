from collections import Counter

import numpy as np
import pytest

from harness.scorer import log_of
from keras_sessrec.batches import whole_sessions
from keras_sessrec.catalog.catalog import Catalog


def random_sessions(seed, num_sessions, num_items=9, longest=12):
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, longest + 1, size=num_sessions)
    return [rng.integers(1, num_items + 1, size=n).tolist() for n in lengths]


def batches_of(sessions, num_items=9, **options):
    catalog = Catalog(np.arange(1, num_items + 1))
    return [
        (x["item"].numpy(), y.numpy(), weight.numpy())
        for x, y, weight in whole_sessions(log_of(sessions), catalog, **options)
    ]


def sessions_in(batches):
    """The sessions read back from the batches, as a multiset."""
    found = Counter()
    for items, targets, weights in batches:
        for row, following, weight in zip(items, targets, weights, strict=True):
            num = int(weight.sum())
            assert weight[:num].all()
            np.testing.assert_array_equal(row[1:num], following[: num - 1])
            found[(*row[:num].tolist(), int(following[num - 1]))] += 1
    return found


def with_pairs(sessions):
    return Counter(tuple(s) for s in sessions if len(s) > 1)


def test_by_hand():
    sessions = [[1, 2, 3, 4], [5], [2, 1], [3, 3, 3]]
    (items, targets, weights), (longest, *_) = batches_of(sessions, batch_size=2)
    assert items.tolist() == [[2, 0], [3, 3]]
    assert targets.tolist() == [[1, 0], [3, 3]]
    assert weights.tolist() == [[1, 0], [1, 1]]
    assert longest.tolist() == [[1, 2, 3]]


@pytest.mark.parametrize("batch_size", [1, 4, 32, 1000])
@pytest.mark.parametrize("max_events", [1, 30, 16_384])
def test_every_session_exactly_once(batch_size, max_events):
    sessions = random_sessions([batch_size, max_events], num_sessions=150)
    batches = batches_of(sessions, batch_size=batch_size, max_events=max_events)
    assert sessions_in(batches) == with_pairs(sessions)


def test_padding_is_zero_right_and_never_a_whole_column():
    for items, targets, weights in batches_of(random_sessions(2, 200), batch_size=16):
        padded = weights == 0
        assert not items[padded].any()
        assert not targets[padded].any()
        assert items[~padded].all() and targets[~padded].all()
        assert (np.diff(weights, axis=1) <= 0).all()
        assert weights[:, 0].all() and weights[:, -1].any()


@pytest.mark.parametrize("max_events", [11, 40, 100])
def test_no_batch_is_larger_than_allowed(max_events):
    batches = batches_of(random_sessions(3, 300), batch_size=20, max_events=max_events)
    assert max(items.size for items, _, _ in batches) <= max_events
    assert max(len(items) for items, _, _ in batches) <= 20


def test_a_session_longer_than_max_events_is_not_cut():
    session = [1, 2, 3, 4, 5, 6, 7]
    batches = batches_of([session, [1, 2], [2, 1], session], max_events=3)
    assert [items.shape for items, _, _ in batches] == [(2, 1), (1, 6), (1, 6)]
    assert sessions_in(batches) == with_pairs([session, session, [1, 2], [2, 1]])


def test_similar_lengths_share_a_batch():
    batches = batches_of(random_sessions(4, 400), batch_size=25)
    widths = [items.shape[1] for items, _, _ in batches]
    assert widths == sorted(widths)
    fewest = [int(weights.sum(axis=1).min()) for _, _, weights in batches]
    assert all(width <= low for width, low in zip(widths[:-1], fewest[1:], strict=True))


def test_the_order_of_the_sessions_does_not_matter():
    sessions = random_sessions(5, num_sessions=90)
    shuffled = [sessions[i] for i in np.random.default_rng(0).permutation(90)]
    forward, backward = batches_of(sessions, batch_size=8), batches_of(shuffled, batch_size=8)
    assert sessions_in(forward) == sessions_in(backward) == with_pairs(sessions)
    assert [b[0].shape for b in forward] == [b[0].shape for b in backward]


def test_batch_contract_and_cardinality():
    sessions = random_sessions(6, num_sessions=70)
    dataset = whole_sessions(log_of(sessions), Catalog(np.arange(1, 10)), batch_size=16)
    assert int(dataset.cardinality()) == sum(1 for _ in dataset)
    x, y, weight = dataset.element_spec
    assert set(x) == {"item"}  # Without `is_start`: no state is carried.
    specs = (x["item"], y, weight)
    assert [spec.dtype.name for spec in specs] == ["int32", "int32", "float32"]
    assert [spec.shape.as_list() for spec in specs] == [[None, None]] * 3


def test_every_pass_is_the_same():
    sessions = random_sessions(7, num_sessions=40)
    dataset = whole_sessions(log_of(sessions), Catalog(np.arange(1, 10)), batch_size=6)
    for (x, y, _), (x_again, y_again, _) in zip(dataset, dataset, strict=True):
        np.testing.assert_array_equal(x["item"], x_again["item"])
        np.testing.assert_array_equal(y, y_again)


def test_unknown_items_are_spliced_out():
    sessions = [[9, 1, 9, 2], [9, 1], [3, 9, 9, 1, 2], [9]]
    batches = batches_of(sessions, num_items=3)
    assert sessions_in(batches) == with_pairs([[1, 2], [3, 1, 2]])


@pytest.mark.parametrize("name", ["batch_size", "max_events"])
def test_an_argument_that_is_not_positive_is_named(name):
    with pytest.raises(ValueError, match=f"`{name}` must be a positive integer.*{name}=0"):
        whole_sessions(log_of([[1, 2]]), Catalog([1, 2]), **{name: 0})


def test_nothing_to_predict():
    with pytest.raises(ValueError, match=r"session with at least two events.*Received"):
        whole_sessions(log_of([[1], [2, 3]]), Catalog([1, 2]))
