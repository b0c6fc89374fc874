"""Files for ONNX Runtime and LiteRT answer as the model does."""

import keras
import numpy as np
import pytest

import keras_sessrec as ksr
from harness.elsewhere import CATALOG, KINDS, gru4rec, litert_runner, onnx_session, with_weights

SESSIONS = np.array([[1, 2, 3, 0], [7, 0, 0, 0], [0, 0, 0, 0], [0, 4, 0, 5]], "int32")


@pytest.mark.parametrize("kind", KINDS)
def test_onnx_answers_as_score(kind, tmp_path):
    pytest.importorskip("tf2onnx")
    model, path = with_weights(kind), tmp_path / "shop.onnx"
    model.export(path, format="onnx", verbose=False)
    session = onnx_session(path)
    for sessions in (SESSIONS, SESSIONS[:1, :1], np.tile(SESSIONS, (2, 9))):
        (scores,) = session.run(None, {"items": sessions})
        np.testing.assert_allclose(scores, model.score(sessions), atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_litert_answers_as_score(kind, tmp_path):
    model, path = with_weights(kind), tmp_path / "shop.tflite"
    model.export(path, format="litert", verbose=False)
    run = litert_runner(path)
    for session in SESSIONS:
        items = np.zeros((1, 20), "int32")
        items[0, 3:7] = session
        (scores,) = run(items=items).values()
        np.testing.assert_allclose(scores, model.score(items), atol=1e-5)


def test_other_shapes_of_litert(tmp_path):
    model, path = with_weights("tied"), tmp_path / "shop.tflite"
    shape = [keras.InputSpec("int32", SESSIONS.shape, name="items")]
    model.export(path, format="litert", verbose=False, input_signature=shape)
    (scores,) = litert_runner(path)(items=SESSIONS).values()
    np.testing.assert_allclose(scores, model.score(SESSIONS), atol=1e-5)


def test_the_ids_lie_beside_it(tmp_path):
    with_weights("tied").export(tmp_path / "shop.tflite", "litert", verbose=False)
    lines = (tmp_path / "shop.tflite.items.txt").read_text().splitlines()
    assert lines == [str(i) for i in CATALOG.item_ids]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["shop.tflite", "shop.tflite.items.txt"]


@pytest.mark.parametrize("format", ["onnx", "litert"])
def test_less_than_float32_is_refused(tmp_path, format):
    model = gru4rec(tie_embeddings=True, dtype="mixed_bfloat16")
    with pytest.raises(ValueError, match=r"computes in float32.*`dtype='mixed_bfloat16'`"):
        model.export(tmp_path / "shop", format=format)
    with_float32 = gru4rec(tie_embeddings=True)
    with_float32.warm_start(model)  # what the message says
    scores = with_float32.score(SESSIONS)
    np.testing.assert_allclose(scores, model.score(SESSIONS), atol=0.05)


def test_without_tf2onnx_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r"needs tf2onnx.*keras_sessrec\[onnx\]"):
        gru4rec().export(tmp_path / "shop.onnx", format="onnx")


def test_an_id_with_a_line_break(tmp_path):
    catalog = ksr.Catalog(["tea\ncup", "pot"])
    model = ksr.models.GRU4Rec(catalog, units=[4], seed=1)
    with pytest.raises(ValueError, match="line break"):
        model.export(tmp_path / "shop.tflite", format="litert", verbose=False)
