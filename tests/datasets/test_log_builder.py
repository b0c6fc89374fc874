import dataclasses
import json
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import tensorflow_datasets as tfds

from harness import dataset
from harness.scorer import log_of
from keras_sessrec.datasets.log_builder import LogBuilder
from keras_sessrec.datasets.log_counts import LogCounts


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
