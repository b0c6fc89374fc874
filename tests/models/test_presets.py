"""Trained models by name."""

import pathlib

import keras
import numpy as np
import pytest

import keras_sessrec as ksr
from harness.model import chain_log, compile_arguments
from keras_sessrec.models import presets

LOG = chain_log()
CATALOG = ksr.Catalog.from_log(LOG)


def batches():
    return ksr.batches.session_parallel(LOG, CATALOG, lanes=8)


def trained():
    model = ksr.models.GRU4Rec(CATALOG, units=[6], seed=1)
    model.compile(**compile_arguments())
    model.fit(batches(), epochs=1, verbose=0)
    return model


@pytest.fixture(scope="module")
def model():
    return trained()


@pytest.fixture
def folder(model, tmp_path, monkeypatch):
    """A working directory with two models of two families in it, and a package elsewhere."""
    other = ksr.models.EmbeddingGRU4Rec(CATALOG, np.eye(len(CATALOG)), units=[4], seed=1)
    for name, saved in (("plain", model), ("vectors", other)):
        path = tmp_path / "work" / "saved_models" / name
        path.mkdir(parents=True)
        saved.save(path / "model.keras")
    monkeypatch.chdir(tmp_path / "work")
    package = tmp_path / "checkout" / "keras_sessrec" / "models"
    monkeypatch.setattr(presets, "__file__", str(package / "presets.py"))
    return tmp_path


@pytest.mark.parametrize(
    "preset",
    [
        "plain",
        "saved_models/plain",
        "saved_models/plain/model.keras",
        pathlib.Path("saved_models") / "plain",
    ],
    ids=str,
)
@pytest.mark.parametrize("kind", [ksr.models.GRU4Rec, ksr.models.SessionRecommender])
def test_a_name_a_folder_and_a_file_give_the_model(model, folder, kind, preset):
    loaded = kind.from_preset(preset)
    assert type(loaded) is ksr.models.GRU4Rec
    assert loaded.catalog == CATALOG
    items = np.array([[1, 2, 0], [3, 0, 0]])
    np.testing.assert_array_equal(loaded.score(items), model.score(items))


def test_the_base_gives_whatever_family_it_is(folder):
    loaded = ksr.models.SessionRecommender.from_preset("vectors")
    assert type(loaded) is ksr.models.EmbeddingGRU4Rec


def test_training_goes_on_where_it_was(folder):
    model, loaded = trained(), ksr.models.GRU4Rec.from_preset("plain")
    for each in (model, loaded):
        each.fit(batches(), epochs=1, verbose=0)
    for ours, theirs in zip(loaded.weights, model.weights, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_a_family_refuses_another(folder):
    wanted = "must be a `GRU4Rec`. Received: 'vectors', whose class is `EmbeddingGRU4Rec`"
    with pytest.raises(ValueError, match=wanted):
        ksr.models.GRU4Rec.from_preset("vectors")


def test_what_is_no_model_of_this_package_is_refused(folder):
    other = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    other.save(folder / "dense.keras")
    with pytest.raises(ValueError, match=r"`SessionRecommender`. Received: .*dense\.keras"):
        ksr.models.SessionRecommender.from_preset(folder / "dense.keras")


def test_an_unknown_name_is_answered_by_folders_and_names(folder):
    with pytest.raises(FileNotFoundError) as raised:
        ksr.models.GRU4Rec.from_preset("plane")
    message = str(raised.value)
    assert "Received: 'plane'" in message
    assert str(folder / "work" / "saved_models") in message
    assert str(folder / "checkout" / "keras_sessrec" / "saved_models") in message
    assert "found there: plain, vectors." in message


def test_without_any_model_the_error_says_so(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError, match="found there: none"):
        presets.find_preset("plain")


def test_the_checkout_is_looked_in_too_and_the_working_directory_first(model, folder):
    both = folder / "checkout" / "saved_models"
    for name in ("plain", "third"):
        (both / name).mkdir(parents=True)
        model.save(both / name / "model.keras")
    assert presets.find_preset("third") == both / "third" / "model.keras"
    here = folder / "work" / "saved_models" / "plain" / "model.keras"
    assert presets.find_preset("plain") == here


def test_a_path_goes_before_a_name_and_is_no_name(model, folder):
    pathlib.Path("plain").mkdir()  # a folder without a model hides no name
    assert presets.find_preset("plain").is_absolute()
    model.save("plain/model.keras")
    assert presets.find_preset("plain") == pathlib.Path("plain/model.keras")
    with pytest.raises(FileNotFoundError):
        presets.find_preset("elsewhere/vectors")


def test_an_installed_package_has_its_models_within(model, folder):
    within = folder / "checkout" / "keras_sessrec" / "saved_models"
    model.save_to_preset(within / "third")
    assert presets.find_preset("third") == within / "third" / "model.keras"
    (folder / "checkout" / "saved_models").mkdir()
    assert presets.preset_folders()[1] == folder / "checkout" / "saved_models"


def test_a_preset_is_saved_by_its_name(model, folder):
    model.save_to_preset("saved_models/fourth")
    loaded = ksr.models.GRU4Rec.from_preset("fourth")
    assert loaded.recommend([[101]]) == model.recommend([[101]])


def test_folders_are_listed_once(folder, monkeypatch):
    (folder / "checkout" / "saved_models").mkdir(parents=True)
    monkeypatch.chdir(folder / "checkout")
    assert presets.preset_folders() == [folder / "checkout" / "saved_models"]
