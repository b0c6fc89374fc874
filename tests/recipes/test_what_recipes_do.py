"""What training by a recipe does, seen in what `fit` is given and in the weights."""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import pytest

import keras_sessrec as ksr
from keras_sessrec.models import SessionRecommender
from keras_sessrec.recipes import get
from keras_sessrec.recipes import recipe as module
from keras_sessrec.recipes.changes import everywhere

# 40 sessions of four clicks, the later the more recent. Their first two tell them apart, and their
# last three.
NUM_ITEMS, SESSIONS, CLICKS = 10, 40, 4


@pytest.fixture(scope="module")
def clicks():
    """int `[sessions, clicks]`, items from 1."""
    rng = np.random.default_rng(0)
    begins = np.array(np.unravel_index(rng.permutation(NUM_ITEMS**2)[:SESSIONS], (NUM_ITEMS,) * 2))
    ends = rng.integers(NUM_ITEMS, size=(CLICKS - 2, SESSIONS))
    found = 1 + np.concatenate([begins, ends]).T
    assert len({tuple(row[1:]) for row in found}) == SESSIONS
    assert set(found.ravel()) == set(range(1, NUM_ITEMS + 1))
    return found


@pytest.fixture(scope="module")
def world(clicks):
    log = ksr.data.SessionLog.from_arrays(
        np.repeat(np.arange(SESSIONS), CLICKS),
        clicks.ravel() - 1,
        np.arange(clicks.size),
        np.arange(SESSIONS),
        np.arange(1, NUM_ITEMS + 1),
    )
    return log, ksr.Catalog(np.arange(1, NUM_ITEMS + 1))


@dataclass
class Fit:
    """What one call of `fit` was given, and the model before and after it."""

    model: SessionRecommender
    before: list[np.ndarray]
    after: list[np.ndarray]
    rate: float
    data: Any
    options: dict[str, Any]


@pytest.fixture
def fits(monkeypatch):
    """Every call of `fit`, in turn."""
    return noted_fits(monkeypatch, SessionRecommender.fit)


@pytest.fixture
def marked_fits(monkeypatch):
    """As `fits`, but training is to add 1 to what is trained: quick at any size."""

    def mark(model, data, **options):
        for weights in model.trainable_variables:
            weights.assign_add(keras.ops.ones_like(weights))

    return noted_fits(monkeypatch, mark)


def noted_fits(monkeypatch, fit):
    seen = []

    def noted(model, data, **options):
        before, rate = model.get_weights(), float(model.optimizer.learning_rate)
        history = fit(model, data, **options)
        seen.append(Fit(model, before, model.get_weights(), rate, data, options))
        return history

    monkeypatch.setattr(SessionRecommender, "fit", noted)
    return seen


def quick(name):
    """The tiny form, op by op: tracing takes longer than training so little."""
    return everywhere(get(name).tiny(), lambda _: {"compile": {"run_eagerly": True}})


def rows_of(data):
    """Pairs (what is read, what comes next) of prefixes, or of a session's last click."""
    found = []
    for x, y, weight in data:
        for items, target, counts in zip(x["item"].numpy(), y.numpy(), weight.numpy(), strict=True):
            if counts[-1]:
                found.append((tuple(items[items > 0].tolist()), int(target[-1])))
    return found


def sessions_of(data, clicks):
    """The sessions of which data has a row, by the last three clicks; each row must be of one."""
    number = {tuple(row[1:].tolist()): place for place, row in enumerate(clicks)}
    rows = rows_of(data)
    whole = {number[(*read[-2:], target)] for read, target in rows if len(read) == 3}
    prefixes = {tuple(clicks[n, : k + 1].tolist()) for n in whole for k in range(1, CLICKS)}
    assert {(*read, target) for read, target in rows} <= prefixes
    return whole


def assert_same(weights, others):
    for one, other in zip(weights, others, strict=True):
        np.testing.assert_array_equal(one, other)


def differ(weights, others):
    return any((one != other).any() for one, other in zip(weights, others, strict=True))


def test_what_early_stopping_watches_is_not_trained_on(marked_fits, world, clicks):
    get("tan_m1_100").train(*world, seed=3)
    (fit,) = marked_fits
    trained = sessions_of(fit.data, clicks)
    watched = sessions_of(fit.options["validation_data"], clicks)
    assert (len(trained), len(watched)) == (36, 4), "a tenth is kept apart"
    assert trained.isdisjoint(watched)
    assert len(rows_of(fit.data)) == 36 * 3, "every prefix of the others, once"
    (stop,) = fit.options["callbacks"]
    assert isinstance(stop, keras.callbacks.EarlyStopping)
    assert (stop.monitor, stop.patience, stop.restore_best_weights) == ("val_loss", 1, True)


def test_m2_goes_on_from_m1_with_the_recent_quarter_at_a_quarter_of_the_rate(fits, world, clicks):
    quick("tan_m2_100").train(*world, seed=3, verbose=0)
    m1, m2 = fits
    assert differ(m1.before, m1.after)
    assert_same(m2.before, m1.after)
    assert differ(m2.before, m2.after)
    assert (m1.rate, m2.rate) == (pytest.approx(0.001), pytest.approx(0.00025))
    everything = sorted(sessions_of(m1.data, clicks))
    assert sorted(sessions_of(m2.data, clicks)) == everything[-9:]  # of 36
    watched = sorted(sessions_of(m1.options["validation_data"], clicks))
    assert sorted(sessions_of(m2.options["validation_data"], clicks)) == watched[-1:]  # of 4


def test_m3_learns_from_a_trained_teacher_that_reads_the_future_backwards(
    fits, world, clicks, monkeypatch
):
    asked, write = [], module.SoftLabels.write

    def noted(path, teacher, log, *arguments, **options):
        asked.append((teacher, teacher.get_weights(), log.session_ids))
        return write(path, teacher, log, *arguments, **options)

    monkeypatch.setattr(module.SoftLabels, "write", noted)
    quick("tan_m3_100").train(*world, seed=3, verbose=0)
    teacher, student = fits
    trained = sorted(sessions_of(student.data, clicks))
    assert len(trained) == 36
    # x* = [x_n, ..., x_{r+2}] with the label x_{r+1}; the last click has no future.
    futures = [((d, c), b) for _, b, c, d in clicks[trained].tolist()]
    futures += [((d,), c) for _, _, c, d in clicks[trained].tolist()]
    assert sorted(rows_of(teacher.data)) == sorted(futures)
    assert differ(teacher.before, teacher.after)
    ((model, weights, sessions),) = asked
    assert model is teacher.model
    assert_same(weights, teacher.after)
    assert sessions.tolist() == trained
    assert_told(student, model, clicks)


def assert_told(student, teacher, clicks):
    """The student hears of every pair what the teacher thinks of its future, the best 8 items."""
    future = {}
    for a, b, c, d in clicks.tolist():
        future |= {(a, b): [d, c], (a, b, c): [d, 0], (a, b, c, d): None}
    num_told = 0
    for x, y, weight in student.data:
        parts = (x["item"], y, weight, x["soft_item"], x["soft_probability"])
        for items, target, counts, told, probability in zip(*map(np.array, parts), strict=True):
            if not counts[0]:
                continue
            seen = (*items[items > 0].tolist(), int(target[0]))
            if future[seen] is None:
                assert not probability.any()
                continue
            scores = teacher.score(np.array([future[seen]]))[0]
            best = np.argsort(-scores)[:8]
            expected = np.exp(scores[best]) / np.exp(scores[best]).sum()
            np.testing.assert_array_equal(told, best + 1)
            np.testing.assert_allclose(probability, expected, rtol=2e-3)  # kept in float16
            num_told += 1
    assert num_told == 36 * 2


def test_m4_aims_at_the_embeddings_that_its_m1_has_learnt(marked_fits, world, clicks):
    model = get("tan_m4_100").train(*world, seed=3)
    m1, m4 = marked_fits
    assert differ(m4.before, m4.after)
    learnt = m1.model.item_embeddings
    vectors = learnt / np.linalg.norm(learnt, axis=1, keepdims=True)
    np.testing.assert_allclose(model.network.head().table()[0], vectors, atol=1e-5)
    assert type(m4.model.loss).__name__ == "CosineDistance"
    assert sessions_of(m4.data, clicks) == sessions_of(m1.data, clicks)


def test_session_parallel_recipes_train_on_every_click(marked_fits, world, clicks):
    get("gru4rec_rsc15_xe_shared_100").train(*world, seed=3)
    (fit,) = marked_fits
    pairs = [(row[place], row[place + 1]) for row in clicks.tolist() for place in range(CLICKS - 1)]
    assert sorted((read[0], target) for read, target in rows_of(fit.data)) == sorted(pairs)
    assert not {"validation_data", "callbacks"} & set(fit.options)


@pytest.mark.parametrize(
    ("name", "epochs"),
    [
        ("gru4rec_2016_rsc15_top1_100", [10]),
        ("gru4rec_rsc15_xe_shared_100", [10]),
        ("gru4rec_diginetica_xe_shared", [5]),
        ("prnn_id_100", [10]),
        ("tan_m1_100", [30]),
        ("tan_m2_100", [30, 30]),
        ("tan_m4_100", [30, 30]),
    ],
)
@pytest.mark.filterwarnings("ignore:`lanes=")
def test_epochs_that_fit_is_asked_for(name, epochs, marked_fits, world):
    get(name).train(*world, seed=3)
    assert [fit.options["epochs"] for fit in marked_fits] == epochs


@pytest.mark.filterwarnings("ignore:`lanes=")
def test_prefixes_on_top_stage_by_stage(marked_fits, world, clicks):
    get("gru4rec_then_prefixes_recent_100").train(*world, seed=3)
    first, *stages = marked_fits
    assert (first.options["epochs"], first.rate) == (10, pytest.approx(0.2))
    assert [(fit.options["epochs"], pytest.approx(fit.rate)) for fit in stages] == [
        *((3, 0.001), (1, 0.00025), (1, 0.0003)),
    ]
    for fit, then in zip(marked_fits, stages, strict=False):
        assert_same(then.before, fit.after)
    trained = [packed_sessions(fit.data) for fit in stages]
    everything = sorted(map(tuple, clicks.tolist()))
    assert trained == [everything, everything, sorted(map(tuple, clicks[20:].tolist()))]


def packed_sessions(data):
    """The clicks of the whole sessions in packed batches."""
    found = []
    for x, y, weight in data:
        for items, targets, counts in zip(
            x["item"].numpy(), y.numpy(), weight.numpy(), strict=True
        ):
            if counts.any():
                found.append((*items[items > 0].tolist(), int(targets[counts > 0][-1])))
    return sorted(found)
