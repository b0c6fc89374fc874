"""Models travel to a hub and back: to a stand-in of Hugging Face, and through functions of Kaggle.

kagglehub asks fixed addresses, and what it uploads goes to Google's storage: its two functions are
replaced by ones that copy.
"""

import json
import shutil
import sys

import pytest

import keras_sessrec as ksr
from harness.hub import TOKEN, Hub
from harness.model import chain_log, compile_arguments
from keras_sessrec.models import hubs

CATALOG = ksr.Catalog.from_log(chain_log())
HF, KAGGLE = "hf://me/shop", "kaggle://me/shop/keras/small"


@pytest.fixture(scope="module")
def model():
    model = ksr.models.GRU4Rec(CATALOG, units=[6], seed=1)
    model.compile(**compile_arguments())
    model.fit(ksr.batches.session_parallel(chain_log(), CATALOG, lanes=8), verbose=0)
    return model


@pytest.fixture
def folder(model, tmp_path):
    """A preset, beside an export of it."""
    model.save_to_preset(tmp_path / "preset")
    (tmp_path / "preset" / "1").mkdir()
    (tmp_path / "preset" / "1" / "saved_model.pb").write_bytes(b"an export")
    return tmp_path / "preset"


def forget():
    """The package reads its environment when it is imported."""
    for name in [n for n in sys.modules if n.split(".")[0] == "huggingface_hub"]:
        del sys.modules[name]


@pytest.fixture
def hub(tmp_path, monkeypatch):
    pytest.importorskip("huggingface_hub")
    with Hub() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        monkeypatch.setenv("HF_HUB_DISABLE_XET", "1")
        monkeypatch.setenv("HF_HUB_DISABLE_TELEMETRY", "1")
        forget()
        yield hub
    forget()


def test_a_preset_travels_to_the_hub_and_back(model, folder, hub):
    ksr.models.upload_preset(HF, folder)
    assert sorted(hub.repositories["me/shop"]) == ["README.md", "model.keras", "preset.json"]
    assert hub.repositories["me/shop"]["model.keras"] == (folder / "model.keras").read_bytes()
    loaded = ksr.models.GRU4Rec.from_preset(HF)
    assert loaded.recommend([[101, 102]]) == model.recommend([[101, 102]])
    assert loaded.optimizer.get_config() == model.optimizer.get_config()
    downloads = sum("GET /cdn/" in asked for asked in hub.asked)
    ksr.models.SessionRecommender.from_preset(HF)
    assert downloads == sum("GET /cdn/" in asked for asked in hub.asked) == 1


def test_the_readme_says_how_to_load_it_and_is_not_written_over(folder, hub):
    ksr.models.upload_preset(HF, folder)
    text = hub.repositories["me/shop"]["README.md"].decode()
    assert 'ksr.models.GRU4Rec.from_preset("hf://me/shop")' in text
    assert "It knows 10 items." in text and text.startswith("---\nlibrary_name: keras\n")
    hub.repositories["me/shop"]["README.md"] = b"by hand"
    ksr.models.upload_preset(HF, folder)
    assert hub.repositories["me/shop"]["README.md"] == b"by hand"
    (folder / "README.md").write_text("by us")
    ksr.models.upload_preset(HF, folder)
    assert hub.repositories["me/shop"]["README.md"] == b"by us"
    assert len(hub.commits) == 3


def test_what_the_hub_does_not_have(hub):
    for missing in (HF, "hf://me/empty"):
        with pytest.raises(FileNotFoundError, match=r"address of a model.*Received: 'hf://me/"):
            ksr.models.GRU4Rec.from_preset(missing)
        hub.repositories["me/empty"] = {}


def test_a_hub_that_is_not_reached_is_another_error(hub, monkeypatch):
    monkeypatch.setattr(Hub, "oid", lambda self: "")  # what a page of a proxy lacks
    hub.repositories["me/shop"] = {"model.keras": b""}
    with pytest.raises(FileNotFoundError) as raised:
        ksr.models.GRU4Rec.from_preset(HF)
    assert "address of a model" not in str(raised.value)


def test_a_family_refuses_another_from_the_hub_too(folder, hub):
    ksr.models.upload_preset(HF, folder)
    with pytest.raises(
        ValueError, match=r"must be a `EmbeddingGRU4Rec`\. Received: 'hf://me/shop'"
    ):
        ksr.models.EmbeddingGRU4Rec.from_preset(HF)


def test_a_damaged_file_is_named(folder, hub):
    (folder / "model.keras").write_bytes(b"no model")
    ksr.models.upload_preset(HF, folder)
    with pytest.raises(ValueError, match=r"model\.keras cannot be loaded"):
        ksr.models.GRU4Rec.from_preset(HF)


@pytest.fixture
def kaggle(tmp_path, monkeypatch):
    """kagglehub with a folder for its hub; what it was told to upload."""
    package = pytest.importorskip("kagglehub")
    there = tmp_path / "kaggle"

    def upload(handle, local_model_dir):
        shutil.copytree(local_model_dir, there / handle)

    def download(handle, path):
        return str(there / handle.removesuffix("/3") / path)

    monkeypatch.setattr(package, "model_upload", upload)
    monkeypatch.setattr(package, "model_download", download)
    return there


@pytest.mark.parametrize("version", ["", "/3"])
def test_a_preset_travels_to_kaggle_and_back(model, folder, kaggle, version):
    ksr.models.upload_preset(KAGGLE, folder)
    sent = kaggle / "me" / "shop" / "keras" / "small"
    names = sorted(file.name for file in sent.iterdir())
    assert names == ["README.md", "model.keras", "preset.json"]
    assert (sent / "README.md").read_text().count(f'GRU4Rec.from_preset("{KAGGLE}")') == 1
    loaded = ksr.models.GRU4Rec.from_preset(KAGGLE + version)
    assert loaded.recommend([[101, 102]]) == model.recommend([[101, 102]])


@pytest.mark.parametrize(("status", "error"), [(404, FileNotFoundError), (500, OSError)])
def test_what_kaggle_does_not_have(kaggle, monkeypatch, status, error):
    requests = pytest.importorskip("requests")
    import kagglehub
    from kagglehub.exceptions import KaggleApiHTTPError

    def refuse(handle, path):
        response = requests.Response()
        response.status_code = status
        raise KaggleApiHTTPError("refused", response=response)

    monkeypatch.setattr(kagglehub, "model_download", refuse)
    with pytest.raises(error) as raised:
        ksr.models.GRU4Rec.from_preset(KAGGLE)
    assert (type(raised.value) is FileNotFoundError) == (status == 404)


@pytest.mark.parametrize(
    "uri", ["hf://shop", "hf://me/shop/main", "kaggle://me/shop", "s3://me/shop", "shop", ""]
)
def test_other_addresses_are_refused(folder, uri):
    with pytest.raises(ValueError, match="`uri` must be 'hf://<user>/<model>' or"):
        ksr.models.upload_preset(uri, folder)


def test_a_folder_without_a_model_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"`preset` must be a folder with a `model\.keras`"):
        ksr.models.upload_preset(HF, tmp_path)


@pytest.mark.parametrize(
    ("uri", "package"), [(HF, "huggingface_hub"), (KAGGLE, "kagglehub")], ids=["hf", "kaggle"]
)
def test_without_the_package_the_extra_is_named(monkeypatch, folder, uri, package):
    monkeypatch.setitem(sys.modules, package, None)
    for use in (lambda: ksr.models.upload_preset(uri, folder), lambda: hubs.download(uri)):
        with pytest.raises(ImportError, match=rf"need {package}.*keras_sessrec\[hub\]"):
            use()


def test_the_facts_of_a_preset(folder):
    facts = json.loads((folder / "preset.json").read_text())
    assert facts["class"] == "GRU4Rec" and facts["items"] == 10
    assert set(facts["made_with"]) == {"keras", "tensorflow"}
