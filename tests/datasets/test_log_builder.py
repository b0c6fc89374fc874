"""What the builders of click logs have in common."""

import dataclasses
import gzip
import json
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import tensorflow_datasets as tfds

from harness import dataset
from harness.scorer import log_of
from keras_sessrec.datasets.log_builder import LogBuilder, LogCounts, read_table


class TeaShop(LogBuilder, skip_registration=True):
    """A builder of the log that it is given."""

    pkg_dir_path = Path(__file__).parent
    ITEM_ID = str
    PUBLISHED: ClassVar = {"train": LogCounts(events=5, sessions=2)}

    def __init__(self, log, **kwargs):
        super().__init__(**kwargs)
        self.log = log

    def _read(self, dl_manager):
        self._check("train", LogCounts.of(self.log))
        return {"train": self.log}


TEA = log_of([["tea", "cup", "tea"], ["pot", "tea"]])


def stored(log, data_dir, **kwargs):
    builder = TeaShop(log, data_dir=data_dir, **kwargs)
    builder.download_and_prepare()
    return builder


def test_an_example_is_a_session_in_milliseconds(tmp_path):
    log = dataclasses.replace(TEA, timestamps=TEA.timestamps + 0.125)
    first, second = tfds.as_numpy(stored(log, tmp_path).as_dataset(split="train"))
    assert first["session_id"] == 1 and second["session_id"] == 2
    assert first["items"].tolist() == [b"tea", b"cup", b"tea"]
    assert second["timestamps"].tolist() == [3_125, 4_125]
    assert second["timestamps"].dtype == np.int64


def test_a_wrong_count_stops_the_build_and_nothing_is_stored(tmp_path):
    short = TEA.select_sessions([0])
    with pytest.raises(
        ValueError, match=r"5 events, 2 sessions were expected\. Received: 3 events"
    ):
        stored(short, tmp_path)
    assert not list(tmp_path.rglob("*.tfrecord*"))
    assert stored(short, tmp_path, check_counts=False).info.splits["train"].num_examples == 1


def test_integer_ids_are_stored_as_the_type_says(tmp_path):
    log = log_of([[7, 8, 7], [9, 7]])
    [first, _] = tfds.as_numpy(stored(log, tmp_path).as_dataset(split="train"))
    assert first["items"].tolist() == [b"7", b"8", b"7"]


def test_string_ids_where_integers_belong_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(TeaShop, "ITEM_ID", int)
    with pytest.raises(ValueError, match=r"item ids must be integers\. Received: 'cup'"):
        stored(TEA, tmp_path)


def test_the_order_is_stored_as_one_of_time(tmp_path):
    builder = stored(TEA, tmp_path)
    assert builder.info.disable_shuffling
    info = json.loads(next(tmp_path.rglob("dataset_info.json")).read_text())
    assert info["disableShuffling"] is True
    log = dataset.to_log(builder.as_dataset(split="train"))
    assert dataset.sessions_of(log) == dataset.sessions_of(TEA)


PUBLISHED = LogCounts(events=5_000, sessions=2, items=3)


def test_counts_of_a_log():
    assert LogCounts.of(log_of([["a", "b", "a"], ["c", "a"]])) == LogCounts(5, 2, 3)


def test_items_that_do_not_occur_are_not_counted():
    log = log_of([["a", "b", "a"], ["c", "a"]]).select_sessions([1])
    assert LogCounts.of(log) == LogCounts(2, 1, 2)


@pytest.mark.parametrize("field", ["events", "sessions", "items"])
def test_the_message_names_the_count_that_differs_and_no_other(field):
    counts = {"events": 5_000, "sessions": 2, "items": 3}
    with pytest.raises(ValueError) as error:
        PUBLISHED.check(LogCounts(**counts | {field: 1_234}), "tea, train")
    said = str(error.value)
    assert said.startswith(f"tea, train: the published {counts[field]:,} {field} were expected. ")
    assert f"Received: 1,234 {field}. " in said and "check_counts=False" in said
    assert sum(f" {other} " in said or f" {other}." in said for other in counts) == 1


def test_what_is_not_published_may_be_anything():
    published = LogCounts(events=5_000)
    published.check(LogCounts(5_000, 7, 8), "tea")
    with pytest.raises(ValueError, match=r"5,000 events were expected\. Received: 4,999 events"):
        published.check(LogCounts(4_999, 7, 8), "tea")


def test_the_wanted_columns_with_their_types(tmp_path):
    path = tmp_path / "views.csv"
    path.write_text('a;b;c\n1;"NA";x\n22;007;"y;z"\n')
    table = read_table(path, {"a": "int64", "b": "str"}, delimiter=";")
    assert table.columns.tolist() == ["a", "b"]
    assert table["a"].tolist() == [1, 22] and table["a"].dtype == "int64"
    assert table["b"].tolist() == ["NA", "007"]


def test_other_columns_may_hold_any_bytes_and_the_file_may_be_packed(tmp_path):
    path = tmp_path / "lines.csv.gz"
    path.write_bytes(gzip.compress(b"code,name\n85123A,\xa3 jar\n"))
    assert read_table(path, {"code": "str"})["code"].tolist() == ["85123A"]


def test_a_missing_column_is_named(tmp_path):
    path = tmp_path / "queries.csv"
    path.write_text("queryId,itemId\n1,2\n")
    with pytest.raises(ValueError, match=r"columns \['sessionId'\] are not there.*'queryId'"):
        read_table(path, {"sessionId": "int64", "itemId": "int64"})


def test_a_value_of_another_type_names_the_file(tmp_path):
    path = tmp_path / "views.csv"
    path.write_text("item\n1\ntea\n")
    with pytest.raises(ValueError, match=r"views.csv` cannot be read: .*tea"):
        read_table(path, {"item": "int64"})
