from collections import Counter
from itertools import pairwise

import keras
import numpy as np
import pytest

from harness.scorer import log_of
from keras_sessrec.batches import epochs_of, session_parallel
from keras_sessrec.batches.lanes import _gather, _Plan
from keras_sessrec.catalog.catalog import Catalog
from keras_sessrec.data import SessionLog
from reference.session_parallel import session_parallel as simulate


def random_sessions(seed, num_sessions, num_items=9, longest=7):
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, longest + 1, size=num_sessions)
    return [rng.integers(1, num_items + 1, size=n).tolist() for n in lengths]


def catalog_of(sessions):
    """Item j is raw id j."""
    return Catalog(np.arange(1, max(map(max, sessions)) + 1))


def batches_of(sessions, **options):
    return list(session_parallel(log_of(sessions), catalog_of(sessions), **options))


def pairs_in(batches):
    """Multiset of the (input, target) pairs with weight."""
    pairs = Counter()
    for x, y, weight in batches:
        live = weight.numpy() > 0
        pairs.update(zip(x["item"].numpy()[live].tolist(), y.numpy()[live].tolist(), strict=True))
    return pairs


def pairs_of(sessions):
    return Counter(pair for s in sessions for pair in pairwise(s))


def histories_in(batches, lanes):
    """What a carried state has read before each target, and the target: Counter of tuples."""
    state = [()] * lanes
    seen = Counter()
    for x, y, weight in batches:
        for lane in range(lanes):
            if x["is_start"][lane]:
                state[lane] = ()
            for item, target, w in zip(
                x["item"][lane].numpy().tolist(),
                y[lane].numpy().tolist(),
                weight[lane].numpy(),
                strict=True,
            ):
                if w:
                    state[lane] += (item,)
                    seen[(*state[lane], target)] += 1
    return seen


def prefixes_of(sessions):
    return Counter(tuple(s[:n]) for s in sessions for n in range(2, len(s) + 1))


def assert_equals_simulation(batches, expected, lanes, steps):
    assert len(batches) == len(expected)
    for (x, y, weight), cells in zip(batches, expected, strict=True):
        items, targets = np.zeros((2, lanes, steps), int)
        is_start, weights = np.zeros(lanes, bool), np.zeros((lanes, steps))
        for lane, cell in enumerate(cells):
            if cell is not None:
                num = len(cell[0])
                items[lane, :num], targets[lane, :num], is_start[lane] = cell
                weights[lane, :num] = 1
        np.testing.assert_array_equal(x["item"], items)
        np.testing.assert_array_equal(x["is_start"], is_start)
        np.testing.assert_array_equal(y, targets)
        np.testing.assert_array_equal(weight, weights)


def test_example_of_the_paper():
    """Three lanes, five sessions, in the manner of figure 2 of ICLR 2016."""
    sessions = [[11, 12, 13, 14], [21, 22], [31, 32, 33, 34, 35], [41, 42], [51, 52, 53]]
    batches = batches_of(sessions, lanes=3)
    assert [x["item"].numpy()[:, 0].tolist() for x, _, _ in batches] == [
        [11, 21, 31], [12, 41, 32], [13, 51, 33], [0, 52, 34],
    ]  # fmt: skip
    assert [y.numpy()[:, 0].tolist() for _, y, _ in batches] == [
        [12, 22, 32], [13, 42, 33], [14, 52, 34], [0, 53, 35],
    ]  # fmt: skip
    assert [x["is_start"].numpy().tolist() for x, _, _ in batches] == [
        [True, True, True], [False, True, False], [False, True, False], [False, False, False],
    ]  # fmt: skip
    assert [w.numpy()[:, 0].tolist() for _, _, w in batches] == [[1, 1, 1]] * 3 + [[0, 1, 1]]


@pytest.mark.parametrize("steps", [1, 2, 3, 10])
@pytest.mark.parametrize("lanes", [1, 2, 5, 16])
def test_c2_c3_equals_the_simulated_lanes(lanes, steps):
    for seed in range(4):
        sessions = random_sessions([seed, lanes, steps], num_sessions=40)
        batches = batches_of(sessions, lanes=lanes, steps=steps)
        assert_equals_simulation(batches, simulate(sessions, lanes, steps), lanes, steps)


@pytest.mark.parametrize("steps", [1, 4])
@pytest.mark.parametrize("lanes", [1, 6])
def test_c2_c3_a_carried_state_has_read_exactly_the_session_so_far(lanes, steps):
    sessions = random_sessions([7, lanes, steps], num_sessions=120)
    batches = batches_of(sessions, lanes=lanes, steps=steps)
    assert histories_in(batches, lanes) == prefixes_of(sessions)


@pytest.mark.parametrize("steps", [1, 3])
def test_c2_one_start_per_session_that_has_a_pair(steps):
    sessions = random_sessions(1, num_sessions=60)
    batches = batches_of(sessions, lanes=4, steps=steps)
    starts = sum(int(x["is_start"].numpy().sum()) for x, _, _ in batches)
    assert starts == sum(len(s) > 1 for s in sessions)


@pytest.mark.parametrize("num_sessions", [1, 3, 31, 32, 33, 100])
@pytest.mark.parametrize("steps", [1, 3])
def test_c4_c5_every_pair_exactly_once_whatever_the_number_of_lanes(num_sessions, steps):
    sessions = [*random_sessions(num_sessions, num_sessions - 1), [1, 2, 3]]
    for lanes in (1, 7, 32):
        batches = batches_of(sessions, lanes=lanes, steps=steps)
        assert pairs_in(batches) == pairs_of(sessions)


def test_c5_shapes_and_types_never_change():
    sessions = random_sessions(3, num_sessions=50)
    dataset = session_parallel(log_of(sessions), catalog_of(sessions), lanes=8, steps=3)
    x, y, weight = dataset.element_spec
    specs = {
        "item": (x["item"], (8, 3), "int32"),
        "is_start": (x["is_start"], (8,), "bool"),
        "y": (y, (8, 3), "int32"),
        "sample_weight": (weight, (8, 3), "float32"),
    }
    for spec, shape, dtype in specs.values():
        assert (tuple(spec.shape), spec.dtype.name) == (shape, dtype)
    for x, y, weight in dataset:
        assert x["item"].shape == y.shape == weight.shape == (8, 3)
        assert x["is_start"].shape == (8,)


def test_idle_cells_hold_zeros():
    sessions = [[1, 2, 3, 4, 5, 6], [1, 2]]
    for steps in (1, 4):
        for x, y, weight in batches_of(sessions, lanes=4, steps=steps):
            idle = weight.numpy() == 0
            assert set(weight.numpy().ravel().tolist()) <= {0.0, 1.0}
            assert not x["item"].numpy()[idle].any()
            assert not y.numpy()[idle].any()
            assert not x["is_start"].numpy()[idle.all(axis=1)].any()


@pytest.mark.parametrize("num_sessions", [2, 40, 300])
def test_cardinality_is_the_number_of_elements(num_sessions):
    sessions = [*random_sessions(num_sessions, num_sessions), [2, 1]]
    for lanes, steps, min_live_lanes in ((1, 1, 1), (3, 2, 1), (3, 1, 2)):
        for shuffle in (False, True):
            dataset = session_parallel(
                log_of(sessions),
                catalog_of(sessions),
                lanes,
                steps,
                shuffle=shuffle,
                min_live_lanes=min_live_lanes,
            )
            assert int(dataset.cardinality()) == sum(1 for _ in dataset)


def test_c26_sessions_are_taken_in_order_of_time_whatever_their_ids():
    """Session n reads the items 3n + 1 to 3n + 3 and starts at time 10n."""
    num = 20
    rng = np.random.default_rng(0)
    events = rng.permutation(3 * num)
    log = SessionLog.from_arrays(
        session_codes=events // 3,
        item_codes=events,
        timestamps=events // 3 * 10 + events % 3,
        session_ids=rng.permutation(num),
        item_ids=np.arange(1, 3 * num + 1),
    )
    catalog = Catalog(np.arange(1, 3 * num + 1))
    started = []
    for x, _, _ in session_parallel(log, catalog, lanes=4):
        started += x["item"].numpy()[x["is_start"].numpy(), 0].tolist()
    assert started == [3 * n + 1 for n in range(num)]


def test_sessions_that_start_together_are_taken_by_id():
    codes = np.array([0, 0, 1, 1, 2, 2])
    log = SessionLog.from_arrays(
        session_codes=codes,
        item_codes=codes,
        timestamps=np.array([5, 6, 5, 6, 4, 6]),
        session_ids=np.array(["b", "a", "c"], dtype=object),
        item_ids=np.array([1, 2, 3]),
    )
    items = [int(x["item"][0, 0]) for x, _, _ in session_parallel(log, Catalog([1, 2, 3]), 1)]
    assert items == [3, 2, 1]


def test_c30_every_epoch_is_complete_and_items_are_1_to_n():
    sessions = random_sessions(5, num_sessions=30)
    dataset = session_parallel(log_of(sessions), catalog_of(sessions), lanes=4)
    first, second = list(dataset), list(dataset)
    assert pairs_in(first) == pairs_in(second) == pairs_of(sessions)
    for (x, y, weight), (x_again, y_again, weight_again) in zip(first, second, strict=True):
        np.testing.assert_array_equal(x["item"], x_again["item"])
        np.testing.assert_array_equal(x["is_start"], x_again["is_start"])
        np.testing.assert_array_equal(y, y_again)
        np.testing.assert_array_equal(weight, weight_again)
    items = {item for pair in pairs_in(first) for item in pair}
    assert (min(items), max(items)) == (1, 9)


def first_epochs(dataset, count):
    """The mini-batches of the first epochs, a list each."""
    batches = list(epochs_of(dataset).take(count * len(dataset)))
    return [batches[i : i + len(dataset)] for i in range(0, len(batches), len(dataset))]


def test_looking_at_shuffled_batches_changes_nothing():
    sessions = random_sessions(8, num_sessions=60)
    dataset = session_parallel(log_of(sessions), catalog_of(sessions), lanes=4, shuffle=True)
    looks = [[x["item"].numpy().tolist() for x, _, _ in dataset] for _ in range(3)]
    assert looks[0] == looks[1] == looks[2]


@pytest.mark.parametrize("steps", [1, 3])
def test_shuffled_epochs_differ_and_are_complete(steps):
    sessions = random_sessions(6, num_sessions=80)
    dataset = session_parallel(
        log_of(sessions), catalog_of(sessions), lanes=5, steps=steps, shuffle=True, seed=3
    )
    epochs = first_epochs(dataset, 3)
    orders = set()
    for batches in epochs:
        assert histories_in(batches, 5) == prefixes_of(sessions)
        orders.add(b"".join(x["item"].numpy().tobytes() for x, _, _ in batches))
    assert len(orders) == 3


def test_shuffling_is_reproduced_by_the_seed():
    sessions = random_sessions(8, num_sessions=60)

    def epochs(seed):
        dataset = session_parallel(
            log_of(sessions), catalog_of(sessions), lanes=4, shuffle=True, seed=seed
        )
        return [
            [x["item"].numpy().ravel().tolist() for x, _, _ in epoch]
            for epoch in first_epochs(dataset, 2)
        ]

    assert epochs(1) == epochs(1)
    assert epochs(1)[0] != epochs(2)[0]


@pytest.mark.parametrize("steps", [1, 3])
def test_c4_keras_trains_on_whole_shuffled_epochs(steps):
    """Keras cuts every epoch that is longer than the first one of a `fit`."""

    class CountTargets(keras.Model):
        """Counts the targets it is trained on."""

        num_targets = 0

        def train_step(self, data):
            self.num_targets += int((data[1].numpy() > 0).sum())
            return {"loss": 0.0}

    class Epochs(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            num_targets.append(self.model.num_targets)
            self.model.num_targets = 0

    num_targets = []
    sessions = random_sessions(11, num_sessions=40, longest=25)
    dataset = session_parallel(
        log_of(sessions), catalog_of(sessions), lanes=6, steps=steps, shuffle=True
    )
    model = CountTargets()
    model.compile(run_eagerly=True)
    model.fit(dataset, epochs=6, shuffle=False, verbose=0, callbacks=[Epochs()])
    assert num_targets == [sum(len(s) - 1 for s in sessions)] * 6


def test_shuffled_sessions_start_anywhere():
    """Each session holds one item only; the first of one lane is about any of them."""
    sessions = [[n, n] for n in range(1, 31)]
    dataset = session_parallel(log_of(sessions), catalog_of(sessions), lanes=1, shuffle=True)
    first = Counter(int(epoch[0][0]["item"][0, 0]) for epoch in first_epochs(dataset.take(1), 45))
    assert len(first) > 15  # 30 (1 - (29 / 30)^45) = 23.5 are expected.
    assert max(first.values()) < 10


def test_shuffling_reads_no_global_random_state():
    sessions = random_sessions(9, num_sessions=20)
    dataset = session_parallel(log_of(sessions), catalog_of(sessions), lanes=4, shuffle=True)
    before = np.random.get_state()[1].copy()
    assert pairs_in(dataset) == pairs_of(sessions)
    np.testing.assert_array_equal(before, np.random.get_state()[1])


@pytest.mark.parametrize("min_live_lanes", [2, 4])
@pytest.mark.parametrize("steps", [1, 2])
def test_c4_the_epoch_ends_when_too_few_lanes_are_live(min_live_lanes, steps):
    for seed in range(4):
        sessions = random_sessions([seed, steps], num_sessions=30)
        batches = batches_of(sessions, lanes=4, steps=steps, min_live_lanes=min_live_lanes)
        expected = simulate(sessions, 4, steps, min_live_lanes)
        assert_equals_simulation(batches, expected, 4, steps)
        missing = pairs_of(sessions) - pairs_in(batches)
        assert missing == pairs_of(sessions) - Counter(
            pair
            for cells in expected
            for cell in cells
            if cell
            for pair in zip(cell[0], cell[1], strict=True)
        )


def test_c4_two_live_lanes_drop_only_the_tail_of_the_last_session():
    sessions = [[1, 2, 3], [4, 5, 6, 7, 8]]
    batches = batches_of(sessions, lanes=2, min_live_lanes=2)
    assert pairs_of(sessions) - pairs_in(batches) == Counter({(6, 7): 1, (7, 8): 1})


def test_unknown_items_are_spliced_out():
    log = log_of([[1, 9, 2], [9, 9], [9, 3, 9], [9, 2, 1, 9, 3]])
    batches = list(session_parallel(log, Catalog([1, 2, 3]), lanes=2))
    assert histories_in(batches, 2) == prefixes_of([[1, 2], [2, 1, 3]])


def test_one_lane_reads_the_log_as_it_is():
    sessions = random_sessions(4, num_sessions=25)
    batches = batches_of(sessions, lanes=1)
    read = [(int(x["item"][0, 0]), int(y[0, 0])) for x, y, _ in batches]
    assert read == [pair for s in sessions for pair in pairwise(s)]


def test_steps_longer_than_every_session_hold_whole_sessions():
    sessions = [[1, 2, 3], [3], [2, 1]]
    ((x, y, weight),) = batches_of(sessions, lanes=2, steps=5)
    assert x["item"].numpy().tolist() == [[1, 2, 0, 0, 0], [2, 0, 0, 0, 0]]
    assert y.numpy().tolist() == [[2, 3, 0, 0, 0], [1, 0, 0, 0, 0]]
    assert weight.numpy().tolist() == [[1, 1, 0, 0, 0], [1, 0, 0, 0, 0]]


@pytest.mark.parametrize("name", ["lanes", "steps", "min_live_lanes"])
def test_an_argument_that_is_not_positive_is_named(name):
    log = log_of([[1, 2]])
    with pytest.raises(ValueError, match=f"`{name}` must be a positive integer.*{name}=0"):
        session_parallel(log, Catalog([1, 2]), **{name: 0})


def test_more_live_lanes_than_there_can_be():
    log = log_of([[1, 2, 1], [2, 1]])
    for lanes, min_live_lanes in ((1, 2), (8, 3)):
        with pytest.raises(ValueError, match=r"`min_live_lanes` must be at most.*Received"):
            session_parallel(log, Catalog([1, 2]), lanes=lanes, min_live_lanes=min_live_lanes)


@pytest.mark.parametrize("sessions", [[[1], [2]], [[3, 3, 3]], [[1, 3], [3, 2]]])
def test_nothing_to_predict(sessions):
    with pytest.raises(ValueError, match=r"session with at least two events.*Received"):
        session_parallel(log_of(sessions), Catalog([1, 2]))


@pytest.mark.slow
@pytest.mark.parametrize(("steps", "shuffle"), [(1, False), (4, False), (1, True)])
def test_c4_three_million_events_are_counted(steps, shuffle):
    rng = np.random.default_rng(0)
    num_items = 1000
    lengths = rng.geometric(0.2, size=600_000)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    codes = rng.integers(0, num_items, size=offsets[-1], dtype=np.int32)
    assert len(codes) > 2_900_000
    log = SessionLog(
        item_codes=codes,
        timestamps=np.arange(len(codes)),
        offsets=offsets,
        session_ids=np.arange(len(lengths)),
        item_ids=np.arange(1, num_items + 1),
    )
    catalog = Catalog(log.item_ids)
    follows = np.ones(len(codes), bool)
    follows[offsets[:-1]] = False
    targets = np.flatnonzero(follows)
    expected = np.bincount(codes[targets - 1] * num_items + codes[targets], minlength=num_items**2)
    found = np.zeros(num_items**2, int)
    dataset = session_parallel(log, catalog, lanes=100, steps=steps, shuffle=shuffle)
    for x, y, weight in dataset.batch(200):
        live = weight.numpy() > 0
        pairs = (x["item"].numpy()[live] - 1) * num_items + y.numpy()[live] - 1
        found += np.bincount(pairs, minlength=num_items**2)
    np.testing.assert_array_equal(found, expected)


class ManyEvents:
    """An array of more places than 32 bits number, without its memory: each holds itself."""

    def __init__(self, length, value):
        self.length, self.value = length, value

    def __len__(self):
        return self.length

    def __getitem__(self, places):
        return self.value(np.asarray(places))


@pytest.mark.parametrize("steps", [1, 3])
@pytest.mark.parametrize("shuffle", [False, True])
def test_events_beyond_2_to_the_31_are_no_idle_lanes(steps, shuffle):
    """Their places wrapped to negative numbers, which mean an idle lane."""
    lengths, first = np.array([4, 3, 5, 2, 4]), 2**31 - 9
    begins = first + np.cumsum(lengths) - lengths
    plan = _Plan(lengths, 2, steps, 1, seed=7 if shuffle else None)
    cursors = plan.cursors(plan.in_order(begins, 0), 0)
    length = int(begins[-1] + lengths[-1])
    items = ManyEvents(length, lambda places: places)
    starts = ManyEvents(length, lambda places: np.isin(places, begins))
    session = ManyEvents(length, lambda places: np.searchsorted(begins, places, "right"))
    x, y, weight = _gather(items, starts, session, cursors, steps)
    found = sorted(zip(x["item"][weight > 0].tolist(), y[weight > 0].tolist(), strict=True))
    pairs = [(b + i, b + i + 1) for b, n in zip(begins, lengths, strict=True) for i in range(n - 1)]
    assert found == [(int(a), int(b)) for a, b in pairs]
    assert sorted(x["item"][:, :, 0][x["is_start"]]) == begins.tolist()


def test_lanes_without_a_session():
    log, catalog = log_of([[1, 2], [2, 1], [1]]), Catalog([1, 2])
    with pytest.warns(UserWarning, match="`lanes=3` are more than the 2 sessions"):
        session_parallel(log, catalog, lanes=3)
    with pytest.raises(ValueError, match="`lanes` must be in proportion to the 2 sessions"):
        session_parallel(log, catalog, lanes=100_000)


def test_arguments_of_another_kind():
    log, catalog = log_of([[1, 2]]), Catalog([1, 2])
    with pytest.raises(TypeError, match=r"`log` must be a `SessionLog`.*Received: Catalog.*first"):
        session_parallel(catalog, log)
    with pytest.raises(TypeError, match=r"`catalog` must be a `Catalog`.*Received: list"):
        session_parallel(log, [1, 2])
    with pytest.raises(TypeError, match=r"Received: tuple.*log, report = clean\(log\)"):
        session_parallel((log, "report"), catalog)
    for lanes in (2.0, True, "2"):
        with pytest.raises(ValueError, match="`lanes` must be a positive integer"):
            session_parallel(log, catalog, lanes=lanes)
    assert session_parallel(log, catalog, lanes=np.int64(1)).element_spec[1].shape == (1, 1)
