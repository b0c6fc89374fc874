"""One click and a state in, scores and the next state out, without TensorFlow."""

import json
import pathlib
import shutil
import subprocess

import numpy as np
import pytest

import keras_sessrec as ksr
from harness.elsewhere import CATALOG, KINDS, gru4rec, litert_runner, onnx_session, with_weights

ROOT = pathlib.Path(__file__).parents[2]
CLICKS = [3, 0, 7, 5, 5, 11]


def follow(step, model, size, rows):
    """Asks after every click, and compares with all clicks so far; 11 is item 0 of other rows."""
    state = np.zeros((rows, size), "float32")
    read = np.zeros((rows, 0), "int32")
    for click in CLICKS:
        items = (np.full(rows, click) % 11 + np.arange(rows)) % 11
        read = np.append(read, items[:, None].astype("int32"), axis=1)
        scores, state = step(items.astype("int32"), state)
        np.testing.assert_allclose(scores, model.score(read), atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_onnx_answers_as_score_of_all_clicks(kind, tmp_path):
    pytest.importorskip("tf2onnx")
    model = with_weights(kind)
    session = onnx_session(ksr.serving.export_step(model, tmp_path / "shop.onnx"))
    item, state = session.get_inputs()
    assert (item.name, state.name) == ("item", "state")

    def step(items, state):
        return session.run(["scores", "next_state"], {"item": items, "state": state})

    for rows in (1, 3):
        follow(step, model, state.shape[1], rows)


@pytest.mark.parametrize("kind", KINDS)
def test_litert_answers_as_score_of_all_clicks(kind, tmp_path):
    model = with_weights(kind)
    run = litert_runner(ksr.serving.export_step(model, tmp_path / "shop.tflite"))

    def step(items, state):
        answer = run(item=items, state=state)
        return answer["scores"], answer["next_state"]

    follow(step, model, run.get_input_details()["state"]["shape"][1], rows=1)


def test_before_the_first_click_it_is_popularity(tmp_path):
    run = litert_runner(ksr.serving.export_step(gru4rec(), tmp_path / "shop.tflite"))
    state = np.zeros(run.get_input_details()["state"]["shape"], "float32")
    scores = run(item=np.zeros(1, "int32"), state=state)["scores"]
    np.testing.assert_array_equal(scores[0], CATALOG.counts)


def test_the_ids_lie_beside_it(tmp_path):
    path = ksr.serving.export_step(gru4rec(), str(tmp_path / "shop.tflite"))
    lines = path.with_name("shop.tflite.items.txt").read_text().splitlines()
    assert lines == [str(i) for i in CATALOG.item_ids]


def test_other_endings_and_numbers_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"`path` must end in \.onnx or \.tflite. Received: 'shop"):
        ksr.serving.export_step(gru4rec(), "shop.pb")
    with pytest.raises(ValueError, match="computes in float32"):
        ksr.serving.export_step(gru4rec(dtype="mixed_float16"), tmp_path / "shop.tflite")
    broken = gru4rec()
    broken.network.scorer.bias.assign(np.full(broken.network.scorer.bias.shape, np.nan))
    with pytest.raises(ValueError, match="holds NaN"):
        ksr.serving.export_step(broken, tmp_path / "shop.tflite")
    assert not list(tmp_path.iterdir())


def test_the_example_in_javascript_recommends_as_the_model(tmp_path):
    """It runs where Node.js finds onnxruntime-web, say by NODE_PATH."""
    pytest.importorskip("tf2onnx")
    node = shutil.which("node")
    found = node and subprocess.run([node, "-e", "require.resolve('onnxruntime-web')"]).returncode
    if found != 0:
        pytest.skip("needs Node.js with onnxruntime-web")
    model = with_weights("tied")
    path = ksr.serving.export_step(model, tmp_path / "shop.onnx")
    clicked = [str(i) for i in CATALOG.item_ids[[2, 6, 2]]]
    script = ROOT / "examples" / "serving" / "click_by_click.cjs"
    done = subprocess.run(
        [node, script, path, *clicked, "no such item"], capture_output=True, text=True, check=True
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["clicked"] for answer in answers] == [*clicked, "no such item"]
    for number, answer in enumerate(answers, start=1):
        (expected,) = model.recommend([clicked[:number]], k=5)
        assert [item for item, _ in answer["best"]] == [str(item) for item, _ in expected]
        scores = [score for _, score in answer["best"]]
        assert scores == pytest.approx([score for _, score in expected], abs=1e-5)
