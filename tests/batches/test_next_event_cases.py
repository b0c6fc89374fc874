import numpy as np

from keras_sessrec.batches.next_event_cases import NextEventCases
from keras_sessrec.catalog.catalog import Catalog
from keras_sessrec.data.session_log import SessionLog
from reference import ranking


def test_batches_hold_every_prefix_once_longest_first():
    rng = np.random.default_rng(0)
    sessions = [rng.integers(1, 9, rng.integers(1, 12)).tolist() for _ in range(25)]
    log = SessionLog.from_arrays(
        np.repeat(np.arange(25), [len(session) for session in sessions]),
        np.concatenate(sessions) - 1,
        np.arange(sum(map(len, sessions))),
        np.arange(25),
        np.arange(1, 9),
    )
    cases = NextEventCases.from_log(log, Catalog([1, 2, 3, 5, 7]), unseen="miss")
    expected = ranking.cases(sessions, {1, 2, 3, 5, 7}, "miss")
    raw = np.array([0, 1, 2, 3, 5, 7])
    found, widths = {}, []
    for rows, prefixes in cases.batches(batch_size=16):
        assert prefixes.dtype == np.int32 and len(rows) == len(prefixes) <= 16
        widths.append(prefixes.shape[1])
        for row, prefix in zip(rows, prefixes, strict=True):
            length = int((prefix > 0).sum())
            assert (prefix[length:] == 0).all()
            assert row not in found
            found[row] = raw[prefix[:length]].tolist()
    assert [found[row] for row in range(len(cases))] == [prefix for _, _, prefix, _ in expected]
    assert any(not prefix for prefix in found.values())
    assert widths == sorted(widths, reverse=True) and widths[-1] == 1
    # Padding is small: sorted prefixes waste less than one step a row on average.
    assert widths[0] == max(len(prefix) for _, _, prefix, _ in expected)
