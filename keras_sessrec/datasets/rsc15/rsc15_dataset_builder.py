"""TensorFlow Datasets builder of RSC15."""

from __future__ import annotations

import dataclasses
from typing import ClassVar

import tensorflow_datasets as tfds

from keras_sessrec.data.cleaning import clean
from keras_sessrec.data.log_parts import recent_fraction
from keras_sessrec.data.reading import read_clicks
from keras_sessrec.data.session_log import SessionLog
from keras_sessrec.data.splits import sliding_windows, split_last_days
from keras_sessrec.datasets.log_builder import LogBuilder, LogCounts

# The windows of Ludewig and Jannach (2018): 30 days and 1 day, side by side from day 5 on.
_TRAIN_DAYS, _TEST_DAYS, _OFFSET_DAYS, _NUM_WINDOWS = 30, 1, 5, 5


@dataclasses.dataclass
class RSC15Config(tfds.core.BuilderConfig):
    """Which part of RSC15 is trained and tested on.

    Attributes:
        fraction: float, most recent fraction of the training sequences. Defaults to 1.
        window: int, number from 1 of a window of 30 and 1 days, or `None`: the last day is the
            test and everything before it the training part. Defaults to `None`.
    """

    fraction: float = 1
    window: int | None = None


def _configs() -> list[RSC15Config]:
    full = RSC15Config(name="full", description="Last day as the test, all before it to train on.")
    recent = [
        RSC15Config(
            name=f"recent_{parts}",
            description=f"As `full`, with the most recent 1/{parts} of the training sequences.",
            fraction=1 / parts,
        )
        for parts in (4, 16, 64, 256)
    ]
    windows = [
        RSC15Config(
            name=f"window_{number}",
            description=f"Window {number} of {_NUM_WINDOWS}: 30 days to train on, 1 to test.",
            window=number,
        )
        for number in range(1, _NUM_WINDOWS + 1)
    ]
    return [full, *recent, *windows]


class Builder(LogBuilder):
    """RSC15: clicks of the RecSys Challenge 2015, cleaned and split as in the GRU4Rec paper.

    Sessions of one click and items of fewer than five clicks are dropped (Hidasi et al., 2016,
    section 4.1); the test of `full` and the `recent` configurations is the papers' own, the
    sessions that end in the last day.
    """

    HOMEPAGE = "https://recsys.acm.org/recsys15/challenge/"
    MANUAL_DOWNLOAD_INSTRUCTIONS = (
        "Download the archive of the RecSys Challenge 2015 (yoochoose-data.7z, from Kaggle: "
        "chadgostopp/recsys-challenge-2015), unpack it, and put `yoochoose-clicks.dat` into the "
        "manual directory. The licence is CC BY-NC-ND 4.0."
    )
    BUILDER_CONFIGS: ClassVar[list[RSC15Config]] = _configs()
    PUBLISHED: ClassVar[dict[str, LogCounts]] = {
        "yoochoose-clicks.dat": LogCounts(events=33_003_944, sessions=9_249_729, items=52_739),
        "train": LogCounts(events=31_637_239, sessions=7_966_257, items=37_483),
        "test": LogCounts(events=71_222, sessions=15_324, items=6_751),
    }

    def _read(self, dl_manager: tfds.download.DownloadManager) -> dict[str, SessionLog]:
        name = "yoochoose-clicks.dat"
        log = read_clicks(self._manual_file(dl_manager, name), format="rsc15")
        self._check(name, LogCounts.of(log))
        log, _ = clean(log)
        config = self.builder_config
        if config.window is not None:
            offset = _OFFSET_DAYS + (config.window - 1) * (_TRAIN_DAYS + _TEST_DAYS)
            [(train, test)] = sliding_windows(
                log, _TRAIN_DAYS, _TEST_DAYS, num_windows=1, offset_days=offset
            )
            return {"train": train, "test": test}
        train, test = split_last_days(log, days=1)
        self._check("train", LogCounts.of(train))
        self._check("test", LogCounts.of(test))
        return {"train": recent_fraction(train, config.fraction), "test": test}
