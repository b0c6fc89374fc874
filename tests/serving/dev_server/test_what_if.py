"""What the page asks for; the page itself is in `test_what_if_page.py`."""

import json
import shutil

import pytest

from keras_sessrec.serving.dev_server.answers import RequestError
from keras_sessrec.serving.dev_server.item_table import ItemTable
from keras_sessrec.serving.dev_server.model_versions import ModelVersions
from keras_sessrec.serving.dev_server.what_if import WhatIf


@pytest.fixture
def folder(shop, tmp_path):
    """A folder of its own with version 1."""
    shutil.copytree(shop, tmp_path / "shop")
    return tmp_path / "shop"


def page_of(folder, items=None):
    versions = ModelVersions(folder)
    versions.poll()
    return WhatIf(versions, items), versions


def ask(page, path, query=""):
    return json.loads(page.answer(path, query).body)


def test_the_page_asks_nothing_of_other_machines(folder):
    answer = page_of(folder)[0].answer("/", "")
    text = answer.body.decode()
    assert answer.content_type.startswith("text/html")
    assert "http://" not in text.replace("http://www.w3.org/2000/svg", "")
    assert "https://" not in text
    assert "evelopment only" in text
    assert "innerHTML" not in text, "titles are text, whatever they hold"


def test_other_paths_are_not_the_pages(folder):
    page, _ = page_of(folder)
    assert page.answer("/other", "") is None
    assert page.answer("/what_if/../what_if.py", "") is None


def test_a_given_table(folder):
    table = ItemTable([{"id": "tea", "title": "Green tea"}, {"id": "a b", "title": "Ä"}], folder)
    page, _ = page_of(folder, table)
    assert ask(page, "/what_if/model") == {"name": "shop", "num_items": 2}
    assert [row["id"] for row in ask(page, "/what_if/items", "search=GREEN")] == ["tea"]
    described = ask(page, "/what_if/items", "id=a+b&id=cup&id=")
    assert [(row["id"], row["title"]) for row in described] == [("a b", "Ä"), ("cup", ""), ("", "")]


def test_a_model_without_a_table(folder):
    page, _ = page_of(folder)
    assert ask(page, "/what_if/model") == {"name": "shop", "num_items": 0}
    assert ask(page, "/what_if/items") == []
    assert ask(page, "/what_if/items", "id=tea") == [{"id": "tea", "title": "", "has_image": False}]


def test_the_exports_vocabulary_can_be_searched(folder):
    (folder / "1" / "assets").mkdir(exist_ok=True)
    (folder / "1" / "assets" / "items.txt").write_text("tea\na cup \nKäse\n", encoding="utf-8")
    page, _ = page_of(folder)
    assert [row["id"] for row in ask(page, "/what_if/items")] == ["tea", "a cup ", "Käse"]


def test_the_exports_own_table_follows_its_version(folder):
    for version, title in ((1, "Old"), (2, "New")):
        if version == 2:
            shutil.copytree(folder / "1", folder / "2")
        extra = folder / str(version) / "assets.extra"
        extra.mkdir(exist_ok=True)
        rows = [{"id": "tea", "title": title, "image": "tea.png"}]
        (extra / "items.json").write_text(json.dumps(rows))
        (extra / "tea.png").write_bytes(title.encode())
        if version == 1:
            page, versions = page_of(folder)
        versions.poll()
        assert ask(page, "/what_if/items", "id=tea")[0]["title"] == title
        assert page.answer("/what_if/picture", "id=tea").body == title.encode()


def test_a_picture_that_is_not_there(folder):
    with pytest.raises(RequestError) as raised:
        page_of(folder)[0].answer("/what_if/picture", "id=tea")
    assert raised.value.http_status == 404


def test_before_the_first_version(tmp_path):
    page, _ = page_of(tmp_path)
    assert ask(page, "/what_if/items") == []
