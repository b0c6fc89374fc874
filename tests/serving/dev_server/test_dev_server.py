"""The running server: concurrent requests, versions that change, any JSON."""

import os
import shutil
import threading
import time
import urllib.parse
import urllib.request

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.rest_client import RestClient
from harness.saved_models import ITEM_IDS, K, reference, save_recommender
from keras_sessrec.serving.dev_server import DevServer

SECONDS = 30


def wait_until(condition):
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def random_requests(num, seed=0):
    """Documents of both forms and signatures, 1 to 3 sessions of up to 6 clicks."""
    rng = np.random.default_rng(seed)
    ids = [*ITEM_IDS, "", "unknown"]
    documents = []
    for _ in range(num):
        rows, length = rng.integers(1, 4), rng.integers(0, 7)
        session = rng.choice(ids, (rows, length)).tolist()
        exclude = rng.choice(ids, (rows, rng.integers(0, 3))).tolist()
        name = ["serving_default", "recommend_unseen"][rng.integers(2)]
        if rng.integers(2):
            pairs = zip(session, exclude, strict=True)
            values = {"instances": [{"session": s, "exclude": e} for s, e in pairs]}
        else:
            values = {"inputs": {"session": session, "exclude": exclude}}
        documents.append({"signature_name": name, **values})
    return documents


def check_concurrent_equal_single(url, documents, num_threads=8):
    single = RestClient(url)
    expected = [single.predict(document) for document in documents]
    assert {status for status, _ in expected} == {200}
    found = [None] * len(documents)

    def work(start):
        client = RestClient(url)
        for i in range(start, len(documents), num_threads):
            found[i] = client.predict(documents[i])

    threads = [threading.Thread(target=work, args=(start,)) for start in range(num_threads)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == expected


def test_concurrent_requests_equal_single_ones(server):
    check_concurrent_equal_single(server.url, random_requests(400))


@pytest.mark.slow
def test_ten_thousand_concurrent_requests_equal_single_ones(server):
    check_concurrent_equal_single(server.url, random_requests(10_000, seed=1), num_threads=32)


def test_answers_equal_the_reference(client):
    for session in (["tea"], ["", "pot", "unknown", "jam"], [""]):
        row = {"session": session, "exclude": ["cup"]}
        status, answer = client.predict({"instances": [row]})
        scores = reference(session, ["cup"])
        best = np.argsort(-scores, kind="stable")[:K]
        assert status == 200
        (row,) = answer["predictions"]
        assert row["item_ids"] == [ITEM_IDS[i] for i in best]
        np.testing.assert_allclose(row["scores"], scores[best], rtol=1e-5, atol=1e-6)


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["session", "exclude", "b64"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(
    key=st.sampled_from(["instances", "inputs", "other"]),
    value=ANY_JSON,
    name=st.sampled_from(["serving_default", "recommend_unseen", "other"]) | ANY_JSON,
)
def test_any_json_gets_an_answer_or_a_clean_error(client, key, value, name):
    status, answer = client.predict({key: value, "signature_name": name})
    assert status in (200, 400)
    assert list(answer) in (["error"], ["predictions"], ["outputs"])
    assert ("error" in answer) == (status == 400)


def test_status_and_page_are_there(client):
    assert client.get("/v1/models/shop")[1]["model_version_status"][0]["state"] == "AVAILABLE"
    assert client.get("/v1/models/shop/metadata")[1]["model_spec"]["version"] == "1"
    status, headers, body = client.ask("GET", "/")
    assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert b"evelopment only" in body
    assert client.ask("GET", "/nothing")[0] == 404


def test_new_versions_are_taken_up_and_broken_ones_are_not(shop, tmp_path):
    folder = tmp_path / "shop"
    shutil.copytree(shop, folder)
    row = {"session": ["tea"], "exclude": [""]}
    with DevServer(folder, port=0, poll_seconds=0.02) as server:
        client = RestClient(server.url)

        def states():
            rows = client.get("/v1/models/shop")[1]["model_version_status"]
            return {row["version"]: row["state"] for row in rows}

        first = client.predict({"instances": [row]})
        (folder / "2").mkdir()
        (folder / "2" / "saved_model.pb").write_bytes(b"broken")
        wait_until(lambda: states() == {"2": "END", "1": "AVAILABLE"})
        assert client.predict({"instances": [row]}) == first
        save_recommender(tmp_path / "next", seed=3)
        os.replace(tmp_path / "next", folder / "3")
        wait_until(lambda: states() == {"3": "AVAILABLE", "2": "END", "1": "END"})
        assert client.predict({"instances": [row]}) != first
        assert client.predict({"instances": [row]}, "/v1/models/shop/versions/1")[0] == 404
        shutil.rmtree(folder / "3")
        wait_until(lambda: states()["1"] == "AVAILABLE")
        assert client.predict({"instances": [row]}) == first


def test_it_listens_on_this_machine_only_unless_told_otherwise(server, shop):
    assert server._http.server_address[0] == "127.0.0.1"
    with DevServer(shop, port=0, host="127.0.0.2") as other:
        assert other._http.server_address[0] == "127.0.0.2"
        assert RestClient(other.url).get("/v1/models/shop")[0] == 200


def test_a_port_is_taken_once(server, shop):
    with pytest.raises(OSError, match="in use"):
        DevServer(shop, port=int(server.url.rsplit(":", 1)[1]))


def test_it_can_be_stopped_and_says_what_it_is(shop, caplog):
    caplog.set_level("INFO", "keras_sessrec")
    with DevServer(shop, port=0) as server:
        urllib.request.urlopen(server.url).close()
    assert "not for production" in caplog.text
    assert server.url in caplog.text
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(server.url)
    server.wait()


def test_items_of_a_file(shop, tmp_path):
    (tmp_path / "items.csv").write_text("id,title\ntea,Green tea\n")
    with DevServer(shop, port=0, items=tmp_path / "items.csv") as server:
        status, found = RestClient(server.url).get("/what_if/items?search=green")
    assert (status, found[0]["title"]) == (200, "Green tea")


@pytest.mark.parametrize(
    ("ids", "is_said"), [(["tea", "?"], False), (["a", "b"], True), ([], True)]
)
def test_items_of_another_catalog_are_told_of(shop, tmp_path, caplog, ids, is_said):
    shutil.copytree(shop, tmp_path / "shop")
    (tmp_path / "shop" / "1" / "assets").mkdir(exist_ok=True)
    (tmp_path / "shop" / "1" / "assets" / "items.txt").write_text("\n".join(ITEM_IDS) + "\n")
    (tmp_path / "items.csv").write_text("\n".join(["id", *ids]))
    with DevServer(tmp_path / "shop", port=0, items=tmp_path / "items.csv"):
        pass
    assert ("No id of `items` is in the model's catalog" in caplog.text) == is_said


def test_a_server_that_never_started_can_be_stopped(shop):
    server = DevServer(shop, port=0)
    server.stop()
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(server.url)


def test_an_empty_folder_is_said_to_be_waited_for(tmp_path, caplog):
    with DevServer(tmp_path, port=0):
        assert "No version of model" in caplog.text


@pytest.mark.parametrize("which", ["served", "served_integers"])
def test_an_exported_model_answers_as_it_recommends(which, request):
    export = request.getfixturevalue(which)
    ids = export.model.catalog.item_ids.tolist()
    sessions = [[ids[0]], [ids[4], ids[1]], []]
    rows = [
        {"session": session, "exclude": [export.padding]}
        for session in export.ids(sessions).numpy().astype(type(ids[0])).tolist()
    ]
    with DevServer(export.folder.parent, port=0) as server:
        client = RestClient(server.url)
        path = f"/v1/models/{urllib.parse.quote(export.folder.parent.name)}"
        for name, unseen in (("serving_default", False), ("recommend_unseen", True)):
            status, answer = client.predict({"signature_name": name, "instances": rows}, path)
            assert status == 200
            assert [row.pop("known") for row in answer["predictions"]] == [1, 2, 0]
            expected = export.model.recommend(sessions, k=4, exclude_seen=unseen)
            for row, pairs in zip(answer["predictions"], expected, strict=True):
                found = list(zip(row["item_ids"], row["scores"], strict=True))[: len(pairs)]
                assert [item_id for item_id, _ in found] == [item_id for item_id, _ in pairs]
                np.testing.assert_allclose(
                    [score for _, score in found], [score for _, score in pairs], atol=1e-5
                )
        assert [row["id"] for row in client.get("/what_if/items")[1]] == [str(i) for i in ids]
