"""One version, and versions that come and go while requests run."""

import gc
import os
import shutil
import threading
import weakref

import numpy as np
import pytest
import tensorflow as tf

from harness.saved_models import DTYPES, ITEM_IDS, K, reference, save_recommender
from keras_sessrec.serving.dev_server.answers import RequestError
from keras_sessrec.serving.dev_server.model_versions import ModelVersion, ModelVersions

# === One version ===


def column(values):
    """A matrix of one row of strings."""
    matrix = np.empty((1, len(values)), object)
    matrix[0] = [value.encode() for value in values]
    return matrix


def recommend(model, session, exclude=()):
    inputs = {"session": column(session), "exclude": column(exclude)}
    return model.predict("serving_default", inputs)


@pytest.mark.parametrize("session", [[], ["tea"], ["", "tea", "?", "Käse"], ["🍵"] * 3])
def test_answers_equal_the_reference(shop_model, session):
    answer = recommend(shop_model, session, ["cup"])
    scores = reference(session, ["cup"])
    best = np.argsort(-scores, kind="stable")[:K]
    assert [i.decode() for i in answer["item_ids"][0]] == [ITEM_IDS[i] for i in best]
    np.testing.assert_allclose(answer["scores"][0], scores[best], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", DTYPES)
def test_dtypes(echo_model, name):
    dtype = DTYPES[name]
    assert echo_model.inputs(f"echo_{name}") == {"x": tf.TensorSpec([None, None], dtype)}
    for values in ([[b"a\0", b"\xff"]] if dtype == tf.string else [[0, 1]], [[]]):
        sent = np.array(values, object if dtype == tf.string else dtype.as_numpy_dtype)
        found = echo_model.predict(f"echo_{name}", {"x": sent})["y"]
        assert found.dtype == sent.dtype
        np.testing.assert_array_equal(found, sent)


def test_signatures_and_metadata(shop_model):
    assert shop_model.signatures == ["recommend_unseen", "serving_default"]
    assert list(shop_model.inputs("serving_default")) == ["exclude", "session"]
    definition = shop_model.metadata()["signature_def"]["serving_default"]
    session = definition["inputs"]["session"]
    assert session["dtype"] == "DT_STRING"
    assert session["tensor_shape"] == {
        "dim": [{"size": "-1", "name": ""}] * 2,
        "unknown_rank": False,
    }
    assert definition["method_name"] == "tensorflow/serving/predict"
    assert definition["outputs"]["scores"]["dtype"] == "DT_FLOAT"


@pytest.mark.parametrize("missing", ["variables", "saved_model.pb"])
def test_half_a_model_does_not_load(shop, tmp_path, missing):
    shutil.copytree(shop / "1", tmp_path / "1")
    path = tmp_path / "1" / missing
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    with pytest.raises((OSError, ValueError)):
        ModelVersion(tmp_path / "1")


def test_a_cut_file_does_not_load(shop, tmp_path):
    shutil.copytree(shop / "1", tmp_path / "1")
    (data,) = (tmp_path / "1" / "variables").glob("variables.data*")
    data.write_bytes(data.read_bytes()[:-40])
    with pytest.raises(tf.errors.OpError):
        ModelVersion(tmp_path / "1")


# === Versions that come and go ===


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """Two versions that answer differently, to be copied from."""
    folder = tmp_path_factory.mktemp("saved")
    save_recommender(folder / "a", seed=1)
    save_recommender(folder / "b", seed=2)
    return folder


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "Shop").mkdir()
    return tmp_path / "Shop"


def copy(source, target):
    """As an export arrives: written beside, renamed at the end."""
    shutil.copytree(source, target.with_name("unfinished"))
    os.replace(target.with_name("unfinished"), target)


def states(versions):
    rows = versions.status()["model_version_status"]
    return {int(row["version"]): row["state"] for row in rows}


def scores(versions, **which):
    return recommend(versions.get(**which), ["tea"])["scores"]


def served(versions, **which):
    return versions.get(**which).number


def test_nothing_is_served_from_an_empty_folder(folder):
    versions = ModelVersions(folder)
    versions.poll()
    for ask in (versions.status, lambda: served(versions)):
        with pytest.raises(RequestError, match="'Shop'") as raised:
            ask()
        assert raised.value.status == 404


def test_the_newest_version_takes_over_and_the_former_is_freed(folder, saved):
    versions = ModelVersions(folder)
    copy(saved / "a", folder / "9")
    versions.poll()
    first = scores(versions)
    copy(saved / "b", folder / "10")
    versions.poll()
    assert served(versions) == 10
    assert states(versions) == {10: "AVAILABLE", 9: "END"}
    assert not np.array_equal(scores(versions), first)
    with pytest.raises(RequestError, match="No version 9 of model 'Shop'"):
        served(versions, version=9)


def test_a_deleted_version_gives_way_to_the_one_before(folder, saved):
    versions = ModelVersions(folder)
    copy(saved / "a", folder / "1")
    copy(saved / "b", folder / "2")
    versions.poll()
    assert states(versions) == {2: "AVAILABLE"}
    shutil.rmtree(folder / "2")
    versions.poll()
    assert (served(versions), states(versions)) == (1, {2: "END", 1: "AVAILABLE"})
    shutil.rmtree(folder / "1")
    versions.poll()
    with pytest.raises(RequestError, match="No version of"):
        served(versions)


def test_what_is_no_version_is_passed_over(folder, saved):
    for name in ("1.5", "-1", "latest", "temp-7", "٣"):
        copy(saved / "a", folder / name)
    (folder / ".exporting-x").mkdir()
    copy(saved / "a", folder / ".exporting-x" / "11")
    (folder / "8").mkdir()
    (folder / "9").write_text("a file")
    copy(saved / "a", folder / "0007")
    versions = ModelVersions(folder)
    versions.poll()
    assert states(versions) == {7: "AVAILABLE"}


def test_a_broken_version_is_reported_and_the_old_one_keeps_serving(folder, saved, caplog):
    versions = ModelVersions(folder)
    copy(saved / "a", folder / "1")
    versions.poll()
    first = scores(versions)
    (folder / "2").mkdir()
    (folder / "2" / "saved_model.pb").write_bytes(b"no protocol buffer")
    versions.poll()
    assert states(versions) == {2: "END", 1: "AVAILABLE"}
    status = versions.status(2)["model_version_status"][0]["status"]
    assert status["error_code"] != "OK"
    assert status["error_message"]
    np.testing.assert_array_equal(scores(versions), first)
    versions.poll()
    assert len([r for r in caplog.records if "does not load" in r.message]) == 1, "one try"


def test_a_version_that_arrives_file_by_file_is_tried_until_it_is_whole(folder, saved):
    versions = ModelVersions(folder)
    (folder / "1").mkdir()
    shutil.copy(saved / "a" / "saved_model.pb", folder / "1")
    versions.poll()
    assert states(versions) == {1: "END"}
    shutil.copytree(saved / "a" / "variables", folder / "1" / "variables")
    versions.poll()
    assert states(versions) == {1: "AVAILABLE"}
    assert scores(versions).shape == (1, 5)


def test_a_version_in_use_is_freed_with_its_last_request(folder, saved):
    versions = ModelVersions(folder)
    copy(saved / "a", folder / "1")
    versions.poll()
    model = versions.get()
    session = weakref.ref(model._session)
    copy(saved / "b", folder / "2")
    versions.poll()
    assert served(versions) == 2
    assert recommend(model, ["tea"])["scores"].shape == (1, K)
    gc.disable()
    try:
        del model
        assert session() is None, "at once, without the garbage collector"
    finally:
        gc.enable()


def test_no_request_fails_while_versions_change(folder, saved):
    versions = ModelVersions(folder)
    copy(saved / "a", folder / "1")
    versions.poll()
    known = [scores(versions)]
    answers, errors = [], []
    stop = threading.Event()

    def work():
        while not stop.is_set():
            try:
                answers.append(scores(versions))
            except Exception as error:
                errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for version in range(2, 8):
        copy(saved / "ab"[version % 2], folder / str(version))
        versions.poll()
        shutil.rmtree(folder / str(version - 1))
        versions.poll()
        known.append(scores(versions))
    stop.set()
    for thread in threads:
        thread.join()
    assert errors == []
    assert all(any(np.array_equal(answer, one) for one in known) for answer in answers)


def test_the_folder_must_be_one_of_versions(folder, saved):
    (folder / "file").write_text("")
    for name in ("missing", "file"):
        with pytest.raises(ValueError, match=f"`base_path` must be.*{name}', which is no folder"):
            ModelVersions(folder / name)
    with pytest.raises(ValueError, match=f"a version itself. Give '{saved}'"):
        ModelVersions(saved / "a")


def test_the_parent_of_models_says_which_to_give(folder, saved):
    copy(saved / "a", folder / "1")
    copy(saved / "a", folder / "2")
    with pytest.raises(ValueError, match=f"which holds models. Give one of .'{folder}'.\\."):
        ModelVersions(folder.parent)
