"""What the callbacks write, in TensorBoard, in a real browser."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorboard.plugins.hparams import api as hp

import keras_sessrec as ksr
from harness.browser import BINARY, WHY_NOT, Browser
from harness.model import chain_log, compile_arguments
from harness.tensorboard_page import INNER, serve

pytestmark = pytest.mark.skipif(BINARY is None, reason=WHY_NOT)

COLOURS = np.array([[110, 70, 0], [0, 110, 100]], np.uint8)  # nothing else on the page has them


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    """A TensorBoard of one training."""
    logs = tmp_path_factory.mktemp("logs")
    log = chain_log()
    catalog = ksr.Catalog.from_log(log)
    titles = {i: f"Thing {i}" for i in range(100, 110)}
    labels = {i: {"title": t, "category": f"kind {i % 2}"} for i, t in titles.items()}
    pictures = np.broadcast_to(COLOURS[catalog.item_ids % 2][:, None, None], (10, 16, 16, 3))
    model = ksr.models.GRU4Rec(catalog, units=[8], seed=1)
    model.compile(**compile_arguments())
    log_dir = str(logs / "run")
    model.fit(
        ksr.batches.session_parallel(log, catalog, lanes=8),
        validation_data=ksr.batches.whole_sessions(log, catalog),
        epochs=1,
        verbose=0,
        callbacks=[
            keras.callbacks.TensorBoard(log_dir),
            ksr.callbacks.RecommendationTables(log_dir, [[103, 104, 105]], k=3, titles=titles),
            ksr.callbacks.Projector(log_dir, labels, pictures),
            hp.KerasCallback(log_dir, {"units": 8, "kind": "<plain>"}),
        ],
    )
    return serve(logs)


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with Browser(tmp_path_factory.mktemp("profile")) as running:
        running.resize(1500, 1000)
        yield running


@pytest.fixture
def page(browser, url):
    browser.complaints.clear()

    def opened(name):
        browser.open(f"{url}#{name}")
        browser.evaluate(f"{{{INNER}}}")
        return browser

    yield opened
    assert browser.complaints == []


def test_projector_shows_every_item_with_its_picture_and_labels(page, tmp_path):
    browser = page("projector")
    panel = "find('vz-projector-data-panel')"
    browser.wait_until(f"{panel}?.colorOptions?.length > 1")
    assert browser.evaluate(f"{panel}.selectedLabelOption") == "title"
    assert browser.evaluate(f"{panel}.labelOptions") == ["title", "category", "id", "events"]
    colours = browser.evaluate(f"{panel}.colorOptions.map((o) => o.name)")
    assert {"category", "events"} <= set(colours)
    browser.wait_until("find('.numDataPoints')?.innerText === '10'")

    def pixels(colour):
        browser.screenshot(tmp_path / "projector.png")
        shot = tf.io.decode_png((tmp_path / "projector.png").read_bytes(), channels=3).numpy()
        return (abs(shot.astype(int) - colour).max(axis=-1) < 30).sum()

    browser.wait_until("Boolean(find('canvas'))")
    for colour in COLOURS.astype(int):
        assert any(pixels(colour) > 50 for _ in range(50)), "the pictures are not drawn"


def test_recommendations_are_tables(page):
    browser = page("text")
    browser.wait_until("Boolean(find('table'))")
    rows = browser.evaluate(
        "[...find('table').rows].map((r) => [...r.cells].map((c) => c.innerText))"
    )
    assert rows[0] == ["", "recommended", "score"]
    assert [row[0] for row in rows[1:]] == ["1", "2", "3"]
    assert all("Thing 1" in row[1] for row in rows[1:])
    assert "Thing 103 → Thing 104" in browser.evaluate("find('table').parentElement.innerText")


def test_hyperparameters_and_metrics_are_side_by_side(page):
    browser = page("hparams")
    browser.wait_until("textIn().includes('<plain>')")
    assert "validation.epoch_recall_at_1" in browser.evaluate("textIn()")
