"""STAN and VSTAN against votes by hand and a plain-Python version."""

from __future__ import annotations

import math

import numpy as np
import pytest

from harness.scorer import log_of, pad, random_sessions, run_scorer_test
from keras_sessrec.baselines import STAN, VSTAN
from keras_sessrec.catalog.catalog import Catalog
from keras_sessrec.data import SessionLog
from reference.neighbours import neighbour_votes, ordered

CATALOG = Catalog(["a", "b", "c", "d", "e"])
# Oldest first, an event a second: the last events are at 1, 4, 6, 9 and 11. Popularities a 2, b 2,
# c 3, d 2, e 3: c and e have the place 1/2, half a thousandth more.
SESSIONS = [["a", "d"], ["a", "b", "e"], ["c", "d"], ["b", "c", "c"], ["e", "e"]]
HALF = 1 / math.log(2)  # exp(-x / HALF) is 2^-x
ROOT2, ROOT3 = math.sqrt(2), math.sqrt(3)
# After a c, with all decays halving: a 1/2, c 1. The newest candidate ends at 9.
#   b c c  1 / sqrt(2)                  c d    1 / sqrt(2) * 2^-3
#   a b e  1/2 / sqrt(3) * 2^-5         a d    1/2 / sqrt(2) * 2^-8
BCC, CD, ABE, AD = 1 / ROOT2, 1 / ROOT2 / 8, 1 / 2 / ROOT3 / 32, 1 / 2 / ROOT2 / 256


@pytest.mark.parametrize(
    "make",
    [STAN, lambda: STAN(3, 5, 2.0, 40.0, None), VSTAN, lambda: VSTAN(3, 9, "dot", None, 50.0)],
)
def test_contract(make) -> None:
    run_scorer_test(make)


def test_stan_by_hand() -> None:
    # Items count 2^-distance from the matched one in the neighbour: in b c c that is the last c,
    # the third event, so b counts 1/4.
    stan = STAN(position_decay=HALF, recency_decay=HALF, neighbour_decay=HALF)
    scores = stan.fit(log_of(SESSIONS), CATALOG).score(np.array([[1, 3]]))
    expected = [
        ABE + AD,
        BCC / 4 + ABE / 2,
        (BCC + CD) * 1.0005,
        CD / 2 + AD / 2,
        ABE / 4 * 1.0005,
    ]
    np.testing.assert_allclose(scores, [expected], rtol=1e-6)


def test_vstan_by_hand() -> None:
    # As STAN; a b e and a d are matched at the 2nd event from the end: half. Of 5 sessions every
    # item is in 2: idf ln 2.5.
    vstan = VSTAN(
        position_decay=HALF,
        recency_decay=HALF,
        neighbour_decay=HALF,
        match_decay=HALF,
        idf_weighting=3.0,
    )
    scores = vstan.fit(log_of(SESSIONS), CATALOG).score(np.array([[1, 3]]))
    expected = [
        (ABE + AD) / 2,
        BCC / 4 + ABE / 4,
        (BCC + CD) * 1.0005,
        CD / 2 + AD / 4,
        ABE / 8 * 1.0005,
    ]
    expected = np.array(expected) * (1 + 3 * math.log(2.5))
    np.testing.assert_allclose(scores, [expected], rtol=1e-6)


def test_without_norm_and_decays_every_common_item_is_a_vote() -> None:
    # a d 1, a b e 1, c d 1, b c c 1.
    vstan = VSTAN(
        similarity="dot",
        **dict.fromkeys(["position_decay", "recency_decay", "neighbour_decay", "match_decay"]),
        idf_weighting=0.0,
    )
    scores = vstan.fit(log_of(SESSIONS), CATALOG).score(np.array([[1, 3]]))
    np.testing.assert_allclose(scores, [[2, 2, 2 * 1.0005, 2, 1 * 1.0005]], rtol=1e-6)


def test_the_newest_candidate_keeps_its_weight_however_old_it_is() -> None:
    # Ages of 10^9 decays would leave nothing of exp(-age).
    log = SessionLog.from_arrays(
        session_codes=np.array([0, 0, 1]),
        item_codes=np.array([0, 1, 2]),
        timestamps=np.array([0, 1, 10**9]),
        session_ids=np.array([1, 2]),
        item_ids=np.array(["a", "b", "c"], dtype=object),
    )
    scores = STAN(recency_decay=1.0).fit(log, Catalog(["a", "b", "c"])).score(np.array([[1]]))
    assert scores[0, 0] > 0.5
    assert scores[0, 1] > 0.1


@pytest.mark.parametrize("decays", [(0.5, 30.0, 0.7, 0.9), (3.0, 300.0, None, None)])
@pytest.mark.parametrize(("k", "sample_size"), [(100, 1000), (7, 20), (20, 7)])
@pytest.mark.parametrize("cls", [STAN, VSTAN])
def test_equals_plain_python(cls, k: int, sample_size: int, decays: tuple) -> None:
    sessions = random_sessions(seed=6, num_sessions=120, num_items=15)
    log = log_of(sessions)
    catalog = Catalog.from_log(log)
    prefixes = random_sessions(seed=7, num_sessions=40, num_items=15)
    prefixes = [[i for i in p if i in catalog] for p in prefixes]
    position, recency, neighbour, match = decays
    arguments = {"recency_decay": recency, "neighbour_decay": neighbour}
    more = {"match_decay": match, "idf_weighting": 1.5} if cls is VSTAN else {}
    baseline = cls(k, sample_size, position_decay=position, **arguments, **more)
    scores = baseline.fit(log, catalog).score(pad([catalog.encode(p) for p in prefixes], width=8))
    match = match if cls is VSTAN and match else math.inf
    for prefix, row in zip(prefixes, scores, strict=True):
        votes = neighbour_votes(
            sessions,
            log.end_times.tolist(),
            prefix,
            k,
            sample_size,
            lambda p, n: math.exp(-(n - p) / position),
            lambda s: math.exp(-(s - 1) / match),
            cosine=True,
            recency_decay=recency,
            neighbour_decay=neighbour or math.inf,
            idf_weighting=more.get("idf_weighting", 0.0),
        )
        expected = ordered(votes, sessions, catalog.item_ids.tolist())
        np.testing.assert_allclose(row, expected, rtol=1e-5)


@pytest.mark.parametrize("name", ["position_decay", "recency_decay", "neighbour_decay"])
@pytest.mark.parametrize("cls", [STAN, VSTAN])
def test_decays_must_be_positive(cls, name: str) -> None:
    with pytest.raises(ValueError, match=f"`{name}` must be positive.*Received: 0"):
        cls(**{name: 0})


def test_arguments_of_vstan_are_checked() -> None:
    with pytest.raises(ValueError, match=r"`match_decay`.*Received: -1"):
        VSTAN(match_decay=-1)
    with pytest.raises(ValueError, match=r"`similarity`.*Received: 'jaccard'"):
        VSTAN(similarity="jaccard")
    with pytest.raises(ValueError, match=r"`idf_weighting`.*Received: -1"):
        VSTAN(idf_weighting=-1)
