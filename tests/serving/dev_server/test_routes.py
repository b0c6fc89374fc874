"""The routes, without a network; the page itself is in `test_what_if_page.py`."""

import json
import shutil

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keras_sessrec.serving.dev_server.answers import RequestError
from keras_sessrec.serving.dev_server.item_table import ItemTable
from keras_sessrec.serving.dev_server.model_versions import ModelVersions
from keras_sessrec.serving.dev_server.routes import Routes

BODY = json.dumps({"instances": [{"session": ["tea", ""], "exclude": [""]}]}).encode()


def routes_of(folder, items=None):
    versions = ModelVersions(folder)
    versions.poll()
    return Routes(versions, items), versions


@pytest.fixture(scope="module")
def routes(shop):
    return routes_of(shop)[0]


def get(routes, path, query=""):
    return json.loads(routes.answer("GET", path, query).body)


# === TensorFlow Serving's ===


@pytest.mark.parametrize(
    "path",
    [
        "/v1/models/shop:predict",
        "/v1/models/shop/versions/1:predict",
        "/v1/models/shop/versions/0001:predict",
        "/v1/models/%73hop:predict",
    ],
)
def test_predict(routes, path):
    (row,) = json.loads(routes.answer("POST", path, body=BODY).body)["predictions"]
    assert (len(row["item_ids"]), row["known"]) == (5, 1)


def test_status_and_metadata(routes):
    for path in ("/v1/models/shop", "/v1/models/shop/versions/1"):
        assert get(routes, path) == {
            "model_version_status": [
                {
                    "version": "1",
                    "state": "AVAILABLE",
                    "status": {"error_code": "OK", "error_message": ""},
                }
            ]
        }
    found = get(routes, "/v1/models/shop/versions/1/metadata")
    assert found["model_spec"] == {"name": "shop", "signature_name": "", "version": "1"}
    definitions = found["metadata"]["signature_def"]["signature_def"]
    assert definitions["serving_default"]["inputs"].keys() == {"session", "exclude"}


@pytest.mark.parametrize(
    ("method", "path", "message"),
    [
        ("POST", "/v1/models/other:predict", "Model 'other' is not served; 'shop' is."),
        ("POST", "/v1/models/shop/versions/2:predict", "No version 2 of model 'shop'.* 1 is"),
        ("POST", "/v1/models/shop/labels/other:predict", "There is nothing at"),
        ("POST", "/v1/models/shop:classify", "There is nothing at"),
        ("POST", "/v1/models/shop", "There is nothing at POST /v1/models/shop. Try POST"),
        ("POST", "/v1/models/shop/versions/x:predict", "There is nothing at"),
        ("POST", f"/v1/models/shop/versions/{9**30}:predict", "There is nothing at"),
        ("POST", "/", "There is nothing at POST /"),
        ("GET", "/v1/models/other", "Model 'other' is not served"),
        ("GET", "/v1/models/shop/versions/2", "Model 'shop' has no version 2"),
        ("GET", "/v1/models/shop/versions/2/metadata", "No version 2"),
        ("GET", "/v1/models/shop:predict", "There is nothing at GET /v1/models/shop:predict"),
        ("GET", "/v1/models", "There is nothing at"),
        ("GET", "/monitoring/prometheus/metrics", "There is nothing at"),
        ("GET", "/what_if/../routes.py", "There is nothing at"),
    ],
)
def test_other_routes_are_refused(routes, method, path, message):
    with pytest.raises(RequestError, match=message) as raised:
        routes.answer(method, path, body=BODY)
    assert raised.value.status == 404


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(method=st.sampled_from(["GET", "POST"]), path=st.text(max_size=30))
def test_any_path_gets_a_clean_error(routes, method, path):
    try:
        routes.answer(method, f"/v1/models/{path}", body=b"{}")
    except RequestError as error:
        assert error.status in (400, 404)
    else:
        assert path.startswith("shop")


# === The page's ===


def test_the_page_asks_nothing_of_other_machines(routes):
    answer = routes.answer("GET", "/")
    text = answer.body.decode()
    assert answer.content_type.startswith("text/html")
    assert "http://" not in text
    assert "https://" not in text
    assert "evelopment only" in text
    assert "innerHTML" not in text, "titles are text, whatever they hold"
    assert get(routes, "/what_if/model") == {"name": "shop"}


def test_a_given_table(shop):
    (shop.parent / "tea.png").write_bytes(b"picture")
    rows = [{"id": "tea", "title": "Green tea", "image": "tea.png"}, {"id": "a b", "title": "Ä"}]
    routes, _ = routes_of(shop, ItemTable(rows, shop.parent))
    assert [row["id"] for row in get(routes, "/what_if/items", "search=GREEN")] == ["tea"]
    described = get(routes, "/what_if/items", "id=a+b&id=cup&id=")
    assert [(row["id"], row["title"]) for row in described] == [("a b", "Ä"), ("cup", ""), ("", "")]
    assert routes.answer("GET", "/what_if/picture", "id=tea").body == b"picture"
    for item_id in ("cup", "", "../tea.png"):
        with pytest.raises(RequestError, match="no picture") as raised:
            routes.answer("GET", "/what_if/picture", f"id={item_id}")
        assert raised.value.status == 404


def test_the_ids_of_the_served_version_can_be_searched(shop, tmp_path):
    shutil.copytree(shop, tmp_path / "shop")
    routes, versions = routes_of(tmp_path / "shop")
    assert get(routes, "/what_if/items") == []  # a model from elsewhere has no list of ids
    shutil.copytree(shop / "1", tmp_path / "shop" / "2")
    (tmp_path / "shop" / "2" / "assets").mkdir(exist_ok=True)
    ids = "tea\na cup \n\x0b\nKäse\n"
    (tmp_path / "shop" / "2" / "assets" / "items.txt").write_text(ids, encoding="utf-8")
    versions.poll()
    found = [row["id"] for row in get(routes, "/what_if/items")]
    assert found == ["tea", "a cup ", "\x0b", "Käse"]


def test_before_the_first_version(tmp_path):
    routes, _ = routes_of(tmp_path)
    with pytest.raises(RequestError, match="No version of model"):
        routes.answer("GET", "/what_if/items")
