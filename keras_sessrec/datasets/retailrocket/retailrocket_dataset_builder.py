"""TensorFlow Datasets builder of RetailRocket."""

from __future__ import annotations

from typing import ClassVar

import tensorflow_datasets as tfds

from keras_sessrec.data.cleaning import clean
from keras_sessrec.data.frames import from_frame
from keras_sessrec.data.log_parts import keep_known_items
from keras_sessrec.data.session_gaps import sessionize
from keras_sessrec.data.session_log import SessionLog
from keras_sessrec.datasets.log_builder import LogBuilder, LogCounts, read_table

_GAP_SECONDS = 3600
_TEST_SECONDS = 7 * 86_400


class Builder(LogBuilder):
    """RetailRocket: item views of a shop, split as by the authors of GRU4Rec.

    The views of a visitor are cut at pauses of more than an hour; immediate repeats are dropped,
    then sessions of one view and items of fewer than five until neither is left (Hidasi and
    Czapp, 2023). Sessions that begin in the last seven days are the test, without the items that
    are new in it. Of the others only what was viewed before those days is trained on.
    """

    HOMEPAGE = "https://www.kaggle.com/datasets/retailrocket/ecommerce-dataset"
    MANUAL_DOWNLOAD_INSTRUCTIONS = (
        "Download https://www.kaggle.com/datasets/retailrocket/ecommerce-dataset, unpack the "
        "archive, and put `events.csv` into the manual directory. The licence is CC BY-NC-SA 4.0."
    )
    SESSION_ID = str
    PUBLISHED: ClassVar[dict[str, LogCounts]] = {
        "events.csv": LogCounts(events=2_756_101),
        "views of events.csv": LogCounts(events=2_664_312),
    }

    def _read(self, dl_manager: tfds.download.DownloadManager) -> dict[str, SessionLog]:
        types = {"timestamp": "int64", "visitorid": "int64", "event": "str", "itemid": "int64"}
        events = read_table(self._manual_file(dl_manager, "events.csv"), types)
        views = events[events["event"] == "view"]
        self._check("events.csv", LogCounts(len(events)))
        self._check("views of events.csv", LogCounts(len(views)))
        visits = from_frame(views, session_column="visitorid", item_column="itemid", time_unit="ms")
        log, _ = clean(sessionize(visits, _GAP_SECONDS), drop_immediate_repeats=True, iterate=True)
        return _split(log)


def _split(log: SessionLog) -> dict[str, SessionLog]:
    cut = log.timestamps.max() - _TEST_SECONDS
    train = log.select_sessions(log.start_times < cut)
    train = train.select_events(train.timestamps < cut)
    train = train.select_sessions(train.lengths >= 2)
    test, _ = keep_known_items(log.select_sessions(log.start_times >= cut), train)
    return {"train": train, "test": test}
