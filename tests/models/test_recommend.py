"""Recommendations for sessions of raw ids."""

import numpy as np
import pytest

import keras_sessrec as ksr


class LastItemPlus:
    """Scores the successor of the last event best, the one after it second, and so on."""

    def __init__(self, catalog):
        self.catalog = catalog
        self.shapes = []

    def score(self, items):
        self.shapes.append(items.shape)
        n = self.catalog.num_items
        length = (items > 0).sum(axis=1)
        last = items[np.arange(len(items)), np.maximum(length - 1, 0)]
        distance = (np.arange(1, n + 1) - last[:, None] - 1) % n
        scores = -distance.astype(np.float32)
        return np.where((length > 0)[:, None], scores, self.catalog.counts.astype(np.float32))


def recommend(sessions, ids=("a", "b", "c", "d", "e"), counts=(5, 9, 7, 1, 2), **arguments):
    scorer = LastItemPlus(ksr.Catalog(list(ids), counts))
    return ksr.models.recommend.recommend(scorer, sessions, **arguments)


def ids_of(answers):
    return [[item_id for item_id, _ in answer] for answer in answers]


def test_best_first_with_scores():
    assert recommend([["a", "b"], ["e"]], k=2) == [
        [("c", 0.0), ("d", -1.0)],
        [("a", 0.0), ("b", -1.0)],
    ]


def test_answers_keep_the_order_of_sessions_of_any_length():
    sessions = [["a"] * n + ["c"] for n in (3, 0, 9, 1)] + [["d"], ["b"] * 4]
    assert ids_of(recommend(sessions, k=1)) == [["d"]] * 4 + [["e"], ["c"]]


def test_unknown_ids_are_ignored():
    assert ids_of(recommend([["b", "?"], ["?", "b", "?", "?"]], k=1)) == [["c"], ["c"]]


def test_session_without_a_known_item_gets_the_most_popular():
    assert ids_of(recommend([[], ["?"]], k=3)) == [["b", "c", "a"]] * 2


@pytest.mark.parametrize("most", [1, 2, 3, 9])
def test_only_the_last_known_clicks_are_read(most):
    scorer, read = LastItemPlus(ksr.Catalog(list("abcde"))), set()
    score = scorer.score

    def listen(items):
        read.update(tuple(row[row > 0].tolist()) for row in items)
        return score(items)

    scorer.score = listen
    sessions = [["e", "a", "?", "b", "c", "?"], ["d"], []]
    arguments = {"k": 5, "max_length": most, "exclude_seen": True}
    answers = ksr.models.recommend.recommend(scorer, sessions, **arguments)
    assert read == {(5, 1, 2, 3)[-most:], (4,), ()}
    # What has been seen is left out whether it is read or not.
    assert ids_of(answers)[:2] == [["d"], ["e", "a", "b", "c"]]


def test_max_length_must_be_positive():
    with pytest.raises(ValueError, match="`max_length` must be a positive integer"):
        recommend([["a"]], max_length=0)


def test_exclude_seen_is_off_by_default():
    assert ids_of(recommend([["b", "c", "a"]], k=2)) == [["b", "c"]]
    assert ids_of(recommend([["b", "c", "a"], []], k=4, exclude_seen=True)) == [
        ["d", "e"],
        ["b", "c", "a", "e"],
    ]


def test_exclude_and_candidates():
    assert ids_of(recommend([["a"]], k=5, exclude=["b", "?"])) == [["c", "d", "e", "a"]]
    assert ids_of(recommend([["a"]], k=5, candidates=["e", "c", "?"])) == [["c", "e"]]
    assert ids_of(recommend([["a"]], k=5, candidates=["e", "c"], exclude=["c"])) == [["e"]]
    for none in (["?"], []):
        with pytest.warns(UserWarning, match="`candidates` hold no item of the catalog"):
            assert ids_of(recommend([["a"]], k=5, candidates=none)) == [[]]
    assert ids_of(recommend([["c", "e"]], candidates=["e", "c"], exclude_seen=True)) == [[]]


def test_k_above_the_catalog_gives_all_items():
    assert ids_of(recommend([["a"]], k=99)) == [["b", "c", "d", "e", "a"]]


@pytest.mark.parametrize("k", [0, -3, 2.5, "2", True])
def test_k_must_be_a_positive_integer(k):
    with pytest.raises(ValueError, match=f"`k` must be a positive integer. Received: k={k!r}"):
        recommend([["a"]], k=k)


@pytest.mark.parametrize("sessions", ["abc", ["abc"], [b"abc"]])
def test_a_string_is_not_a_session(sessions):
    with pytest.raises(TypeError, match=r"`sessions` must be a list of sessions.*Received"):
        recommend(sessions)


def test_no_sessions():
    assert recommend([]) == []


def test_int_ids_may_come_as_strings_and_arrays():
    ids = (30, 20, 10)
    for session in ([30, 20], ["30", "20"], np.array([30, 20]), (i for i in [30, 20])):
        answers = recommend([session], ids=ids, counts=None, k=1)
        assert answers == [[(10, 0.0)]] and type(answers[0][0][0]) is int


def test_str_ids_may_come_as_ints():
    assert ids_of(recommend([[30]], ids=("30", "20"), counts=None, k=1)) == [["20"]]


def test_one_very_long_session_does_not_pad_thousands_of_short_ones():
    scorer = LastItemPlus(ksr.Catalog(["a", "b", "c"]))
    sessions = [["a"]] * 3000 + [["b"] * 10_000] + [["c"]] * 3000
    answers = ksr.models.recommend.recommend(scorer, sessions, k=1)
    assert ids_of(answers) == [["b"]] * 3000 + [["c"]] + [["a"]] * 3000
    assert max(rows * steps for rows, steps in scorer.shapes) < 1_000_000


def test_many_sessions_are_scored_in_parts():
    n = 5000
    scorer = LastItemPlus(ksr.Catalog([str(i) for i in range(n)]))
    answers = ksr.models.recommend.recommend(scorer, [[str(i)] for i in range(1000)], k=2)
    assert ids_of(answers) == [[str(i + 1), str(i + 2)] for i in range(1000)]
    assert max(rows * n for rows, _ in scorer.shapes) <= 2**23


@pytest.fixture(scope="module")
def model():
    return ksr.models.GRU4Rec(ksr.Catalog(range(100, 400), counts=range(300)), units=[4], seed=1)


def test_a_model_recommends_sorted_finite_scores(model):
    answers = model.recommend([[100, 250], [399], [7]], k=30)
    for answer in answers:
        scores = [score for _, score in answer]
        assert len(answer) == 30 and np.isfinite(scores).all()
        assert scores == sorted(scores, reverse=True)
        assert len({item_id for item_id, _ in answer}) == 30
    assert [item_id for item_id, _ in answers[2][:3]] == [399, 398, 397]  # popularity
    scores = model.score(np.array([[1, 151]]))[0]
    best = np.argsort(-scores)[:30]
    assert [item_id for item_id, _ in answers[0]] == (best + 100).tolist()


def test_a_session_of_ten_thousand_clicks(model):
    clicks = np.random.default_rng(0).integers(100, 400, 10_000).tolist()
    long, short = model.recommend([clicks, clicks[-300:]], k=5)
    # An untrained GRU of 4 units forgets within 300 events.
    assert [i for i, _ in long] == [i for i, _ in short]
    np.testing.assert_allclose([s for _, s in long], [s for _, s in short], atol=1e-4)
