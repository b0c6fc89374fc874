"""Tables that say what the model recommends, and that Markdown shows as they are."""

import html

import numpy as np
import pytest
from tensorboard.plugin_util import markdown_to_safe_html

import keras_sessrec as ksr
from harness.event_files import read_events
from harness.model import chain_log, compile_arguments

LOG = chain_log()
CATALOG = ksr.Catalog.from_log(LOG)
SESSIONS = [[100, 101, 102, 103], (105, "new"), np.array([108, 109])]
TITLES = {102: "Tea | pot <b>*x*</b>\nlarge", 103: "Cup [1](http://a.b)"}


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    log_dir = tmp_path_factory.mktemp("logs")
    model = ksr.models.GRU4Rec(CATALOG, units=[8], seed=1)
    model.compile(**compile_arguments(metrics=[]))
    callback = ksr.callbacks.RecommendationTables(log_dir, SESSIONS, k=3, titles=TITLES)
    batches = ksr.batches.session_parallel(LOG, CATALOG, lanes=8)
    model.fit(batches, epochs=6, verbose=0, callbacks=[callback])
    return model, read_events(log_dir / "recommendations")


def text_of(written, session, epoch=5):
    return written[1][f"recommendations/session_{session}", epoch].item().decode()


def cells(text):
    rows = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[2:]]


def test_a_text_for_every_session_and_epoch(written):
    expected = {(f"recommendations/session_{n}", epoch) for n in (1, 2, 3) for epoch in range(6)}
    assert set(written[1]) == expected


def test_the_table_is_what_the_model_recommends_before_the_last_event(written):
    model, _ = written
    for number, seen in enumerate(([100, 101, 102], [105], [108]), start=1):
        (answer,) = model.recommend([seen], k=3)
        rows = cells(text_of(written, number))
        assert [row[0] for row in rows] == ["1", "2", "3"]
        assert [row[2] for row in rows] == [f"{score:.2f}" for _, score in answer]
        for (item_id, _), row in zip(answer, rows, strict=True):
            assert item_id in TITLES or str(item_id) in row[1]


def test_what_came_next_is_found_among_them(written):
    assert "**Came next:** 109 (number 1)" in text_of(written, 3)
    assert cells(text_of(written, 3))[0][1] == "**109** ✓"
    assert "**Came next:** new (not among these 3)" in text_of(written, 2)
    assert "✓" not in text_of(written, 2)


def test_titles_are_shown_as_they_are(written):
    page = markdown_to_safe_html(text_of(written, 1))
    assert page.count("<table>") == 1 and page.count("<tr>") == 4
    assert "<a" not in page and "<b>" not in page and "<em" not in page
    page = html.unescape(page)
    assert "<p><strong>Seen:</strong> 100 → 101 → Tea | pot <b>*x*</b> large</p>" in page
    assert "<td><strong>Cup [1](http://a.b)</strong> ✓</td>" in page


@pytest.mark.parametrize("sessions", [[], [[]], [[100, 101], [100]], ["ab"]])
def test_sessions_need_something_seen_and_something_next(tmp_path, sessions):
    with pytest.raises(ValueError, match="`sessions` must be lists"):
        ksr.callbacks.RecommendationTables(tmp_path, sessions)


@pytest.mark.parametrize("k", [0, 2.0, "3"])
def test_k_is_a_positive_integer(tmp_path, k):
    with pytest.raises(ValueError, match="`k` must be a positive integer"):
        ksr.callbacks.RecommendationTables(path=tmp_path, sessions=SESSIONS, k=k)
