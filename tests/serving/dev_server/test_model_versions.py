"""Versions that come and go while requests run."""

import os
import shutil
import threading

import numpy as np
import pytest

from harness.saved_models import save_recommender
from keras_sessrec.serving.dev_server.answers import RequestError
from keras_sessrec.serving.dev_server.model_versions import ModelVersions


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
    with versions.borrow(**which) as (_, model):
        signature = model.signatures["serving_default"]
        session = np.array([[b"tea"]], object)
        return model.predict(signature, {"session": session, "exclude": session})["scores"]


def served(versions, **which):
    with versions.borrow(**which) as (number, _):
        return number


def test_nothing_is_served_from_an_empty_folder(folder):
    versions = ModelVersions(folder)
    versions.poll()
    for ask in (versions.status, lambda: served(versions)):
        with pytest.raises(RequestError, match="'Shop'") as raised:
            ask()
        assert raised.value.code == "NOT_FOUND"


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
    for name in ("1.5", "-1", "latest", "temp-7", "٣", str(2**63)):
        copy(saved / "a", folder / name)
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


def test_a_borrowed_version_is_freed_when_it_comes_back(folder, saved, monkeypatch):
    versions = ModelVersions(folder)
    copy(saved / "a", folder / "1")
    versions.poll()
    with versions.borrow() as (_, model), versions.borrow() as (_, again):
        assert model is again
        closed = []
        monkeypatch.setattr(model, "close", lambda: closed.append(True))
        copy(saved / "b", folder / "2")
        versions.poll()
        assert (served(versions), closed) == (2, [])
    assert closed == [True]


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


def test_closed_versions_are_gone(folder, saved):
    copy(saved / "a", folder / "1")
    versions = ModelVersions(folder)
    versions.poll()
    versions.close()
    with pytest.raises(RequestError, match="No version of"):
        served(versions)


def test_the_folder_must_be_one_of_versions(folder, saved):
    with pytest.raises(ValueError, match="which is none"):
        ModelVersions(folder / "missing")
    with pytest.raises(ValueError, match="a version itself"):
        ModelVersions(saved / "a")


def test_the_parent_of_models_says_which_to_give(folder, saved):
    copy(saved / "a", folder / "1")
    with pytest.raises(ValueError, match=r"the folder of one model. Received: .*Give '.*"):
        ModelVersions(folder.parent)
