"""New items join an export by their titles."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

import keras_sessrec as ksr
from keras_sessrec_cli.command import main
from keras_sessrec_cli.extend import read_titles

NEW = [f"new-{number}" for number in range(6)]


@pytest.fixture
def folder(shop, tmp_path):
    """A trained shop of its own, with an export."""
    return Path(shutil.copytree(shop, tmp_path / "shop"))


@pytest.fixture
def titles(folder):
    """Of the trained items and of new ones, which are called as trained ones are."""
    shop = ksr.data.synthetic_shop(num_sessions=800, num_items=40, num_days=5, seed=1)
    trained = ksr.models.SessionRecommender.from_preset(folder).catalog
    titles = dict(zip(shop.item_ids.tolist(), shop.titles, strict=True))
    titles = {item: title for item, title in titles.items() if item in trained}
    return titles | dict(zip(NEW, list(titles.values())[: len(NEW)], strict=True))


def write(titles, path, columns=("id", "title"), **options):
    pd.DataFrame(titles.items(), columns=list(columns)).to_csv(path, index=False, **options)
    return str(path)


def versions(folder):
    return sorted(path.parent for path in (folder / "export").glob("*/saved_model.pb"))


def test_the_next_version_knows_the_new_items_and_answers_as_the_model(folder, titles, capsys):
    items = write(titles, folder / "items.csv")
    before = (folder / "model.keras").read_bytes()
    assert main(["extend", str(folder), items, "--share", "0.3"]) == 0
    _, new = versions(folder)
    printed = capsys.readouterr().out
    assert f"6 new items beside {len(titles) - 6} trained ones" in printed
    assert f"Export: {new}, after " in printed and f"serve {folder}" in printed
    assert (folder / "model.keras").read_bytes() == before
    assert "6 of the items have no clicks" in (new / "assets.extra/model_card.md").read_text()

    trained = ksr.models.SessionRecommender.from_preset(folder)
    catalog = trained.catalog.with_items(NEW)
    catalog = catalog.with_features("t", ksr.features.TextVectorizer().fit(catalog, titles))
    expected = trained.extended(catalog, "t", share=0.3)
    served = tf.saved_model.load(str(new)).signatures["serving_default"]
    clicks = [[item] for item in [*trained.catalog.item_ids.tolist(), *NEW]]
    answer = served(session=tf.constant(clicks), exclude=tf.constant([[""]] * len(clicks)))
    ids = np.char.decode(answer["item_ids"].numpy().astype(bytes))
    assert ids.tolist() == [[i for i, _ in row] for row in expected.recommend(clicks, k=20)]
    assert np.isin(ids, NEW).mean() == pytest.approx(0.3, abs=0.1)
    assert (answer["known"].numpy() == 1).all()


def test_a_folder_of_exports_gets_its_version_there(folder, titles):
    exports = folder / "export"
    shutil.copy(folder / "model.keras", exports)
    assert main(["extend", str(exports), write(titles, folder / "items.csv")]) == 0
    assert len(versions(folder)) == 2 and not (exports / "export").exists()


@pytest.mark.parametrize("kept", ["trained", "new"])
def test_titles_of_both_are_needed(folder, titles, capsys, kept):
    few = {item: title for item, title in titles.items() if (item in NEW) == (kept == "new")}
    assert main(["extend", str(folder), write(few, folder / "items.csv")]) == 2
    err = capsys.readouterr().err
    assert "`ITEMS` must have titles of the items" in err
    assert ("with 0 trained and 6 new" if kept == "new" else "and 0 new items") in err
    assert len(versions(folder)) == 1


def test_other_columns_tabs_and_parquet(titles, tmp_path):
    write(titles, tmp_path / "items.tsv", ("sku", "name"), sep="\t")
    assert read_titles(tmp_path / "items.tsv", "sku", "name") == titles
    frame = pd.DataFrame({"sku": [7, 8, 9], "name": ["tea", None, "pot"]})
    frame.to_parquet(tmp_path / "items.parquet")
    assert read_titles(tmp_path / "items.parquet", "sku", "name") == {"7": "tea", "9": "pot"}


def test_ids_stay_as_they_are_written(tmp_path):
    (tmp_path / "items.csv").write_text("\ufeffid,title\n007,tea\nNA,null\n,none\n1e3,\n")
    found = read_titles(tmp_path / "items.csv", "id", "title")
    assert found == {"007": "tea", "NA": "null", "1e3": ""}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("items.csv", "id,name\n1,tea\n", "`--title` must name a column of .*there are id, name"),
        ("items.csv", "", "`ITEMS` cannot be read"),
        ("items.parquet", "no parquet", "`ITEMS` cannot be read"),
        ("items.xlsx", "", r"must end in \.csv, \.tsv or \.parquet"),
    ],
)
def test_files_that_cannot_be_used(tmp_path, name, content, message):
    (tmp_path / name).write_text(content)
    with pytest.raises(ValueError, match=message):
        read_titles(tmp_path / name, "id", "title")


def test_a_file_that_is_not_there(folder, capsys):
    assert main(["extend", str(folder), str(folder / "none.csv")]) == 2
    assert "none.csv" in capsys.readouterr().err
