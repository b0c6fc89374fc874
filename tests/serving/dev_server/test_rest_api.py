"""The routes, without a network."""

import json

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.saved_models import DTYPES
from keras_sessrec.serving.dev_server.answers import RequestError
from keras_sessrec.serving.dev_server.model_versions import ModelVersions
from keras_sessrec.serving.dev_server.rest_api import RestApi

ROW = {"session": ["tea", ""], "exclude": [""]}


def api_of(folder):
    versions = ModelVersions(folder)
    versions.poll()
    return RestApi(versions)


@pytest.fixture(scope="module")
def shop_api(shop):
    return api_of(shop)


@pytest.fixture(scope="module")
def echo_api(echo):
    return api_of(echo.parent)


def post(api, document, path="/v1/models/shop:predict"):
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return json.loads(api.answer("POST", path, body).body)


@pytest.mark.parametrize(
    "path",
    [
        "/v1/models/shop:predict",
        "/v1/models/shop/versions/1:predict",
        "/v1/models/shop/versions/0001:predict",
        "/v1/models/%73hop:predict",
        "/V1/Models/shop:Predict",
    ],
)
def test_predict_equals_the_signature(shop_api, shop, path):
    direct = tf.saved_model.load(shop / "1").signatures["serving_default"]
    session, exclude = [["tea", "Käse"], ["", "🍵"]], [["cup"], [""]]
    expected = {
        name: value.numpy()
        for name, value in direct(
            session=tf.constant(session), exclude=tf.constant(exclude)
        ).items()
    }
    ids = [[i.decode() for i in row] for row in expected["item_ids"]]
    by_column = post(shop_api, {"inputs": {"session": session, "exclude": exclude}}, path)
    assert by_column["outputs"].keys() == {"item_ids", "scores"}
    assert by_column["outputs"]["item_ids"] == ids
    rows = [{"session": s, "exclude": e} for s, e in zip(session, exclude, strict=True)]
    by_row = post(shop_api, {"instances": rows}, path)["predictions"]
    assert [row["item_ids"] for row in by_row] == ids
    for scores in (by_column["outputs"]["scores"], [row["scores"] for row in by_row]):
        np.testing.assert_array_equal(np.array(scores, np.float32), expected["scores"])


def test_another_signature(shop_api):
    request = {"signature_name": "recommend_unseen", "instances": [ROW]}
    (answer,) = post(shop_api, request)["predictions"]
    assert "tea" not in answer["item_ids"]


def test_status_and_metadata(shop_api):
    for path in ("/v1/models/shop", "/v1/models/shop/versions/1"):
        assert json.loads(shop_api.answer("GET", path, b"").body) == {
            "model_version_status": [
                {
                    "version": "1",
                    "state": "AVAILABLE",
                    "status": {"error_code": "OK", "error_message": ""},
                }
            ]
        }
    found = json.loads(shop_api.answer("GET", "/v1/models/shop/versions/1/metadata", b"").body)
    assert found["model_spec"] == {"name": "shop", "signature_name": "", "version": "1"}
    definitions = found["metadata"]["signature_def"]["signature_def"]
    assert definitions["serving_default"]["inputs"].keys() == {"session", "exclude"}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/v1/models/other:predict", 404),
        ("POST", "/v1/models/shop/versions/2:predict", 404),
        ("POST", "/v1/models/shop/labels/other:predict", 400),
        ("POST", "/v1/models/shop:classify", 400),
        ("POST", "/v1/models/shop:regress", 400),
        ("POST", "/v1/models/shop", 400),
        ("POST", "/v1/models/shop:predict/", 400),
        ("POST", "/v1/models/shop/versions/x:predict", 400),
        ("POST", "/v1/models/shop/versions/99999999999999999999:predict", 400),
        ("GET", "/v1/models/shop/labels/stable", 400),
        ("GET", "/v1/models/other", 404),
        ("GET", "/v1/models/shop/versions/2", 404),
        ("GET", "/v1/models/shop/versions/2/metadata", 404),
        ("GET", "/v1/models/shop/other", 400),
        ("GET", "/v1/models/shop:predict", 400),
        ("GET", "/v1/models", 400),
        ("PUT", "/v1/models/shop", 400),
        ("DELETE", "/v1/models/shop/versions/1", 400),
    ],
)
def test_other_routes_are_refused(shop_api, method, path, status):
    with pytest.raises(RequestError) as raised:
        shop_api.answer(method, path, json.dumps({"instances": [ROW]}).encode())
    assert raised.value.http_status == status


def test_paths_outside_are_nobodys(shop_api):
    assert shop_api.answer("GET", "/", b"") is None
    assert shop_api.answer("POST", "/monitoring/prometheus/metrics", b"") is None


@pytest.mark.parametrize("name", sorted(set(DTYPES) - {"string"}))
def test_dtypes_come_back(echo_api, name):
    dtype = DTYPES[name]
    if dtype == tf.bool:
        values = [[True, False]]
    elif dtype.is_integer:
        values = [[dtype.min, dtype.max]]
    else:
        values = [[0.1, -1e30]]
    for key, answer in (("inputs", "outputs"), ("instances", "predictions")):
        request = {"signature_name": f"echo_{name}", key: values}
        assert post(echo_api, request, "/v1/models/echo:predict") == {answer: values}


def test_awkward_outputs(echo_api):
    def ask(signature, **document):
        path = "/v1/models/echo:predict"
        return post(echo_api, {"signature_name": signature, **document}, path)

    blobs = [{"b64": "AP8="}, {"b64": ""}]
    assert ask("blob", instances=blobs) == {"predictions": blobs}
    assert ask("blob", inputs=["é"]) == {"outputs": [{"b64": "w6k="}]}
    assert ask("echo_string", inputs=[["é"]]) == {"outputs": [["é"]]}
    assert ask("total", inputs=[1, 2]) == {"outputs": 3.0}
    assert ask("any_rank", inputs=7) == {"outputs": 7.0}
    assert ask("any_rank", instances=[[[1]], [[2]]]) == {"predictions": [[[1.0]], [[2.0]]]}
    rows = [{"a": 1.0, "b": -1.0}, {"a": 2.0, "b": -2.0}]
    assert ask("two_outputs", instances=[1, 2]) == {"predictions": rows}
    answer = ask("serving_default", inputs=[float("nan"), float("inf")])["outputs"]
    assert str(answer) == "[nan, inf]"
    for signature, document in {
        "total": {"instances": [1, 2]},
        "uneven": {"instances": [1, 2]},
        "to_half": {"inputs": [1]},
        "half": {"inputs": [1]},
        "first_of": {"inputs": [2]},
        "vector_of_three": {"inputs": [[1, 2]]},
    }.items():
        with pytest.raises(RequestError) as raised:
            ask(signature, **document)
        assert raised.value.http_status in (400, 501)


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["tea", "cup", "", "\x00", "🍵"])
    | st.just({"b64": "dGVh"})
)
ANY_JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["session", "exclude", "x", "b64", "inputs"]), inner, max_size=3
        )
    ),
    max_leaves=12,
)
STRINGS = st.lists(st.sampled_from(["tea", "cup", "?", "", "Käse"]) | SCALARS, max_size=4)
NEARLY_RIGHT = st.fixed_dictionaries(
    {},
    optional={
        "signature_name": st.sampled_from(["serving_default", "recommend_unseen", ""]) | SCALARS,
        "instances": st.lists(
            st.fixed_dictionaries({}, optional={"session": STRINGS, "exclude": STRINGS}) | ANY_JSON,
            max_size=3,
        )
        | ANY_JSON,
        "inputs": st.fixed_dictionaries(
            {}, optional={"session": st.lists(STRINGS, max_size=3), "exclude": ANY_JSON}
        )
        | ANY_JSON,
    },
)
ECHO = st.fixed_dictionaries(
    {
        "signature_name": st.sampled_from(
            [f"echo_{name}" for name in DTYPES]
            + ["any_rank", "vector_of_three", "blob", "two_outputs", "total", "uneven", "first_of"]
        )
    },
    optional={"instances": ANY_JSON, "inputs": ANY_JSON},
)
TEXT = st.text(st.characters(codec="utf-8"), max_size=40)
ANY_CASE = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def check_clean(api, path, body):
    """An answer that is JSON, or a refusal that blames the client."""
    try:
        answer = api.answer("POST", path, body)
    except RequestError as error:
        assert 400 <= error.http_status < 500
        assert error.message
    else:
        assert json.loads(answer.body).keys() <= {"predictions", "outputs"}


@ANY_CASE
@given(document=NEARLY_RIGHT | ANY_JSON)
def test_any_json_gets_an_answer_or_a_clean_error(shop_api, document):
    check_clean(shop_api, "/v1/models/shop:predict", json.dumps(document).encode())


@ANY_CASE
@given(document=ECHO)
def test_any_json_for_any_dtype_gets_an_answer_or_a_clean_error(echo_api, document):
    check_clean(echo_api, "/v1/models/echo:predict", json.dumps(document).encode())


@ANY_CASE
@given(body=st.binary(max_size=40) | TEXT.map(lambda text: text.encode()))
def test_any_bytes_get_a_clean_error(shop_api, body):
    check_clean(shop_api, "/v1/models/shop:predict", body)


@ANY_CASE
@given(method=st.sampled_from(["GET", "POST", "PUT"]), path=st.text(max_size=30))
def test_any_path_gets_a_clean_error(shop_api, method, path):
    try:
        shop_api.answer(method, f"/v1/models/{path}", b"{}")
    except RequestError as error:
        assert error.http_status in (400, 404)
    else:
        assert path.lower().startswith("shop")
