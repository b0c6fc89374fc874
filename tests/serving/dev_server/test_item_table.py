"""Titles and pictures of items."""

import json

import pytest

from keras_sessrec.serving.dev_server.answers import RequestError
from keras_sessrec.serving.dev_server.item_table import ItemTable

ROWS = [
    {"id": 7, "title": "Green tea", "image": "pictures/7.PNG"},
    {"id": "8", "title": "Tea pot", "image": ""},
    {"id": "tea", "title": None},
    {"id": "9", "title": "Käse", "price": "3"},
]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "7.PNG").write_bytes(b"picture")
    return tmp_path


def ids(rows):
    return [row["id"] for row in rows]


def test_search_finds_all_words_in_ids_and_titles(folder):
    table = ItemTable(ROWS, folder)
    assert table.ids == {"7", "8", "tea", "9"}
    assert ids(table.search("", 10)) == ["7", "8", "tea", "9"]
    assert ids(table.search("", 2)) == ["7", "8"]
    assert ids(table.search("TEA", 10)) == ["7", "8", "tea"]
    assert ids(table.search("pot tea", 10)) == ["8"]
    assert ids(table.search("KÄSE", 10)) == ["9"]
    assert ids(table.search("coffee", 10)) == []


def test_an_equal_id_comes_first(folder):
    assert ids(ItemTable(ROWS, folder).search("tea", 2)) == ["tea", "7"]


def test_describe_keeps_order_and_unknown_ids(folder):
    assert ItemTable(ROWS, folder).describe(["?", "7", "tea"]) == [
        {"id": "?", "title": "", "has_image": False},
        {"id": "7", "title": "Green tea", "has_image": True},
        {"id": "tea", "title": "", "has_image": False},
    ]


def test_pictures(folder):
    table = ItemTable([*ROWS, {"id": "gone", "image": "gone.jpg"}], folder)
    assert table.picture("7") == (b"picture", "image/png")
    for item_id in ("8", "?", "gone"):
        with pytest.raises(RequestError, match="no picture of item") as raised:
            table.picture(item_id)
        assert raised.value.status == 404


@pytest.mark.parametrize("image", ["../secret.png", "/etc/hostname", "notes.txt", "a.svg"])
def test_other_files_are_not_shown(folder, image):
    with pytest.raises(ValueError, match="A picture must be a file below"):
        ItemTable([{"id": 1, "image": image}], folder / "pictures")


@pytest.mark.parametrize("name", ["items.json", "items.csv"])
def test_files(folder, name):
    path = folder / name
    if name.endswith("json"):
        path.write_text(json.dumps(ROWS))
    else:
        path.write_text(
            '\ufeffid,title,image,price\n7,"Green tea",pictures/7.PNG,1\n8,Tea pot,,2\n'
        )
    table = ItemTable.from_file(path)
    assert ids(table.search("tea", 2)) == (["tea", "7"] if name.endswith("json") else ["7", "8"])
    assert table.picture("7") == (b"picture", "image/png")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("items.csv", None, "`items`: .*items.csv' cannot be read: .*No such file"),
        ("items.txt", "7", "ending in .csv or .json"),
        ("items.json", "{}", "a JSON list"),
        ("items.json", "[", "cannot be read"),
        ("items.json", "[7]", 'must have an "id". Received: item 0: 7'),
        ("items.json", '[{"title": "x"}]', 'must have an "id"'),
        ("items.csv", "name\nx\n", 'must have an "id"'),
        ("items.csv", b"id\n\xff\n", "cannot be read"),
    ],
)
def test_other_files_are_refused(folder, name, text, message):
    if text is not None:
        (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ValueError, match=message):
        ItemTable.from_file(folder / name)
