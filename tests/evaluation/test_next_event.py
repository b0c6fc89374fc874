import re

import numpy as np
import pytest
import tensorflow as tf

from keras_sessrec.catalog.catalog import Catalog
from keras_sessrec.data.session_log import SessionLog
from keras_sessrec.evaluation.next_event import evaluate
from reference import ranking

NUM_ITEMS = 30
COUNTS = [(11 * item) % 37 + 1 for item in range(NUM_ITEMS)]
# Raw ids 100..129 are in the catalog, 900 and 901 are not.
CATALOG = Catalog(range(100, 100 + NUM_ITEMS), COUNTS)
RULES = ("conservative", "standard", "median")


def make_log(sessions):
    """A log of sessions given as lists of raw ids, in this order."""
    lengths = [len(session) for session in sessions]
    flat = np.concatenate(sessions)
    item_ids, item_codes = np.unique(flat, return_inverse=True)
    session_codes = np.repeat(np.arange(len(sessions)), lengths)
    return SessionLog.from_arrays(
        session_codes, item_codes, np.arange(len(flat)), np.arange(len(sessions)) + 50, item_ids
    )


def random_sessions(seed=0, number=60):
    rng = np.random.default_rng(seed)
    ids = np.r_[100 : 100 + NUM_ITEMS, 900, 901]
    return [rng.choice(ids, rng.integers(1, 9)).tolist() for _ in range(number)]


def scores_of_prefix(prefix):
    """Toy scores with many ties: near the last item, less so near the first."""
    if not prefix:
        return [float(-item) for item in range(NUM_ITEMS)]
    first, last = prefix[0] - 100, prefix[-1] - 100
    return [-float(abs(j - last) // 2) - (abs(j - first) // 8) for j in range(NUM_ITEMS)]


class ToyScorer:
    def __init__(self):
        self.shapes = []

    def score(self, items):
        assert items.dtype == np.int32
        self.shapes.append(items.shape)
        rows = [scores_of_prefix([item + 99 for item in row if item]) for row in items.tolist()]
        return np.array(rows, "float32")


@pytest.mark.parametrize("unseen", ["drop", "miss"])
@pytest.mark.parametrize("max_length", [1, 3, 50])
def test_prefixes_cut_by_hand(unseen, max_length):
    """The last events in the catalog are read; cases and positions stay what they are."""
    sessions = random_sessions(seed=3)
    cases = ranking.cases(sessions, set(range(100, 100 + NUM_ITEMS)), unseen)
    scorer = ToyScorer()
    result = evaluate(scorer, make_log(sessions), CATALOG, 5, unseen=unseen, max_length=max_length)
    whole = evaluate(ToyScorer(), make_log(sessions), CATALOG, 5, unseen=unseen)
    for (_, _, prefix, target), rank in zip(cases, result.rank, strict=True):
        scores = scores_of_prefix([i for i in prefix if i < 900][-max_length:])
        known = target is not None
        assert rank == (sum(s >= scores[target - 100] for s in scores) if known else np.inf)
    np.testing.assert_array_equal(result.position, whole.position)
    np.testing.assert_array_equal(result.target, whole.target)
    assert max(width for _, width in scorer.shapes) <= max_length
    assert (result.max_length, whole.max_length) == (max_length, None)


@pytest.mark.parametrize("unseen", ["drop", "miss"])
@pytest.mark.parametrize("ties", RULES)
def test_equals_brute_force(ties, unseen):
    sessions = random_sessions()
    cases = ranking.cases(sessions, set(range(100, 100 + NUM_ITEMS)), unseen)
    scores = [scores_of_prefix(prefix) for _, _, prefix, _ in cases]
    ranks = [
        float("inf") if target is None else ranking.rank(row, target - 100, ties)
        for row, (_, _, _, target) in zip(scores, cases, strict=True)
    ]

    result = evaluate(ToyScorer(), make_log(sessions), CATALOG, (1, 5), ties, unseen, batch_size=7)

    np.testing.assert_array_equal(result.session, [case[0] for case in cases])
    np.testing.assert_array_equal(result.position, [case[1] for case in cases])
    np.testing.assert_array_equal(
        result.target, [0 if case[3] is None else case[3] - 99 for case in cases]
    )
    np.testing.assert_array_equal(result.rank, ranks)
    for k in (1, 5):
        best = [ranking.best_columns(row, k) for row in scores]
        expected = {
            f"recall_at_{k}": ranking.recall(ranks, k),
            f"mrr_at_{k}": ranking.mrr(ranks, k),
            f"ndcg_at_{k}": ranking.ndcg(ranks, k),
            f"coverage_at_{k}": ranking.coverage(best, NUM_ITEMS),
            f"popularity_at_{k}": ranking.popularity(best, COUNTS),
        }
        got = result.metrics()
        assert {name: got[name] for name in expected} == pytest.approx(expected, rel=1e-12)
    assert result.num_unseen_targets == sum(
        item >= 900 for session in sessions for item in session[1:]
    )


def test_c29_batch_size_changes_nothing():
    log = make_log(random_sessions(1))
    whole = evaluate(ToyScorer(), log, CATALOG)
    for batch_size in (1, 3, 64):
        again = evaluate(ToyScorer(), log, CATALOG, batch_size=batch_size)
        np.testing.assert_array_equal(again.rank, whole.rank)
        assert again.metrics() == pytest.approx(whole.metrics(), rel=1e-12)


def test_c1_c35_a_session_scores_the_same_alone_and_after_others():
    sessions = [session for session in random_sessions(2) if len(session) > 4][:5]
    together = evaluate(ToyScorer(), make_log(sessions), CATALOG)
    twice = evaluate(ToyScorer(), make_log(sessions), CATALOG)
    np.testing.assert_array_equal(together.rank, twice.rank)
    for place, session in enumerate(sessions):
        alone = evaluate(ToyScorer(), make_log([session]), CATALOG)
        np.testing.assert_array_equal(alone.rank, together.rank[together.session == place])


def test_c27_unseen_items_are_spliced_or_missed_and_counted():
    log = make_log([[900, 100, 901, 101], [102, 900], [900, 901], [103]])

    dropped = evaluate(ToyScorer(), log, CATALOG, unseen="drop")
    assert dropped.session.tolist() == [0] and dropped.position.tolist() == [2]
    assert dropped.target.tolist() == [2]
    assert dropped.num_unseen_targets == 3

    missed = evaluate(ToyScorer(), log, CATALOG, unseen="miss")
    assert missed.session.tolist() == [0, 0, 0, 1, 2]
    assert missed.position.tolist() == [2, 3, 4, 2, 2]
    assert missed.target.tolist() == [1, 0, 2, 0, 0]
    assert np.isinf(missed.rank).tolist() == [False, True, False, True, True]
    assert missed.num_unseen_targets == 3
    # Case 1 has an empty prefix: item 1 is the toy's first choice there.
    assert missed.rank[0] == 1
    assert missed.recall(30) == pytest.approx(2 / 5)


def test_c28_all_equal_scores():
    class Constant:
        def score(self, items):
            return np.zeros((len(items), NUM_ITEMS), "float32")

    log = make_log(random_sessions(3))
    results = {ties: evaluate(Constant(), log, CATALOG, ties=ties) for ties in RULES}
    assert results["conservative"].recall(20) == 0.0
    assert results["standard"].recall(20) == 1.0 and results["standard"].mrr(20) == 1.0
    assert set(results["median"].rank) == {(NUM_ITEMS + 1) / 2}


@pytest.mark.parametrize("ties", RULES)
@pytest.mark.parametrize("number", [1, 8, NUM_ITEMS])
def test_most_supported(ties, number):
    sessions = random_sessions(4)
    cases = ranking.cases(sessions, set(range(100, 100 + NUM_ITEMS)), "drop")
    supported = ranking.best_columns(COUNTS, number)
    expected, shown = [], []
    for _, _, prefix, target in cases:
        row = scores_of_prefix(prefix)
        candidates = sorted({*supported, target - 100})
        ranked = [row[column] for column in candidates]
        expected.append(ranking.rank(ranked, candidates.index(target - 100), ties))
        in_order = sorted(supported)
        best = ranking.best_columns([row[column] for column in in_order], 5)
        shown.append([in_order[place] for place in best])
    result = evaluate(
        ToyScorer(), make_log(sessions), CATALOG, 5, ties, most_supported=number, batch_size=9
    )
    np.testing.assert_array_equal(result.rank, expected)
    assert result.coverage(5) == pytest.approx(ranking.coverage(shown, NUM_ITEMS))
    assert result.popularity(5) == pytest.approx(ranking.popularity(shown, COUNTS))


def test_tensors_and_cutoffs_beyond_the_catalog():
    class InTensorFlow(ToyScorer):
        def score(self, items):
            return tf.constant(super().score(items))

    log = make_log(random_sessions(5))
    ours, theirs = evaluate(ToyScorer(), log, CATALOG), evaluate(InTensorFlow(), log, CATALOG)
    np.testing.assert_array_equal(ours.rank, theirs.rank)
    for k in (NUM_ITEMS + 1, [1, 500], 0, 2.5, "20", True):
        with pytest.raises(ValueError, match=r"`k` must be .*Received: k="):
            evaluate(ToyScorer(), log, CATALOG, k=k)
    some = evaluate(ToyScorer(), log, CATALOG, k=np.array([1, NUM_ITEMS]))
    assert some.k == (1, NUM_ITEMS) and some.coverage(np.int64(NUM_ITEMS)) == 1.0


def test_the_scorers_own_catalog_is_the_default():
    log = make_log(random_sessions(5))
    scorer = ToyScorer()
    scorer.catalog = CATALOG
    np.testing.assert_array_equal(
        evaluate(scorer, log).rank, evaluate(ToyScorer(), log, CATALOG).rank
    )
    other = Catalog(CATALOG.item_ids[::-1])
    with pytest.raises(ValueError, match=r"`catalog` must be the scorer's own.*Received"):
        evaluate(scorer, log, other)
    with pytest.raises(ValueError, match=r"`catalog` is needed.*Was it fitted"):
        evaluate(ToyScorer(), log)


def test_arguments_of_another_kind():
    log = make_log(random_sessions(5))
    with pytest.raises(
        TypeError, match=r"`scorer` must be an object with a `score.*Received: <SessionLog"
    ):
        evaluate(log, ToyScorer(), CATALOG)
    with pytest.raises(TypeError, match=r"`log` must be a `SessionLog`. Received: list"):
        evaluate(ToyScorer(), [[1, 2]], CATALOG)


def test_a_very_long_session_is_scored_in_bounded_batches():
    long = [100 + place % NUM_ITEMS for place in range(3000)]

    class LastItem:
        def __init__(self):
            self.shapes = []

        def score(self, items):
            self.shapes.append(items.shape)
            last = items[np.arange(len(items)), (items > 0).sum(1) - 1]
            return np.eye(NUM_ITEMS, dtype="float32")[last % NUM_ITEMS]

    scorer = LastItem()
    result = evaluate(scorer, make_log([long, [100, 101]]), CATALOG, batch_size=2000)
    assert result.recall(1) == 1.0
    assert result.num_cases == 3000
    assert max(rows * steps for rows, steps in scorer.shapes) <= 2**18
    assert max(steps for _, steps in scorer.shapes) == 2999


@pytest.mark.parametrize("ties", RULES)
@pytest.mark.parametrize("unseen", ["drop", "miss"])
def test_d_tf3_nan_raises_and_names_the_case(ties, unseen):
    class Diverged(ToyScorer):
        def score(self, items):
            scores = super().score(items)
            scores[(items > 0).sum(1) == 3, 4] = np.nan
            return scores

    log = make_log([[100, 101], [100, 101, 102, 103, 104]])
    with pytest.raises(ValueError, match=r"NaN for the prefix of event 4 of session 51\."):
        evaluate(Diverged(), log, CATALOG, ties=ties, unseen=unseen)


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"k": 0}, "`k` must be a positive integer. Received: k=0"),
        ({"k": (5, 2.0)}, "`k` must be a positive integer. Received: k=2.0"),
        ({"ties": "lucky"}, "`ties` must be one of"),
        ({"unseen": "skip"}, "`unseen` must be one of drop, miss. Received: unseen='skip'"),
        ({"max_length": 0}, "`max_length` must be a positive integer"),
        ({"most_supported": 31}, "`most_supported` must be in 1..30"),
        ({"batch_size": 0}, "`batch_size` must be a positive integer"),
    ],
)
def test_arguments_are_checked(kwargs, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        evaluate(ToyScorer(), make_log([[100, 101]]), CATALOG, **kwargs)


def test_no_case_and_wrong_shape():
    with pytest.raises(ValueError, match="must have a session with two events"):
        evaluate(ToyScorer(), make_log([[100], [900, 101]]), CATALOG)

    class WithPadding(ToyScorer):
        def score(self, items):
            return np.zeros((len(items), NUM_ITEMS + 1), "float32")

    with pytest.raises(ValueError, match=r"one score per row and item, \(1, 30\).*\(1, 31\)"):
        evaluate(WithPadding(), make_log([[100, 101]]), CATALOG)


def test_without_coverage_no_top_k_is_taken():
    result = evaluate(ToyScorer(), make_log([[100, 101]]), CATALOG, coverage=False)
    assert set(result.metrics()) == {
        f"{name}_at_{k}" for name in ("recall", "mrr", "ndcg") for k in (1, 5, 10, 20)
    }
    with pytest.raises(ValueError, match="Call `evaluate` with `coverage=True`"):
        result.coverage(20)
