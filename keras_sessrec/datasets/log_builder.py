"""What the TensorFlow Datasets builders of click logs have in common."""

from __future__ import annotations

import abc
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import tensorflow_datasets as tfds

from keras_sessrec.data.session_log import SessionLog


@dataclass(frozen=True)
class LogCounts:
    """Counts of a log, as published or as found; `None` where nothing is published."""

    events: int
    sessions: int | None = None
    items: int | None = None

    @classmethod
    def of(cls, log: SessionLog) -> LogCounts:
        """Counts `log`."""
        return cls(log.num_events, log.num_sessions, log.num_items)

    def check(self, found: LogCounts, part: str) -> None:
        """Compares what was found of a part with these counts, which were published.

        Raises:
            ValueError: A published count is another one; names each that differs.
        """
        counted = asdict(found)
        wrong = {
            name: (number, counted[name])
            for name, number in asdict(self).items()
            if number is not None and number != counted[name]
        }
        if wrong:
            expected = ", ".join(f"{number:,} {name}" for name, (number, _) in wrong.items())
            received = ", ".join(f"{number:,} {name}" for name, (_, number) in wrong.items())
            raise ValueError(
                f"{part}: the published {expected} were expected. Received: {received}. "
                "The file is incomplete or another edition: download it again; to build from it "
                "nevertheless, pass `check_counts=False` to the builder."
            )


class LogBuilder(  # type: ignore[call-arg]
    tfds.core.GeneratorBasedBuilder, skip_registration=True
):
    """Stores the sessions of a click log, one example each, in order of time.

    An example is `{"session_id", "items" [events], "timestamps" [events]}`: raw ids, int64 or
    strings, and int64 milliseconds since 1970 (UTC). Times are no floating-point numbers because
    TensorFlow's examples store those with 32 bits, which is two minutes at today's times.

    A subclass reads and splits the log in `_read`.

    Args:
        check_counts: bool, keyword only. Defaults to `True`: the counts of the file and of the
            splits must be the published ones. `False` is for a part of the data or made-up data.
        **kwargs: As for `tfds.core.GeneratorBasedBuilder`: `data_dir`, `config`, `version`.

    Attributes:
        HOMEPAGE: str, where the data come from, or `None`.
        SESSION_ID: `int` or `str`, type of the session ids.
        ITEM_ID: `int` or `str`, type of the item ids.
        PUBLISHED: Published `LogCounts` by the name of what they count.
    """

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES: ClassVar[dict[str, str]] = {"1.0.0": "First release."}
    HOMEPAGE: ClassVar[str | None] = None
    SESSION_ID: ClassVar[type] = int
    ITEM_ID: ClassVar[type] = int
    PUBLISHED: ClassVar[dict[str, LogCounts]] = {}

    def __init__(self, *, check_counts: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._check_counts = check_counts

    @abc.abstractmethod
    def _read(self, dl_manager: tfds.download.DownloadManager) -> dict[str, SessionLog]:
        """Reads, cleans, checks and splits the log: split name to its log."""

    def _info(self) -> tfds.core.DatasetInfo:
        # The same elements as of `Sequence`, encoded in half the time: RSC15 has eight million.
        features = tfds.features.FeaturesDict(
            {
                "session_id": _feature((), self.SESSION_ID),
                "items": _feature((None,), self.ITEM_ID),
                "timestamps": _feature((None,), int),
            }
        )
        return self.dataset_info_from_configs(
            features=features, homepage=self.HOMEPAGE, disable_shuffling=True
        )

    def _split_generators(
        self, dl_manager: tfds.download.DownloadManager
    ) -> dict[str, Iterator[tuple[int, dict[str, Any]]]]:
        logs = self._read(dl_manager)
        return {name: self._generate_examples(log) for name, log in logs.items()}

    def _generate_examples(self, log: SessionLog) -> Iterator[tuple[int, dict[str, Any]]]:
        session_ids = self._typed(log.session_ids, self.SESSION_ID, "session")
        items = self._typed(log.item_ids, self.ITEM_ID, "item")[log.item_codes]
        milliseconds = np.rint(log.timestamps * 1000).astype(np.int64)
        for session, (begin, end) in enumerate(pairwise(log.offsets.tolist())):
            yield (
                session,
                {
                    "session_id": session_ids[session],
                    "items": items[begin:end],
                    "timestamps": milliseconds[begin:end],
                },
            )

    def _manual_file(self, dl_manager: tfds.download.DownloadManager, name: str) -> str:
        """Path of a file that the user has downloaded."""
        path = dl_manager.manual_dir / name
        if not path.exists():
            raise FileNotFoundError(
                f"`{path}` was expected. Received: a directory without it. "
                f"{self.MANUAL_DOWNLOAD_INSTRUCTIONS}"
            )
        return str(path)

    def _check(self, part: str, found: LogCounts) -> None:
        """Compares `found` with what is published of `part`."""
        if self._check_counts:
            self.PUBLISHED[part].check(found, f"{self.name}, {part}")

    def _typed(self, ids: np.ndarray, kind: type, whose: str) -> np.ndarray:
        if kind is str:
            return ids.astype(str).astype(object)
        if not np.issubdtype(ids.dtype, np.integer):
            raise ValueError(
                f"{self.name}: {whose} ids must be integers. Received: {str(ids[0])!r} among them. "
                "Check that the file is the one that the instructions name."
            )
        return ids


def read_table(
    path: str | os.PathLike, columns: Mapping[str, str], delimiter: str = ","
) -> pd.DataFrame:
    """Reads some columns of a delimited text file with a header line, packed or not.

    For files that need more than `read_clicks` does: rows left out, times made of two columns.
    Types are "int64" or "str"; no string is taken for a missing value.

    Raises:
        ValueError: A column is not there, or a value is not of its type.
    """
    options: dict[str, Any] = {"sep": delimiter, "encoding_errors": "replace"}
    available = list(pd.read_csv(path, nrows=0, **options))
    if missing := [name for name in columns if name not in available]:
        raise ValueError(
            f"`{os.fspath(path)}`: columns {missing} are not there. Received columns: "
            f"{available}. Check that this is the file that the instructions name."
        )
    options |= {"usecols": list(columns), "dtype": dict(columns), "keep_default_na": False}
    try:
        return pd.read_csv(path, **options)
    except ValueError as error:
        raise ValueError(f"`{os.fspath(path)}` cannot be read: {error}") from error


def _feature(shape: tuple[int | None, ...], kind: type) -> tfds.features.Tensor:
    return tfds.features.Tensor(shape=shape, dtype=np.str_ if kind is str else np.int64)
