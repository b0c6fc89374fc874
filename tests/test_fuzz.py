"""Whatever comes in: an answer that is right, or an error that says where and what."""

import bz2
import copy
import gzip
import io
import json
import math
import zipfile

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import assume
from hypothesis import strategies as st

import keras_sessrec as ksr
from harness.fuzz import fuzzed, mutated, run_fuzz_test
from harness.scorer import log_of
from keras_sessrec.batches.next_event_cases import NextEventCases
from keras_sessrec.data.raw_ids import as_id_array, read_ids
from keras_sessrec.models.model_files import load_model_file
from reference import prefixes as reference
from reference import ranking
from reference.session_parallel import session_parallel as simulate

# === Files of clicks ===

CSV = "\n".join(
    ["session_id,item_id,timestamp", "1,tea,5", '2,"cu""p",2014-04-07T10:51:09.277Z', "1,7,1e9", ""]
).encode()
TEXT = (
    st.binary(max_size=60)
    | mutated(CSV)
    | mutated(CSV.replace(b",", b"\t"))
    | mutated("session_id;item_id;timestamp\n1;thé;5\n\n2;🫖;6\n".encode("utf-8-sig"))
    | mutated(b"SessionId|ItemId|Time\r\n1|2|3\r\n1|2|4\r\n")
)
PACKED = TEXT | TEXT.map(gzip.compress) | TEXT.map(bz2.compress) | mutated(TEXT.map(gzip.compress))


def check_reading(path, **options):
    """A log, or an error that names the file."""
    try:
        log = ksr.data.read_clicks(path, **options)
    except ValueError as error:
        assert str(path) in str(error)
        assert len(str(error)) < 1000
        return
    assert log.num_events == log.offsets[-1] == len(log.timestamps) > 0
    assert (log.lengths > 0).all() and np.isfinite(log.timestamps).all()


@fuzzed(few=150, many=5_000)
def test_text_files(tmp_path, examples):
    def check(content, ending, columns):
        path = tmp_path / f"clicks{ending}"
        path.write_bytes(content)
        check_reading(path, **columns)

    names = {"session_column": 0, "item_column": 1, "time_column": 2}
    run_fuzz_test(
        examples,
        check,
        content=PACKED,
        ending=st.sampled_from([".csv", ".tsv", ".dat", ".csv.gz", ".bz2.csv"]),
        columns=st.sampled_from([{}, names, {"time_unit": "ms"}]),
    )


def parquet(**options):
    rows = {"session_id": [1, 1, 2] * 9, "item_id": ["tea", "7", "cup"] * 9, "timestamp": range(27)}
    file = io.BytesIO()
    pq.write_table(pa.table(rows), file, **options)
    return file.getvalue()


@fuzzed(few=150, many=5_000)
def test_parquet_files(tmp_path, examples):
    whole = [parquet(compression=c) for c in ("none", "snappy", "zstd", "gzip")]
    path = tmp_path / "clicks.parquet"

    def check(content):
        path.write_bytes(content)
        check_reading(path)

    run_fuzz_test(examples, check, content=st.one_of(*map(mutated, whole), st.binary(max_size=40)))


# === Frames and ids ===

ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.integers(-3, 3),
    st.floats(),
    st.text(max_size=3),
    st.text(st.characters(), max_size=3),  # halves of pairs of surrogates too
    st.binary(max_size=3),
    st.sampled_from(
        ["12", "12.0", "012", "", pd.NaT, pd.NA, pd.Timestamp("2024-01-01"), 1j, (), {}]
    ),
)
COLUMN = st.one_of(
    st.lists(ODD, max_size=4),
    st.lists(st.integers(-(2**63), 2**63 - 1), max_size=4),
    st.lists(st.floats(), max_size=4),
    st.lists(st.text(max_size=2), max_size=4),
)
DTYPES = [
    None,
    object,
    "category",
    "string",
    "Int64",
    "float32",
    "datetime64[ns]",
    "timedelta64[s]",
]


@fuzzed(few=150, many=5_000)
def test_frames(examples):
    def check(columns, dtypes, names):
        size = min(map(len, columns))
        series = []
        for values, dtype in zip(columns, dtypes, strict=True):
            try:
                series.append(pd.Series(values[:size], dtype=dtype))
            except (TypeError, ValueError, OverflowError):
                assume(False)
        frame = pd.concat(series, axis=1, keys=names)
        before = frame.copy()
        try:
            log = ksr.data.from_frame(frame)
        except ValueError as error:
            assert "`frame`" in str(error)
            assert len(str(error)) < 1000
        else:
            assert log.num_events == size > 0
        pd.testing.assert_frame_equal(frame, before)

    three = ["session_id", "item_id", "timestamp"]
    run_fuzz_test(
        examples,
        check,
        columns=st.lists(COLUMN, min_size=3, max_size=3),
        dtypes=st.lists(st.sampled_from(DTYPES), min_size=3, max_size=3),
        names=st.sampled_from([three, ["SessionId", "ItemId", "Time"], [*three[:2], "item_id"]]),
    )


@fuzzed(few=200, many=5_000)
def test_raw_ids(examples):
    def check(ids):
        try:
            read = read_ids(ids)
        except (TypeError, ValueError) as error:
            assert "`item_ids` must" in str(error)
            return
        assert len(read) == len(ids)
        for one, raw in zip(read.tolist(), ids, strict=True):
            assert one is None or type(one) in (int, str)
            if isinstance(raw, (int, float)) and not isinstance(raw, bool):
                assert (one is None and math.isnan(raw)) or one == raw
        try:
            table = as_id_array(ids)
        except ValueError as error:
            assert "`item_ids` must" in str(error)
            return
        assert table.dtype == np.int64 or {type(i) for i in table} <= {str}

    run_fuzz_test(examples, check, ids=st.lists(ODD, max_size=5) | COLUMN)


@fuzzed(few=100, many=3_000)
def test_catalogs_go_round(examples):
    def check(ids, sparse):
        catalog = ksr.Catalog(ids, counts=range(len(ids)))
        table = np.arange(len(ids) * 3).reshape(-1, 3) % 4
        features = pa_sparse(table) if sparse else table
        catalog = catalog.with_features("look", features)
        items = np.arange(1, len(ids) + 1)
        assert catalog.encode(catalog.decode(items)).tolist() == items.tolist()
        assert catalog.encode(ids).tolist() == items.tolist()
        again = ksr.Catalog.from_config(json.loads(json.dumps(catalog.get_config())))
        assert again == catalog
        assert again.fingerprint == catalog.fingerprint

    strings = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=4)
    ids = st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=6, unique=True)
    named = st.lists(strings, min_size=1, max_size=6, unique=True).filter(
        lambda texts: not any(text.strip("-.0123456789") == "" for text in texts)
    )
    run_fuzz_test(examples, check, ids=ids | named, sparse=st.booleans())


def pa_sparse(table):
    from scipy import sparse

    return sparse.csr_array(table)


# === Batches and cases, against plain Python ===

SESSIONS = st.lists(
    st.lists(st.integers(1, 6), min_size=1, max_size=9), min_size=1, max_size=8
).filter(lambda sessions: max(map(len, sessions)) > 1)


def items_of(sessions, catalog):
    return [catalog.encode(session).tolist() for session in sessions]


@pytest.mark.filterwarnings("ignore:`lanes=")
@fuzzed(few=25, many=500)
def test_session_parallel_batches(examples):
    def check(sessions, lanes, steps):
        log = log_of(sessions)
        catalog = ksr.Catalog.from_log(log)
        batches = list(ksr.batches.session_parallel(log, catalog, lanes, steps))
        expected = simulate(items_of(sessions, catalog), lanes, steps)
        assert len(batches) == len(expected)
        for (x, y, weight), lanes_of in zip(batches, expected, strict=True):
            for lane, cell in enumerate(lanes_of):
                read, targets, starts = cell or ([], [], False)
                rest = [0] * (steps - len(read))
                assert x["item"][lane].numpy().tolist() == read + rest
                assert y[lane].numpy().tolist() == targets + rest
                assert weight[lane].numpy().tolist() == [1] * len(read) + rest
                assert bool(x["is_start"][lane]) == starts

    run_fuzz_test(
        examples, check, sessions=SESSIONS, lanes=st.integers(1, 5), steps=st.integers(1, 4)
    )


@fuzzed(few=25, many=500)
def test_prefix_batches(examples):
    def check(sessions, form, max_length, batch_size, bucket_by_length):
        log = log_of(sessions)
        catalog = ksr.Catalog.from_log(log)
        items = items_of(sessions, catalog)
        batches = ksr.batches.prefixes(
            log, catalog, batch_size, max_length, form, bucket_by_length=bucket_by_length
        )
        found = []
        for x, y, weight in batches:
            for row, targets, counts in zip(
                x["item"].numpy(), y.numpy(), weight.numpy(), strict=True
            ):
                ends = range(1, len(targets) + 1) if len(targets) > 1 else [len(row)]
                for end, target, count in zip(ends, targets, counts, strict=True):
                    if count:
                        read = row[:end]
                        found.append((tuple(read[read > 0].tolist()), int(target)))
        assert sorted(found) == sorted(reference.pairs(items, max_length))

    run_fuzz_test(
        examples,
        check,
        sessions=SESSIONS,
        form=st.sampled_from(["prefixes", "packed"]),
        max_length=st.integers(1, 6),
        batch_size=st.integers(1, 9),
        bucket_by_length=st.booleans(),
    )


@fuzzed(few=100, many=3_000)
def test_cases_of_an_evaluation(examples):
    def check(sessions, known, unseen):
        catalog = ksr.Catalog(sorted(known))
        cases = NextEventCases.from_log(log_of(sessions), catalog, unseen)
        found = [
            (
                int(session),
                int(position),
                catalog.decode(cases.items[start:stop]).tolist(),
                int(catalog.decode([target])[0]) if target else None,
            )
            for session, position, start, stop, target in zip(
                cases.session, cases.position, cases.start, cases.stop, cases.target, strict=True
            )
        ]
        assert found == ranking.cases(sessions, known, unseen)

    run_fuzz_test(
        examples,
        check,
        sessions=SESSIONS,
        known=st.sets(st.integers(1, 6), min_size=1),
        unseen=st.sampled_from(["drop", "miss"]),
    )


# === Questions ===

QUESTION = st.lists(st.lists(ODD, max_size=4) | ODD, max_size=3) | ODD


@pytest.mark.filterwarnings("ignore")
@fuzzed(few=100, many=5_000)
def test_questions(examples):
    log = log_of([["tea", "cup"], ["cup", "pot", "12"]])
    catalog = ksr.Catalog.from_log(log)
    model = ksr.models.GRU4Rec(catalog, units=[3], seed=1)

    def check(sessions, k, exclude, candidates, max_length):
        try:
            answers = model.recommend(
                sessions, k, exclude=exclude, candidates=candidates, max_length=max_length
            )
        except (TypeError, ValueError) as error:
            assert "`" in str(error) and "Received" in str(error)
            return
        assert len(answers) == len(sessions)
        for answer in answers:
            assert len(answer) <= min(k, 4)
            ids = [item for item, _ in answer]
            assert set(ids) <= set(catalog.item_ids) and len(set(ids)) == len(ids)
            scores = [score for _, score in answer]
            assert scores == sorted(scores, reverse=True)

    run_fuzz_test(
        examples,
        check,
        sessions=QUESTION,
        k=st.integers(1, 9) | ODD,
        exclude=st.none() | st.lists(ODD, max_size=3),
        candidates=st.none() | st.lists(ODD, max_size=3),
        max_length=st.none() | st.integers(1, 4) | ODD,
    )


# === Files of models ===


def leaves(value, path=()):
    """Where the values of a nested configuration are."""
    parts = value.items() if isinstance(value, dict) else enumerate(value)
    for key, part in parts:
        yield (*path, key)
        if isinstance(part, (dict, list)):
            yield from leaves(part, (*path, key))


WRONG = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 5),
    st.sampled_from([10**9, 2**31, 2**63, -(10**12), 1e300, -0.5, "", "gru", "tanh", [], [1], {}]),
    st.text(max_size=3),
)


@pytest.mark.filterwarnings("ignore")
@fuzzed(few=25, many=1_000)
def test_configurations_of_model_files(tmp_path, examples):
    catalog = ksr.Catalog(["tea", "cup"]).with_features("look", np.eye(2))
    subnets = {
        "item": ksr.layers.Subnet(ksr.layers.OneHotItem(), units=[2]),
        "look": ksr.layers.Subnet(ksr.layers.FeatureTable("look"), units=[2]),
    }
    model = ksr.models.ParallelGRU4Rec(catalog, subnets, seed=1)
    model.compile(negatives=ksr.samplers.Uniform(4), metrics=[ksr.metrics.RecallAtK(2)])
    model.save(tmp_path / "whole.keras")
    with zipfile.ZipFile(tmp_path / "whole.keras") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(members["config.json"])
    places, path = list(leaves(config)), tmp_path / "changed.keras"

    def check(place, value):
        changed = copy.deepcopy(config)
        parent = changed
        for key in place[:-1]:
            parent = parent[key]
        parent[place[-1]] = value
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in members.items():
                archive.writestr(name, json.dumps(changed) if name == "config.json" else content)
        try:
            loaded = load_model_file(path)
        except ValueError as error:
            assert str(path) in str(error)
            assert len(str(error)) < 1000
            return
        sizes = [math.prod(weight.shape) for weight in loaded.get_weights()]
        assert sum(sizes) < len(members["model.weights.h5"])

    run_fuzz_test(examples, check, place=st.sampled_from(places), value=WRONG)
