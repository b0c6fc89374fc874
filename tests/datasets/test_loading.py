import ast
import subprocess
import sys
from pathlib import Path

import pytest
import tensorflow_datasets as tfds

import keras_sessrec as ksr
from harness import dataset
from keras_sessrec.data.shop.shop import synthetic_shop
from keras_sessrec.data.splits import split_last_days
from keras_sessrec.datasets import load as load_module
from keras_sessrec.datasets import online_retail, retailrocket, rsc15

WITHOUT_THE_BUILDERS = """
import sys
import keras_sessrec as ksr
assert callable(ksr.datasets.load) and callable(ksr.datasets.to_log)
assert "tensorflow_datasets" not in sys.modules
"""


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    """With the small shop built in it."""
    data_dir = tmp_path_factory.mktemp("tensorflow_datasets")
    ksr.datasets.load("synthetic_shop/small", "test", data_dir=data_dir)
    return data_dir


def test_a_split_is_a_log(data_dir):
    shop = synthetic_shop(num_sessions=2_000, num_items=200, num_days=14)
    for split, log in zip(("train", "test"), split_last_days(shop.log), strict=True):
        loaded = ksr.datasets.load("synthetic_shop/small", split, data_dir=data_dir)
        assert dataset.sessions_of(loaded) == dataset.sessions_of(log)


def test_a_part_of_a_split_is_of_one_time(data_dir):
    whole = ksr.datasets.load("synthetic_shop/small", "train", data_dir=data_dir)
    recent = ksr.datasets.load("synthetic_shop/small", "train[-10%:]", data_dir=data_dir)
    num = recent.num_sessions
    assert num == round(whole.num_sessions / 10)
    assert recent.session_ids.tolist() == whole.session_ids[-num:].tolist()


def test_tfds_finds_the_builders_and_their_dataset_becomes_the_same_log(data_dir):
    stored = tfds.load("synthetic_shop/small", split="test", data_dir=data_dir)
    loaded = ksr.datasets.load("synthetic_shop/small", "test", data_dir=data_dir)
    assert dataset.sessions_of(ksr.datasets.to_log(stored)) == dataset.sessions_of(loaded)


@pytest.mark.parametrize("package", [rsc15, retailrocket, online_retail])
def test_what_is_built_already_is_read(package, tmp_path):
    """Of the one configuration and of the first of many; integer and string ids."""
    logs = dataset.build(package.Builder, tmp_path)
    loaded = ksr.datasets.load(package.Builder.name, "train", data_dir=tmp_path)
    assert dataset.sessions_of(loaded) == dataset.sessions_of(logs["train"])
    assert loaded.item_ids.dtype == logs["train"].item_ids.dtype


def test_one_line_each_from_the_name_to_a_trained_model(data_dir):
    train = ksr.datasets.load("synthetic_shop/small", "train", data_dir=data_dir)
    test = ksr.datasets.load("synthetic_shop/small", "test", data_dir=data_dir)
    catalog = ksr.Catalog.from_log(train)
    knn = ksr.baselines.ItemKNN().fit(train, catalog)
    result = ksr.evaluate(knn, test, catalog)
    popularity = ksr.evaluate(ksr.baselines.Popularity().fit(train, catalog), test, catalog)
    assert result.recall(20) > popularity.recall(20) > 0


def test_a_manual_directory_without_the_file_says_what_to_do(tmp_path):
    (tmp_path / "notes.txt").write_text("nothing yet")
    with pytest.raises(FileNotFoundError, match=r"yoochoose-clicks.dat` was expected.*Kaggle"):
        ksr.datasets.load("rsc15/full", "train", data_dir=tmp_path / "d", manual_dir=tmp_path)


def test_an_unknown_name_is_refused_with_the_known_ones(tmp_path):
    with pytest.raises(ValueError, match=r"'rsc15'.*Received: 'yoochoose/full'"):
        ksr.datasets.load("yoochoose/full", "train", data_dir=tmp_path)


def test_an_unknown_configuration_or_split_is_refused(data_dir):
    with pytest.raises(ValueError, match="huge"):
        ksr.datasets.load("synthetic_shop/huge", "train", data_dir=data_dir)
    with pytest.raises(ValueError, match="valid"):
        ksr.datasets.load("synthetic_shop/small", "valid", data_dir=data_dir)


def test_every_builder_has_its_name_in_load():
    folder = dataset.dummy_file(rsc15.Builder).parents[2]
    packages = {path.parent.name for path in folder.glob("*/*_dataset_builder.py")}
    assert packages == set(sys.modules[load_module.__module__]._NAMES)


def test_no_module_that_comes_with_the_library_imports_tensorflow_datasets():
    """Follows the imports at the top of the modules, from the package's own on."""
    root = Path(ksr.__file__).parent
    to_read, seen, outside = ["keras_sessrec"], set(), set()
    while to_read:
        name = to_read.pop()
        place = root.joinpath(*name.split(".")[1:])
        file = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
        if not file.is_file() or name in seen:
            continue
        seen.add(name)
        for node in ast.parse(file.read_text()).body:
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            outside |= {imported.split(".")[0] for imported in names}
            to_read += [imported for imported in names if imported.startswith("keras_sessrec")]
    assert {"keras_sessrec.datasets.loading", "keras_sessrec.datasets.records"} < seen
    assert "tensorflow" in outside and "tensorflow_datasets" not in outside


@pytest.mark.slow
def test_a_fresh_process_does_not_import_tensorflow_datasets():
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_THE_BUILDERS], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
