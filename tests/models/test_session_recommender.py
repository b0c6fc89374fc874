"""Scores of single sessions."""

import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_sessrec as ksr
from harness.model import chain_log

LOG = chain_log()
CATALOG = ksr.Catalog.from_log(LOG)


@pytest.fixture(scope="module")
def model():
    return ksr.models.GRU4Rec(CATALOG, units=[12], seed=1)


def test_predict_on_a_dataset_and_on_sessions_of_any_length(model):
    model.compile()
    items = np.array([[1, 2, 3], [4, 0, 0], [0, 5, 0]], "int32")
    want = model.score(items)
    got = model.predict(tf.data.Dataset.from_tensor_slices({"item": items}).batch(2), verbose=0)
    np.testing.assert_allclose(got, want, atol=1e-6)
    assert model.score(np.zeros((2, 0), "int32")).tolist() == [CATALOG.counts.tolist()] * 2


def test_zeros_anywhere_are_skipped(model):
    padded = np.array([[0, 3, 0, 5, 2], [3, 5, 2, 0, 0], [0, 0, 3, 5, 2]], "int32")
    scores = model.score(padded)
    np.testing.assert_allclose(scores, model.score(np.array([[3, 5, 2]] * 3)), atol=1e-6)


def test_order_of_events_matters(model):
    first, second = model.score(np.array([[3, 5], [5, 3]], "int32"))
    assert np.abs(first - second).max() > 1e-4


def test_session_without_a_known_item_is_scored_by_popularity(model):
    np.testing.assert_array_equal(model.score(np.zeros((1, 3), "int32"))[0], CATALOG.counts)


def test_catalog_is_required():
    with pytest.raises(TypeError, match=r"`catalog`.*Received: int"):
        ksr.models.GRU4Rec(10)


def test_a_model_that_was_never_trained_says_so(tmp_path):
    fresh = ksr.models.GRU4Rec(CATALOG, units=[4], seed=1)
    with pytest.warns(UserWarning, match="was never trained"):
        fresh.recommend([[100]], k=1)
    fresh.save(tmp_path / "fresh.keras")
    assert not keras.models.load_model(tmp_path / "fresh.keras").is_trained
    fresh.compile(negatives="in_batch", jit_compile=False)
    fresh.fit(ksr.batches.session_parallel(LOG, CATALOG, lanes=8), verbose=0)
    fresh.save(tmp_path / "trained.keras")
    given = ksr.models.GRU4Rec(CATALOG, units=[4])
    given.set_weights(fresh.get_weights())
    for model in (fresh, keras.models.load_model(tmp_path / "trained.keras"), given):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert len(model.recommend([[100]], k=2)[0]) == 2


def test_sessions_of_unknown_ids_are_answered_with_a_word(model):
    model.is_trained = True
    with pytest.warns(UserWarning, match=r"1 of 3 sessions hold no item of the catalog.*100"):
        answers = model.recommend([[100], [7, 8], []], k=1)
    assert answers[1] == answers[2]


@pytest.mark.parametrize("exclude", [["100"], [100.0], (b"100",), np.array([100])])
def test_ids_of_any_kind_are_left_out(model, exclude):
    model.is_trained = True
    answers = model.recommend([[101]], k=10, exclude=exclude)
    assert len(answers[0]) == 9 and 100 not in [item_id for item_id, _ in answers[0]]


@pytest.mark.parametrize("argument", ["exclude", "candidates"])
@pytest.mark.parametrize("value", ["100", b"100", [[100]], {"a": 1}, 100])
def test_filters_of_another_kind_are_errors(model, argument, value):
    with pytest.raises((TypeError, ValueError), match=f"`{argument}` must"):
        model.recommend([[101]], **{argument: value})


def test_scores_that_are_not_numbers_are_refused():
    broken = ksr.models.GRU4Rec(CATALOG, units=[4], seed=1)
    broken.set_weights([np.full_like(weight, np.nan) for weight in broken.get_weights()])
    with pytest.raises(ValueError, match="scores are NaN"):
        broken.recommend([[100]])


@pytest.mark.parametrize(
    "items", [np.array([[11]]), np.array([[-1]]), [[1, 99]], np.array([1, 2]), np.array([[1.5]])]
)
def test_items_outside_the_catalog_are_errors(model, items):
    for call in (model.score, lambda x: model.predict(x, verbose=0)):
        with pytest.raises(ValueError, match=r"`x` must (hold items 0\.\.10|be batches)"):
            call(items)


@pytest.mark.parametrize("compiled", [False, True])
def test_any_number_of_batches_is_predicted_by_one_program(compiled):
    class Counted(ksr.models.GRU4Rec):
        traces = 0

        def call(self, x, training=False):
            self.traces += 1
            return super().call(x, training)

    model = Counted(CATALOG, units=[4], seed=1)
    if compiled:
        model.compile()
    items = np.tile([[1, 2, 0]], (640, 1))
    model.predict(items, verbose=0)
    traces = model.traces
    model.predict(items[:320], verbose=0)
    assert traces <= 2 and model.traces == traces


@pytest.mark.parametrize("format", ["tf_saved_model"])
def test_keras_own_export(tmp_path, format):
    model = ksr.models.GRU4Rec(CATALOG, units=[4], seed=1)
    model.compile(negatives="in_batch", jit_compile=False)
    model.fit(ksr.batches.session_parallel(LOG, CATALOG, lanes=8), verbose=0)
    model.export(str(tmp_path / "saved"), format=format, verbose=False)
    items = np.array([[1, 2, 3], [4, 0, 0]], np.int32)
    loaded = tf.saved_model.load(str(tmp_path / "saved"))
    np.testing.assert_allclose(loaded.serve(items), model.score(items), atol=1e-5)


def test_what_keras_cannot_do_is_refused(tmp_path, model):
    with pytest.raises(ValueError, match=r"`filepath` must end in `\.keras`"):
        model.save(tmp_path / "model.h5")
    with pytest.raises(NotImplementedError, match="score_dtype='int8'"):
        model.quantize("int8")
