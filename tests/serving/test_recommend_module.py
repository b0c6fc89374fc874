"""The signatures of an export against the model it was made of."""

import json

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import keras_sessrec as ksr
from harness.model import chain_log
from harness.scorer import log_of
from harness.served import MAX_LENGTH, NO_SCORE, ODD_IDS, K, assert_same_answers, unsaved

UNKNOWN = ["?", "Tea", "cup", "\u2603" * 40]
SESSIONS = st.lists(st.sampled_from(["", *ODD_IDS, *UNKNOWN]), max_size=20)
EXCLUDED = st.lists(st.sampled_from(["", *ODD_IDS, *UNKNOWN]), max_size=12)
MANY = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

# What a client may rely on.
SNAPSHOT = """
{
 "encode": {"in": {"session": ["string", [null, null]]},
            "out": {"embedding": ["float32", [null, 12]], "state": ["float32", [null, 25]]}},
 "recommend_unseen": {"in": {"exclude": ["string", [null, null]],
                             "session": ["string", [null, null]]},
                      "out": {"item_ids": ["string", [null, 4]], "known": ["int32", [null]],
                              "scores": ["float32", [null, 4]]}},
 "score": {"in": {"candidates": ["string", [null, null]], "session": ["string", [null, null]]},
           "out": {"known": ["int32", [null]], "scores": ["float32", [null, null]]}},
 "serving_default": {"in": {"exclude": ["string", [null, null]],
                            "session": ["string", [null, null]]},
                     "out": {"item_ids": ["string", [null, 4]], "known": ["int32", [null]],
                             "scores": ["float32", [null, 4]]}},
 "step": {"in": {"exclude": ["string", [null, null]], "item": ["string", [null]],
                 "state": ["float32", [null, 25]]},
          "out": {"item_ids": ["string", [null, 4]], "scores": ["float32", [null, 4]],
                  "state": ["float32", [null, 25]]}}
}
"""


def known(session):
    """The clicks of a session on items of the catalog."""
    return [i for i in session if i in ODD_IDS]


def read_of(session):
    """What an export reads of a session."""
    return known(session)[-MAX_LENGTH:]


def test_signatures_are_what_they_were(served):
    def describe(specs):
        return {name: [spec.dtype.name, spec.shape.as_list()] for name, spec in specs.items()}

    got = {
        name: {
            "in": describe(function.structured_input_signature[1]),
            "out": describe(function.structured_outputs),
        }
        for name, function in served.loaded.signatures.items()
    }
    assert got == json.loads(SNAPSHOT)


@MANY
@given(sessions=st.lists(SESSIONS, min_size=1, max_size=4), excluded=EXCLUDED)
def test_answers_as_the_model(served, sessions, excluded):
    read = [read_of(session) for session in sessions]
    answer = served.ask(session=sessions, exclude=[excluded] * len(sessions))
    assert answer["known"].tolist() == [len(known(session)) for session in sessions]
    want = served.model.recommend(read, k=K, exclude=excluded)
    assert_same_answers(served.pairs(answer), want)
    # What is seen is all of the session, not only what is read of it.
    answer = served.ask("recommend_unseen", session=sessions, exclude=[excluded] * len(sessions))
    assert answer["known"].tolist() == [len(known(session)) for session in sessions]
    want = [
        served.model.recommend([cut], k=K, exclude=[*excluded, *session])[0]
        for cut, session in zip(read, sessions, strict=True)
    ]
    assert_same_answers(served.pairs(answer), want)


@MANY
@given(session=SESSIONS, candidates=EXCLUDED)
def test_scores_candidates_as_the_model(served, session, candidates):
    answer = served.ask("score", session=[session], candidates=[candidates])
    (scores,) = answer["scores"]
    assert answer["known"].tolist() == [len(known(session))]
    all_scores = dict(served.model.recommend([read_of(session)], k=len(ODD_IDS))[0])
    want = [all_scores.get(item_id, NO_SCORE) for item_id in ["", *candidates]]
    np.testing.assert_allclose(scores, want, rtol=1e-5, atol=1e-5)


@MANY
@given(session=SESSIONS, excluded=EXCLUDED)
def test_step_by_step_as_the_whole_session(served, session, excluded):
    session = session[:MAX_LENGTH]
    state = np.zeros((1, 25), np.float32)
    for item_id in ["", *session]:
        answer = served.ask(
            "step",
            item=tf.constant([item_id]),
            state=tf.constant(state),
            exclude=tf.constant([["", *excluded]]),
        )
        state = answer["state"]
    whole = served.ask(session=[session], exclude=[excluded])
    assert_same_answers(served.pairs(answer), served.pairs(whole))
    encoded = served.ask("encode", session=[session])
    np.testing.assert_allclose(encoded["state"], state, atol=1e-5)
    assert state[0, 0] == len(known(session))
    np.testing.assert_allclose(encoded["embedding"], state[:, 1:13], atol=1e-5)


def test_a_step_may_go_on_from_an_encoded_session(served):
    state = served.ask("encode", session=[["tea", "?", "a\tb"]])["state"]
    step = served.ask("step", item=tf.constant(["007"]), state=tf.constant(state))
    whole = served.ask(session=[["tea", "a\tb", "007"]])
    assert_same_answers(served.pairs(step), served.pairs(whole))


def test_any_state_gets_a_finite_answer(served):
    state = np.zeros((5, 25), np.float32)
    state[0], state[1], state[2], state[3] = np.nan, np.inf, -3e38, 1e30
    answer = served.ask("step", item=tf.constant(ODD_IDS[:5]), state=tf.constant(state))
    assert np.isfinite(answer["scores"]).all() and np.isfinite(answer["state"]).all()
    assert (answer["item_ids"] != b"").all()


def test_it_learned_the_chain(served):
    """The world's rule comes out of the export: each id is followed by the next."""
    for place, item_id in enumerate(ODD_IDS):
        follower = ODD_IDS[(place + 1) % len(ODD_IDS)]
        assert served.ask(session=[[item_id]])["item_ids"][0, 0].decode() == follower


def test_a_session_without_a_known_click_gets_the_most_popular(served):
    popular = list(
        zip(served.model.catalog.item_ids[:K], served.model.catalog.counts[:K], strict=True)
    )
    for session in ([], [""], ["?"], ["", "?", ""]):
        answer = served.ask(session=[session])
        assert served.pairs(answer)[0] == popular and answer["known"].tolist() == [0]
    no_steps = tf.zeros([2, 0], tf.string)
    assert served.pairs(served.ask(session=no_steps, exclude=no_steps)) == [popular] * 2
    assert served.ask("encode", session=no_steps)["embedding"].tolist() == [[0.0] * 12] * 2


def test_ten_thousand_clicks(served):
    clicks = np.random.default_rng(0).choice([*ODD_IDS, "?"], 10_000).tolist()
    long, short = (served.ask(session=[s]) for s in (clicks, read_of(clicks)))
    assert_same_answers(served.pairs(long), served.pairs(short))
    assert (long["known"][0], short["known"][0]) == (len(known(clicks)), MAX_LENGTH)
    unseen = served.ask("recommend_unseen", session=[clicks])
    assert (unseen["item_ids"] == b"").all() and (unseen["scores"] == NO_SCORE).all()


def test_no_requests(served):
    none = tf.zeros([0, 3], tf.string)
    assert served.ask(session=none, exclude=none)["item_ids"].shape == (0, K)


@pytest.mark.parametrize("rows", [1, 3])
def test_inputs_with_different_numbers_of_rows_are_an_error(served, rows):
    with pytest.raises(tf.errors.InvalidArgumentError):
        served.ask(session=[["tea"]] * 2, exclude=[["tea"]] * rows)
    with pytest.raises(tf.errors.InvalidArgumentError):
        served.ask("score", session=[["tea"]] * 2, candidates=[["tea"]] * rows)


def test_integer_ids(served_integers):
    ids = served_integers.model.catalog.item_ids.tolist()
    sessions = [[], [ids[3]], [ids[1], 999, ids[1], ids[7]], [-1, ids[2], -1]]
    answer = served_integers.ask(session=sessions, exclude=[[ids[0], -5]] * 4)
    assert answer["item_ids"].dtype == np.int64
    want = served_integers.model.recommend(sessions, k=K, exclude=[ids[0]])
    assert_same_answers(served_integers.pairs(answer), want)


def test_k_above_the_catalog(served, tmp_path):
    wide = unsaved(served.model, tmp_path, k=25)
    answer = wide.ask("recommend_unseen", session=[["tea", "007"]])
    assert answer["item_ids"].shape == (1, len(ODD_IDS))
    want = wide.model.recommend([["tea", "007"]], k=25, exclude_seen=True)
    assert len(want[0]) == 8
    assert_same_answers(wide.pairs(answer), want)


class Listening:
    """A model, and what it has answered to whom."""

    def __init__(self, model):
        self.model, self.catalog, self.scores = model, model.catalog, {}

    def score(self, items):
        scores = self.model.score(items)
        self.scores.update(
            (tuple(row[row > 0].tolist()), s) for row, s in zip(items, scores, strict=True)
        )
        return scores


def test_one_limit_for_evaluation_recommendations_and_exports(tmp_path):
    # A model whose scores depend on every click that it reads.
    model = ksr.models.GRU4Rec(ksr.Catalog(ODD_IDS), units=[6], input_discount=1.0, seed=1)
    model.is_trained = True
    session = np.random.default_rng(4).choice(ODD_IDS, 40).tolist()
    items = model.catalog.encode(np.array(session, object))
    whole, (by_hand,) = model.score(items[None]), model.score(items[None, -19:])
    assert np.abs(by_hand - whole).max() > 1e-3
    want = dict(zip(ODD_IDS, by_hand.tolist(), strict=True))

    session = [*session[:30], "?", *session[30:], "?"]  # unknown clicks do not count
    (answer,) = model.recommend([session], k=len(ODD_IDS), max_length=19)
    assert dict(answer) == pytest.approx(want, abs=1e-6)
    module = unsaved(model, tmp_path, k=len(ODD_IDS), max_length=19)
    assert dict(module.pairs(module.ask(session=[session]))[0]) == pytest.approx(want, abs=1e-6)
    scores = module.ask("score", session=[session], candidates=[ODD_IDS])["scores"][0, 1:]
    np.testing.assert_allclose(scores, by_hand, atol=1e-6)
    listening = Listening(model)
    result = ksr.evaluate(listening, log_of([[*session, "tea"]]), k=5, max_length=19)
    assert max(map(len, listening.scores)) == 19
    np.testing.assert_allclose(listening.scores[tuple(items[-19:].tolist())], by_hand, atol=1e-6)
    assert result.rank[-1] == (by_hand >= want["tea"]).sum()


CATALOG = ksr.Catalog.from_log(chain_log()).with_features("look", np.eye(10))
OTHER_MODELS = {
    "lstm": lambda: ksr.models.GRU4Rec(CATALOG, units=[5, 4], cell="lstm", seed=1),
    "discounted": lambda: ksr.models.GRU4Rec(CATALOG, units=[5], input_discount=0.5, seed=1),
    "interaction": lambda: ksr.models.ParallelGRU4Rec(
        CATALOG,
        subnets={
            "item": ksr.layers.Subnet(ksr.layers.OneHotItem(seed=1), units=[6], seed=1),
            "look": ksr.layers.Subnet(ksr.layers.FeatureTable("look", seed=2), units=[6], seed=2),
        },
        fusion="interaction",
        seed=1,
    ),
    "predicted vectors": lambda: ksr.models.EmbeddingGRU4Rec(
        CATALOG, np.random.default_rng(0).normal(size=(10, 3)), units=[5], seed=1
    ),
}


@pytest.mark.parametrize("name", OTHER_MODELS)
def test_any_model_of_the_package(name, tmp_path):
    other = unsaved(OTHER_MODELS[name](), tmp_path, k=6)
    sessions = [[], [101], [105, 101, 7], [100, 103, 102, 109, 100]]
    for signature, exclude_seen in (("serving_default", False), ("recommend_unseen", True)):
        got = other.pairs(other.ask(signature, session=sessions))
        assert_same_answers(got, other.model.recommend(sessions, 6, exclude_seen=exclude_seen))
    state = other.ask("encode", session=[s[:-1] for s in sessions[1:]])["state"]
    last = tf.constant([s[-1] for s in sessions[1:]], tf.int64)
    step = other.ask("step", item=last, state=tf.constant(state))
    assert_same_answers(other.pairs(step), other.model.recommend(sessions[1:], 6))
