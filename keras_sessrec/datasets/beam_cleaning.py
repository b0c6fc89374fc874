"""Cleans click logs that outgrow one machine."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from keras_sessrec.data.cleaning import clean
from keras_sessrec.data.reading import read_clicks
from keras_sessrec.data.session_log import SessionLog
from keras_sessrec.datasets.records import to_record

if TYPE_CHECKING:
    from apache_beam.options.pipeline_options import PipelineOptions

Session = tuple[str, np.ndarray, list[str]]  # id, times in seconds, item ids


def clean_with_beam(
    paths: Sequence[str | os.PathLike],
    output: str,
    min_session_length: int = 2,
    min_item_support: int = 5,
    max_session_length: int | None = None,
    drop_duplicates: bool = False,
    drop_immediate_repeats: bool = False,
    options: PipelineOptions | None = None,
    **read_arguments: Any,
) -> None:
    """Reads and cleans a click log on many machines, by Apache Beam.

    Does what `clean(read_clicks(paths))` does, with the same functions, and stores the sessions.
    No machine needs to hold more than one of the files, one batch of sessions, and the table
    of the items. A session's events may be spread over files. A log or a part of it comes back by

        log = to_log(session_records(output))

    Needs Apache Beam: `pip install "keras_sessrec[beam]"`, best in an environment of its own, as
    it asks for older versions of protobuf and pyarrow.

    Args:
        paths: Sequence of files that hold one log together, readable by every worker.
        output: str, beginning of the paths of the files to write (`<output>-*.tfrecord`); any
            file system that Beam knows.
        min_session_length: int, as in `clean`. Defaults to 2.
        min_item_support: int, as in `clean`. Defaults to 5.
        max_session_length: int or `None`, as in `clean`. Defaults to `None`.
        drop_duplicates: bool, as in `clean`. Defaults to `False`.
        drop_immediate_repeats: bool, as in `clean`. Defaults to `False`.
        options: Beam's `PipelineOptions`: where and how it runs. Defaults to `None`: on this
            machine.
        **read_arguments: As in `read_clicks`: `session_column`, `time_unit`, `format`, ...

    Raises:
        ImportError: Apache Beam is not installed.
        ValueError: An argument is out of range. A file that cannot be read fails the pipeline
            with the error of `read_clicks`.
    """
    try:
        import apache_beam as beam
    except ImportError as error:
        raise ImportError(
            "`clean_with_beam` needs Apache Beam. "
            'Install it with `pip install "keras_sessrec[beam]"`.'
        ) from error
    if isinstance(paths, (str, os.PathLike)) or not paths:
        raise ValueError(f"`paths` must be a list of files. Received: {paths!r}.")
    limits = {"min_session_length": min_session_length, "max_session_length": max_session_length}
    for name, limit in {**limits, "min_item_support": min_item_support}.items():
        if limit is not None and limit < 1:
            raise ValueError(f"`{name}` must be at least 1. Received: {limit}.")
    rules = {
        **limits,
        "drop_duplicates": drop_duplicates,
        "drop_immediate_repeats": drop_immediate_repeats,
    }
    files = list(enumerate(os.fspath(path) for path in paths))
    with beam.Pipeline(options=options) as pipeline:
        read = (
            pipeline
            | "Files" >> beam.Create(files)
            | beam.Reshuffle()
            | "Read" >> beam.FlatMap(_read, read_arguments).with_outputs("kinds", main="pieces")
        )
        are_integers = read.kinds | "Kinds" >> beam.CombineGlobally(_all_of)
        sessions = (
            read.pieces
            | beam.GroupByKey()
            | "Join" >> beam.MapTuple(_joined)
            | beam.BatchElements(min_batch_size=100, max_batch_size=10_000)
            | "Clean" >> beam.FlatMap(_cleaned, rules)
        )
        frequent = (
            sessions
            | "Items" >> beam.FlatMap(lambda session: session[2])
            | beam.combiners.Count.PerElement()
            | "Frequent" >> beam.Filter(lambda count: count[1] >= min_item_support)
        )
        _ = (
            sessions
            | "Drop rare items"
            >> beam.FlatMap(_of_frequent, beam.pvalue.AsDict(frequent), min_session_length)
            | "Encode" >> beam.Map(_encoded, beam.pvalue.AsSingleton(are_integers))
            | beam.io.WriteToTFRecord(output, file_name_suffix=".tfrecord")
        )


def _read(file: tuple[int, str], read_arguments: dict[str, Any]) -> Iterator[Any]:
    """The sessions, or parts of them, in one file; and whether its ids are all integers."""
    import apache_beam as beam

    number, path = file
    log = read_clicks(path, **read_arguments)
    kinds = [np.issubdtype(ids.dtype, np.integer) for ids in (log.session_ids, log.item_ids)]
    yield beam.pvalue.TaggedOutput("kinds", tuple(kinds))
    names = log.item_ids.astype(str).astype(object)
    for session in range(log.num_sessions):
        part = slice(log.offsets[session], log.offsets[session + 1])
        items = names[log.item_codes[part]].tolist()
        # Written out, an integer is the same in a file that has other ids too.
        yield str(log.session_ids[session]), (number, log.timestamps[part], items)


def _all_of(kinds: Iterable[tuple[bool, ...]]) -> tuple[bool, ...]:
    return tuple(map(all, zip(*kinds, strict=True)))


def _joined(session_id: str, pieces: Iterable[tuple[int, np.ndarray, list[str]]]) -> Session:
    """Parts in the files' order: events of one time keep it."""
    pieces = sorted(pieces, key=lambda piece: piece[0])
    times = np.concatenate([times for _, times, _ in pieces])
    return session_id, times, list(itertools.chain(*(items for _, _, items in pieces)))


def _cleaned(sessions: Sequence[Session], rules: dict[str, Any]) -> Iterator[Session]:
    """What `clean` does with each session on its own."""
    ids, times, items = zip(*sessions, strict=True)
    codes, names = pd.factorize(np.array(list(itertools.chain(*items)), object))
    lengths = [len(part) for part in times]
    log = SessionLog.from_arrays(
        session_codes=np.repeat(np.arange(len(ids)), lengths),
        item_codes=codes,
        timestamps=np.concatenate(times),
        session_ids=np.array(ids, object),
        item_ids=names,
    )
    try:
        log, _ = clean(log, min_item_support=1, **rules)
    except ValueError:  # nothing is left of these: the arguments have been checked
        return
    for session, session_id in enumerate(log.session_ids):
        part = slice(log.offsets[session], log.offsets[session + 1])
        yield session_id, log.timestamps[part], names[log.item_codes[part]].tolist()


def _of_frequent(
    session: Session, frequent: dict[str, int], min_session_length: int
) -> Iterator[Session]:
    session_id, times, items = session
    kept = [place for place, item in enumerate(items) if item in frequent]
    if len(kept) >= min_session_length:
        yield session_id, times[kept], [items[place] for place in kept]


def _encoded(session: Session, are_integers: tuple[bool, bool]) -> bytes:
    session_id, times, items = session
    sessions_are, items_are = are_integers
    return to_record(
        int(session_id) if sessions_are else session_id,
        list(map(int, items)) if items_are else items,
        times,
    )
