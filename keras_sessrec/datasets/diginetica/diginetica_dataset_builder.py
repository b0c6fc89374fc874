"""TensorFlow Datasets builder of Diginetica."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pandas as pd
import tensorflow_datasets as tfds

from keras_sessrec.data.cleaning import clean
from keras_sessrec.data.frames import from_frame
from keras_sessrec.data.log_parts import keep_known_items
from keras_sessrec.data.session_log import SessionLog
from keras_sessrec.datasets.log_builder import LogBuilder, LogCounts, read_table

_SECONDS_PER_DAY = 86_400
_TEST_DAYS = 7


class Builder(LogBuilder):
    """Diginetica: item views of the CIKM Cup 2016, split as in the session-GNN papers.

    Sessions of one view and items of fewer than five views are dropped. A session's day is that
    of its last row in the file; the last seven days are the test. The day before them is in
    neither part: the papers compare dates strictly on both sides (Wu et al., 2019, and before
    them Li et al., 2017), and their counts come out only so.
    """

    HOMEPAGE = "https://competitions.codalab.org/competitions/11161"
    MANUAL_DOWNLOAD_INSTRUCTIONS = (
        "Download the data of CIKM Cup 2016, track 2 (https://competitions.codalab.org/"
        "competitions/11161, after registration), unpack the archive, and put "
        "`train-item-views.csv` into the manual directory."
    )
    PUBLISHED: ClassVar[dict[str, LogCounts]] = {
        "train-item-views.csv": LogCounts(events=1_235_380, sessions=310_324, items=122_993),
        "train": LogCounts(events=906_140, sessions=186_670, items=43_097),
        "test": LogCounts(events=76_821, sessions=15_963, items=21_131),
    }

    def _read(self, dl_manager: tfds.download.DownloadManager) -> dict[str, SessionLog]:
        name = "train-item-views.csv"
        log, day_of_session = _read_views(self._manual_file(dl_manager, name))
        self._check(name, LogCounts.of(log))
        log, _ = clean(log)
        days = day_of_session.loc[log.session_ids].to_numpy()
        cut = days.max() - _TEST_DAYS * _SECONDS_PER_DAY
        train = log.select_sessions(days < cut)
        test, _ = keep_known_items(log.select_sessions(days > cut), train)
        self._check("train", LogCounts.of(train))
        self._check("test", LogCounts.of(test))
        return {"train": train, "test": test}


def _read_views(path: str) -> tuple[SessionLog, pd.Series]:
    """The log of all views, and each session's day as Unix time in seconds."""
    types = {"sessionId": "int64", "itemId": "int64", "timeframe": "int64", "eventdate": "str"}
    views = read_table(path, types, delimiter=";")
    dates = pd.to_datetime(views["eventdate"], format="%Y-%m-%d").to_numpy()
    views["day"] = dates.astype("datetime64[s]").astype(np.int64)
    by_session = views.groupby("sessionId")["day"]
    # `timeframe` counts milliseconds in the session; a view's own date adds nothing to it.
    views["timestamp"] = by_session.transform("last") * 1000 + views["timeframe"]
    log = from_frame(views, session_column="sessionId", item_column="itemId", time_unit="ms")
    return log, by_session.last()
