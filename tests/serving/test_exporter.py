"""An export is loaded in all the ways that a server or its operator loads it."""

import ctypes
import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

import keras_sessrec as ksr
from harness.scorer import log_of
from harness.served import ODD_IDS, K, assert_same_answers, serve
from keras_sessrec.serving.exporter import _training_config

SESSIONS = [["tea", "a\tb", "007"], ["na\u00efve \u2615", "?", " pot"], [], ["a,b"]]
WITHOUT_KERAS = """
import sys, json

for name in ("keras", "keras_sessrec", "tf_keras"):
    sys.modules[name] = None  # an import is an error
import tensorflow as tf

serve = tf.saved_model.load(sys.argv[1]).signatures["serving_default"]
session = tf.constant(json.loads(sys.argv[2]))
answer = serve(session=session, exclude=tf.fill([len(session), 1], ""))
ids = [[i.decode() for i in row] for row in answer["item_ids"].numpy().tolist()]
print(json.dumps({"item_ids": ids, "scores": answer["scores"].numpy().tolist()}))
assert not [name for name in sys.modules if name.startswith(("keras.", "keras_sessrec."))]
"""


@pytest.fixture(scope="module")
def want(served):
    return served.model.recommend(SESSIONS, k=K)


@pytest.fixture(scope="module")
def moved(served, tmp_path_factory):
    """A read-only copy in another place, under another name."""
    copy = tmp_path_factory.mktemp("moved") / "elsewhere" / "12"
    shutil.copytree(served.folder, copy)
    for path in [copy.parent, *copy.parent.rglob("*")]:
        path.chmod(stat.S_IRUSR | (stat.S_IXUSR if path.is_dir() else 0))
    yield copy
    for path in [copy.parent, *copy.parent.rglob("*")]:
        path.chmod(stat.S_IRWXU)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """An untrained model of two items, with NumPy's integers and all there is to say."""
    model = ksr.models.GRU4Rec(ksr.Catalog(["007", "tea"], [1, 2]), units=[3], seed=1)
    result = ksr.evaluate(model, log_of([["tea", "007"]] * 5), model.catalog, k=1)
    with pytest.warns(UserWarning) as caught:
        export = serve(
            model,
            tmp_path_factory.mktemp("small") / "shop",
            k=np.int64(3),
            max_length=np.int32(5),
            version=np.int64(2),
            evaluation=result,
            data="A shop.",
            score_dtype="int8",
        )
    export.warned, export.evaluation = caught, result
    return export


def graph_of(folder):
    meta = saved_model_pb2.SavedModel.FromString((folder / "saved_model.pb").read_bytes())
    return meta.meta_graphs[0]


# === What is written ===


def test_the_layout(served):
    assert served.folder.name == "7" and served.folder.is_dir()
    names = {path.relative_to(served.folder).as_posix() for path in served.folder.rglob("*")}
    assert names >= {
        "saved_model.pb",
        "variables/variables.index",
        "assets/items.txt",
        "assets.extra/model_card.md",
        "assets.extra/training_config.json",
        "assets.extra/tf_serving_warmup_requests",
    }
    assert {path.name for path in served.folder.parent.iterdir()} == {
        "7",
        "models.config",
        "batching_parameters.txt",
        "monitoring.config",
    }
    lines = (served.folder / "assets" / "items.txt").read_bytes().decode().split("\n")
    assert lines == [*served.model.catalog.item_ids, ""]


def test_the_graph_has_standard_operations_only(served, served_integers, pruned):
    registered = set(tf.raw_ops.__dict__)
    for export in (served, served_integers, pruned):
        graph = graph_of(export.folder).graph_def
        nodes = [*graph.node, *(node for f in graph.library.function for node in f.node_def)]
        ops = {node.op for node in nodes} - {f.signature.name for f in graph.library.function}
        assert {"MatMul", "LookupTableFindV2", "TopKV2"} <= ops <= registered
        assert not [op for op in ops if "Cudnn" in op or "Xla" in op or "PyFunc" in op]
        assert not [node.name for node in nodes if "GPU" in node.device]


def test_no_path_of_the_training_machine_is_left(served):
    content = (served.folder / "saved_model.pb").read_bytes()
    assert str(served.folder.parent).encode() not in content
    assert str(Path(ksr.__file__).parent).encode() not in content
    assert len(content) < 500_000


def test_only_what_answers_need_is_saved(served):
    variables = tf.train.list_variables(str(served.folder / "variables" / "variables"))
    saved = [name for name, _ in variables if "OBJECT_GRAPH" not in name]
    assert len(saved) == 6  # the input's two, the cell's three, the score table; no optimizer


def test_the_training_configuration(served):
    config = json.loads((served.folder / "assets.extra/training_config.json").read_text())
    assert config["class_name"] == "GRU4Rec"
    assert config["config"]["units"] == [12] and "catalog" not in config["config"]
    assert config["compile_config"]["loss"]["class_name"] == "CrossEntropy"
    assert config["tensorflow"] == tf.__version__


def test_metrics_and_words_come_along(small):
    metrics = json.loads((small.folder / "assets.extra/metrics.json").read_text())
    assert metrics["recall_at_1"]["value"] == small.evaluation.recall(1)
    card = (small.folder / "assets.extra/model_card.md").read_text()
    assert "A shop." in card and "the items' vectors as int8" in card


def test_numpy_integers_and_a_k_above_the_catalog(small):
    assert small.folder.name == "2"
    answer = small.ask(session=[["tea"] * 9])
    assert (answer["item_ids"].shape, answer["known"].tolist()) == ((1, 2), [9])


def test_an_untrained_model_is_told_of_once(small):
    (warning,) = small.warned
    assert "`model`, a `GRU4Rec`, was never trained" in str(warning.message)
    assert Path(warning.filename).name == "served.py"  # the caller


def test_a_model_with_features_needs_no_catalog_in_its_configuration():
    catalog = ksr.Catalog(ODD_IDS).with_features("look", np.eye(10))
    subnets = {
        "item": ksr.layers.Subnet(ksr.layers.OneHotItem(seed=1), units=[6], seed=1),
        "look": ksr.layers.Subnet(ksr.layers.FeatureTable("look", seed=2), units=[5], seed=2),
    }
    config = _training_config(ksr.models.ParallelGRU4Rec(catalog, subnets, seed=1))
    assert list(config["config"]["subnets"]) == ["item", "look"]
    assert config["compile_config"] is None
    assert len(json.dumps(config)) < 5000


# === Versions ===


def test_a_version_is_never_overwritten(served):
    before = sorted(served.folder.rglob("*"))
    with pytest.raises(FileExistsError, match="`version` 7 exists"):
        ksr.serving.export(served.model, served.folder.parent, version=7)
    assert sorted(served.folder.rglob("*")) == before


def test_two_exports_in_one_process_keep_their_own_items(served, small):
    for export in (served, small):
        got = export.pairs(export.ask(session=SESSIONS))
        assert_same_answers(got, export.model.recommend(SESSIONS, k=K), tolerance=0.01)


def test_others_may_read_what_is_written(served):
    os.umask(mask := os.umask(0))
    for path in [served.folder, *served.folder.rglob("*")]:
        wanted = 0o755 if path.is_dir() else 0o644
        assert path.stat().st_mode & wanted == wanted & ~mask, path


def test_what_fails_leaves_nothing(tmp_path, monkeypatch):
    model = ksr.models.GRU4Rec(ksr.Catalog(["tea", "cup"]), units=[3], seed=1)
    monkeypatch.setattr(model, "recommend", lambda *args, **kwargs: [[("tea", 99.0)]] * 5)
    with pytest.raises(RuntimeError, match="not published"):
        ksr.serving.export(model, tmp_path / "shop", k=2)
    assert list((tmp_path / "shop").iterdir()) == []


# === Loaded as a server does ===


def test_from_a_moved_read_only_copy(served, moved, want):
    there = type(served)(served.model, moved, tf.saved_model.load(str(moved)))
    assert_same_answers(there.pairs(there.ask(session=SESSIONS)), want)


def test_in_a_process_without_keras(served, moved, want, tmp_path):
    session = served.ids(SESSIONS).numpy().tolist()
    session = [[i.decode() for i in row] for row in session]
    run = subprocess.run(
        [sys.executable, "-c", WITHOUT_KERAS, str(moved), json.dumps(session)],
        cwd=tmp_path,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert run.returncode == 0, run.stderr[-2000:]
    answer = json.loads(run.stdout.splitlines()[-1])
    answer = {name: np.array(values) for name, values in answer.items()}
    assert_same_answers(served.pairs(answer), want)


def test_a_pruned_search_in_a_process_without_keras(pruned):
    ids = pruned.model.catalog.item_ids[:3].tolist()
    run = subprocess.run(
        [sys.executable, "-c", WITHOUT_KERAS, str(pruned.folder), json.dumps([["", *ids]])],
        cwd=pruned.folder,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert run.returncode == 0, run.stderr[-2000:]
    answer = json.loads(run.stdout.splitlines()[-1])
    want = pruned.ask(session=[ids])
    assert answer["item_ids"] == [[i.decode() for i in row] for row in want["item_ids"]]
    np.testing.assert_allclose(answer["scores"], want["scores"], rtol=1e-5)


def test_in_a_session_of_tensorflow_1(served, moved, want):
    sessions = served.ids(SESSIONS).numpy()
    exclude = served.ids([[]] * len(SESSIONS)).numpy()
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        meta = tf.compat.v1.saved_model.load(session, ["serve"], str(moved))
        signature = meta.signature_def["serving_default"]
        assert signature.method_name == "tensorflow/serving/predict"
        feed = {
            signature.inputs["session"].name: sessions,
            signature.inputs["exclude"].name: exclude,
        }
        fetch = {name: tensor.name for name, tensor in signature.outputs.items()}
        answer = session.run(fetch, feed)
    assert_same_answers(served.pairs(answer), want)


@pytest.mark.slow
def test_by_the_command_line_tool(served, moved, want, tmp_path):
    script = Path(sys.executable).parent / "saved_model_cli"
    session = [[i.decode() for i in row] for row in served.ids(SESSIONS).numpy().tolist()]
    exclude = [[""]] * len(SESSIONS)
    run = subprocess.run(
        [
            *(script, "run", "--dir", moved, "--outdir", tmp_path, "--tag_set", "serve"),
            *("--signature_def", "serving_default"),
            *("--input_exprs", f"session={session!r};exclude={exclude!r}"),
        ],
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert run.returncode == 0, run.stderr[-2000:]
    scores = np.load(tmp_path / "scores.npy")
    np.testing.assert_allclose(
        scores, [[score for _, score in row] for row in want], rtol=1e-5, atol=1e-5
    )


class Tensorflow:
    """TensorFlow's C API, as far as needed; every call is checked."""

    INT64, FLOAT = 9, 1

    class Output(ctypes.Structure):
        _fields_ = (("operation", ctypes.c_void_p), ("index", ctypes.c_int))

    def __init__(self):
        folder = Path(tf.sysconfig.get_lib())
        self.library = ctypes.CDLL(str(next(folder.glob("libtensorflow_cc.so.2*"))))
        self.status = self.call("TF_NewStatus", pointer=True)

    def call(self, name, *arguments, pointer=False):
        function = getattr(self.library, name)
        function.restype = ctypes.c_void_p if pointer else ctypes.c_int
        return function(*arguments)

    def checked(self, name, *arguments, pointer=False):
        result = self.call(name, *arguments, self.status, pointer=pointer)
        if self.call("TF_GetCode", self.status):
            self.library.TF_Message.restype = ctypes.c_char_p
            raise AssertionError(self.library.TF_Message(self.status).decode())
        return result

    def tensor(self, array):
        dims = (ctypes.c_int64 * array.ndim)(*array.shape)
        size = ctypes.c_size_t(array.nbytes)
        tensor = self.call("TF_AllocateTensor", self.INT64, dims, array.ndim, size, pointer=True)
        data = self.call("TF_TensorData", ctypes.c_void_p(tensor), pointer=True)
        ctypes.memmove(data, array.tobytes(), array.nbytes)
        return tensor

    def array(self, tensor, shape, dtype):
        data = self.call("TF_TensorData", ctypes.c_void_p(tensor), pointer=True)
        kind = ctypes.c_int64 if dtype == np.int64 else ctypes.c_float
        return np.ctypeslib.as_array(ctypes.cast(data, ctypes.POINTER(kind)), shape).copy()


def test_by_the_c_api(served_integers):
    """The loader of the server itself, no Python graph: loads, finds the tensors and runs."""
    signature = graph_of(served_integers.folder).signature_def["serving_default"]
    c = Tensorflow()
    c.status = ctypes.c_void_p(c.status)
    graph = ctypes.c_void_p(c.call("TF_NewGraph", pointer=True))
    options = ctypes.c_void_p(c.call("TF_NewSessionOptions", pointer=True))
    tags = (ctypes.c_char_p * 1)(b"serve")
    session = c.checked(
        "TF_LoadSessionFromSavedModel",
        options,
        None,
        str(served_integers.folder).encode(),
        tags,
        1,
        graph,
        None,
        pointer=True,
    )

    def place(info):
        name, index = info.name.split(":")
        found = c.call("TF_GraphOperationByName", graph, name.encode(), pointer=True)
        assert found, f"no operation {name}"
        return Tensorflow.Output(found, int(index))

    ids = served_integers.model.catalog.item_ids.tolist()
    sessions = [[-1, ids[2], ids[0]], [-1, -1, ids[5]]]
    inputs = (Tensorflow.Output * 2)(*(place(signature.inputs[n]) for n in ("session", "exclude")))
    values = (ctypes.c_void_p * 2)(
        c.tensor(np.array(sessions, np.int64)), c.tensor(np.array([[-1], [-1]], np.int64))
    )
    names = ("item_ids", "scores")
    outputs = (Tensorflow.Output * 2)(*(place(signature.outputs[name]) for name in names))
    results = (ctypes.c_void_p * 2)()
    c.checked(
        "TF_SessionRun",
        ctypes.c_void_p(session),
        None,
        inputs,
        values,
        2,
        outputs,
        results,
        2,
        None,
        0,
        None,
    )
    answer = {
        "item_ids": c.array(results[0], (2, K), np.int64),
        "scores": c.array(results[1], (2, K), np.float32),
    }
    want = served_integers.model.recommend(sessions, k=K)
    assert_same_answers(served_integers.pairs(answer), want)
    c.checked("TF_CloseSession", ctypes.c_void_p(session))
    c.checked("TF_DeleteSession", ctypes.c_void_p(session))


# === Bad arguments ===


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"k": 0}, r"`k` must be a positive integer. Received: k=0"),
        ({"max_length": 0}, r"`max_length` must be a positive integer. Received: max_length=0"),
        ({"version": -1}, r"`version` must be an integer from 1"),
    ],
)
def test_bad_numbers(served, tmp_path, arguments, message):
    with pytest.raises(ValueError, match=message):
        ksr.serving.export(served.model, tmp_path / "shop", **arguments)
    assert not (tmp_path / "shop").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"model": ksr.baselines.Popularity()},
            "`model` must be a `SessionRecommender`.*Popularity",
        ),
        ({"model": keras.Sequential()}, "`model` must be a `SessionRecommender`.*: Sequential"),
        (
            {"model": ksr.models.GRU4Rec},
            "such as a `GRU4Rec`. Received: the class GRU4Rec",
        ),
        ({"model": "gru4rec_shop"}, "`model` must be a `SessionRecommender`.*Received: str"),
        ({"path": None}, "`path` must be a str or path.*Received: NoneType"),
        ({"data": 3}, "`data` must be a str.*Received: int"),
        ({"search": "pruned"}, "`search` must be a `ksr.serving.PrunedSearch`.*Received: str"),
        (
            {"evaluation": {"recall": 0.5}},
            "`evaluation` must be what `ksr.evaluate` returns.*: dict",
        ),
    ],
)
def test_things_of_another_kind(served, tmp_path, arguments, message):
    with pytest.raises(TypeError, match=message):
        ksr.serving.export(**{"model": served.model, "path": tmp_path / "shop", **arguments})
    assert not (tmp_path / "shop").exists()


def test_a_pruned_search_has_numbers_of_its_own(served, tmp_path):
    log = log_of([["tea"]])
    with pytest.raises(ValueError, match="Received: score_dtype='int8' and a `search`"):
        ksr.serving.export(
            served.model,
            tmp_path / "shop",
            score_dtype="int8",
            search=ksr.serving.PrunedSearch(log),
        )


def test_a_path_that_is_a_file(served, tmp_path):
    (tmp_path / "shop").write_text("")
    with pytest.raises(NotADirectoryError, match="`path` must be a folder"):
        ksr.serving.export(served.model, tmp_path / "shop")
