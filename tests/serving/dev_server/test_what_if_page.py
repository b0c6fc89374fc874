"""The page in a real browser, against a running server."""

import json
import urllib.request

import numpy as np
import pytest
import tensorflow as tf

from harness.browser import BINARY, WHY_NOT, Browser
from harness.saved_models import ITEM_IDS, save_recommender
from keras_sessrec.serving.dev_server import DevServer

pytestmark = pytest.mark.skipif(BINARY is None, reason=WHY_NOT)

TITLES = ["Green tea", "Cup", "Tea pot", "Plum jam", "Tin <b>box</b>", "Cheese", "Bowl", "Comma"]
READY = "document.body.dataset.state === 'ready'"
BIG = 2**62 + 1  # a number of JavaScript is not exact here


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with Browser(tmp_path_factory.mktemp("profile")) as running:
        yield running


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A model, and beside it titles and pictures of its items."""
    folder = tmp_path_factory.mktemp("models") / "shop"
    save_recommender(folder / "1")
    rows = []
    for i, (item_id, title) in enumerate(zip(ITEM_IDS, TITLES, strict=True)):
        colour = np.full((32, 32, 3), [40 * (i % 7), 200 - 25 * i, 90 + 20 * i], np.uint8)
        (folder.parent / f"{i}.png").write_bytes(tf.io.encode_png(colour).numpy())
        rows.append({"id": item_id, "title": title, "image": f"{i}.png" if i != 3 else ""})
    (folder.parent / "items.json").write_text(json.dumps(rows))
    return folder


@pytest.fixture(scope="module")
def url(folder):
    with DevServer(folder, port=0, items=folder.parent / "items.json") as server:
        yield server.url


@pytest.fixture
def page(browser, url):
    browser.complaints.clear()
    browser.open(f"{url}/#clicks=tea,cup,pot")
    wait_for(browser, ["tea", "cup", "pot"])
    yield browser
    assert browser.complaints == []


def ids_in(browser, part):
    rows = f"[...document.querySelectorAll('#{part} > li')]"
    return browser.evaluate(f"{rows}.map((row) => row.dataset.item)")


def wait_for(browser, clicks):
    """Waits until the page has answered for these clicks."""
    rows = "[...document.querySelectorAll('#clicks > li')].map((row) => row.dataset.item)"
    same = f"JSON.stringify({rows}) === JSON.stringify({json.dumps(clicks)})"
    browser.wait_until(f"{READY} && {same}")


def recommended(url, clicks, hidden=("",), signature="serving_default"):
    """What the server itself answers."""
    request = {"session": [list(clicks)], "exclude": [list(hidden)]}
    body = json.dumps({"signature_name": signature, "inputs": request}).encode()
    with urllib.request.urlopen(f"{url}/v1/models/shop:predict", body) as response:
        return json.load(response)["outputs"]["item_ids"][0]


def test_the_list_is_the_servers_with_titles_scores_and_pictures(page, url):
    expected = recommended(url, ["tea", "cup", "pot"])
    assert ids_in(page, "recommendations") == expected
    titles = page.evaluate(
        "[...document.querySelectorAll('#recommendations .title')].map((e) => e.textContent)"
    )
    assert titles == [TITLES[ITEM_IDS.index(i)] for i in expected]
    details = page.evaluate("document.querySelector('#recommendations .detail').textContent")
    assert f"{expected[0]} · score" in details
    page.wait_until("[...document.images].every((image) => image.complete)")
    widths = page.evaluate(
        "[...document.querySelectorAll('#clicks img')].map((image) => image.naturalWidth)"
    )
    assert widths == [32, 32, 32]
    assert "shop, version 1" in page.evaluate("document.body.innerText")
    assert "development only" in page.evaluate("document.body.innerText").lower()


def test_removing_a_click_changes_the_list(page, url):
    page.click('[data-key="remove-1"]')
    wait_for(page, ["tea", "pot"])
    assert ids_in(page, "recommendations") == recommended(url, ["tea", "pot"])
    assert page.evaluate("document.activeElement.dataset.key") == "remove-1"
    page.evaluate("history.back()")
    wait_for(page, ["tea", "cup", "pot"])
    assert ids_in(page, "recommendations") == recommended(url, ["tea", "cup", "pot"])


def test_reordering_clicks_changes_the_list(page, url):
    before = ids_in(page, "recommendations")
    page.click('[data-key="up-2"]')
    wait_for(page, ["tea", "pot", "cup"])
    page.click('[data-key="up-1"]')
    wait_for(page, ["pot", "tea", "cup"])
    page.click('[data-key="down-1"]')
    wait_for(page, ["pot", "cup", "tea"])
    after = ids_in(page, "recommendations")
    assert after == recommended(url, ["pot", "cup", "tea"]) != before


def test_moves_say_what_changed_since_the_last_list(page, url):
    before = ids_in(page, "recommendations")
    page.click('[data-key="remove-2"]')
    wait_for(page, ["tea", "cup"])
    after = ids_in(page, "recommendations")
    moves = page.evaluate(
        "[...document.querySelectorAll('#recommendations .move')].map((e) => e.textContent)"
    )
    for item, rank, move in zip(after, range(len(after)), moves, strict=True):
        old = before.index(item) if item in before else None
        if old is None or old == rank:
            assert move == ("new" if old is None else "=")
        else:
            assert move == f"{'▲' if old > rank else '▼'} {abs(old - rank)}"


def test_the_effect_of_each_click_is_shown(page, url):
    with_all = recommended(url, ["tea", "cup", "pot"])
    details = page.evaluate(
        "[...document.querySelectorAll('#clicks .detail')].map((e) => e.textContent)"
    )
    for i, text in enumerate(details):
        rest = [c for j, c in enumerate(["tea", "cup", "pot"]) if j != i]
        without = recommended(url, rest)
        assert f"without it {len(set(without) - set(with_all))} of 5 differ" in text
        assert ("first:" in text) == (without[0] != with_all[0])


def test_a_click_is_typed_found_or_taken_from_the_list(page, url):
    page.click("#search")
    page.type("jam")
    page.wait_until("document.querySelectorAll('#found > li').length === 1")
    page.press_enter()
    wait_for(page, ["tea", "cup", "pot", "jam"])
    page.wait_until("document.querySelectorAll('#found > li').length === 8")
    page.click('#found > li[data-item="Käse"] button')
    wait_for(page, ["tea", "cup", "pot", "jam", "Käse"])
    first = ids_in(page, "recommendations")[0]
    page.click("#recommendations .actions button")
    wait_for(page, ["tea", "cup", "pot", "jam", "Käse", first])
    page.click("#search")
    page.type("no such, item")
    page.wait_until("document.querySelectorAll('#found > li').length === 0")
    page.press_enter()
    clicks = ["tea", "cup", "pot", "jam", "Käse", first, "no such, item"]
    wait_for(page, clicks)
    assert ids_in(page, "recommendations") == recommended(url, clicks)
    page.click("#clear")
    wait_for(page, [])
    assert ids_in(page, "recommendations") == recommended(url, [""])


def test_hidden_items_another_length_and_another_signature(page, url):
    first = ids_in(page, "recommendations")[0]
    page.click("#recommendations .actions button:last-child")
    page.wait_until(
        "document.body.dataset.state === 'ready' && document.querySelector('#hidden > li') !== null"
    )
    clicks = ["tea", "cup", "pot"]
    assert ids_in(page, "recommendations") == recommended(url, clicks, [first])
    page.click("#hidden button")
    page.wait_until(
        "document.body.dataset.state === 'ready' && document.querySelector('#hidden > li') === null"
    )
    assert ids_in(page, "recommendations")[0] == first
    page.evaluate("location.hash = 'clicks=tea,cup,pot&k=2&signature=recommend_unseen'")
    page.wait_until("document.querySelectorAll('#recommendations > li').length === 2")
    wait_for(page, clicks)
    unseen = recommended(url, clicks, signature="recommend_unseen")
    assert ids_in(page, "recommendations") == unseen[:2]


def test_clicks_that_the_model_does_not_know_are_told_of(page):
    def seen():
        status = page.evaluate("document.getElementById('status').textContent")
        return status, page.evaluate(
            "document.querySelector('#recommendations .detail').textContent"
        )

    status, detail = seen()
    assert status.startswith("After 3 clicks.") and "catalog" not in status and "score" in detail
    for clicks, said, unit in (
        ("tea,nothing", "After 2 clicks. Only 1 on items of the catalog.", "score"),
        (
            "nothing",
            "After 1 click. None is on an item of the catalog: these are the most",
            "events",
        ),
        ("", "No click yet. These are the most popular items.", "events"),
    ):
        page.evaluate(f"location.hash = 'clicks={clicks}'")
        wait_for(page, clicks.split(",") if clicks else [])
        status, detail = seen()
        assert said in status and unit in detail


def test_a_click_that_the_model_does_not_know_looks_it(page):
    page.evaluate("location.hash = 'clicks=nothing,tea,nothing'")
    wait_for(page, ["nothing", "tea", "nothing"])
    rows = "[...document.querySelectorAll('#clicks > li')]"
    details = page.evaluate(f"{rows}.map((row) => row.querySelector('.detail').textContent)")
    assert details[0] == details[2] == "not in the catalog: skipped"
    assert "without it" in details[1]
    struck = "getComputedStyle(row.querySelector('.title')).textDecorationLine === 'line-through'"
    assert page.evaluate(f"{rows}.map((row) => {struck})") == [True, False, True]


def test_titles_are_text_whatever_they_hold(page, url):
    page.evaluate("location.hash = 'clicks=tin,%3Cscript%3E'")
    wait_for(page, ["tin", "<script>"])
    assert page.evaluate("document.querySelectorAll('main b, main script').length") == 0
    assert "Tin <b>box</b>" in page.evaluate("document.querySelector('#clicks').innerText")


def test_everything_to_press_has_a_name(page):
    found = page.accessible()
    controls = [(r, n) for r, n in found if r in ("button", "textbox", "spinbutton", "combobox")]
    assert len(controls) > 20
    assert all(name for _, name in controls)
    assert {"main", "heading", "status", "alert"} <= {role for role, _ in found}


def test_large_integer_ids_stay_exact(browser, tmp_path):
    ids = [BIG + i for i in range(len(ITEM_IDS))]
    save_recommender(tmp_path / "shop" / "1", ids=ids)
    with DevServer(tmp_path / "shop", port=0) as server:
        browser.open(f"{server.url}/#clicks={BIG},{BIG + 2}")
        wait_for(browser, [str(BIG), str(BIG + 2)])
        expected = recommended(server.url, [BIG, BIG + 2], [-1])
        assert ids_in(browser, "recommendations") == [str(i) for i in expected]
        browser.evaluate("location.hash = 'clicks=tea'")
        browser.wait_until("document.getElementById('error').textContent.includes('whole numbers')")
        assert ids_in(browser, "recommendations") == []


def test_a_server_without_a_version_is_explained(browser, tmp_path, folder):
    empty = tmp_path / "shop"
    empty.mkdir()
    with DevServer(empty, port=0) as server:
        browser.open(server.url)
        browser.wait_until("document.getElementById('error').textContent.includes('No version')")
        assert "shop" in browser.evaluate("document.getElementById('model').textContent")
