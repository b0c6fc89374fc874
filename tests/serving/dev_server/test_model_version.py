"""One loaded version, and its signatures."""

import shutil
import threading

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import meta_graph_pb2

from harness.saved_models import DTYPES, ITEM_IDS, K, reference
from keras_sessrec.serving.dev_server.answers import RequestError
from keras_sessrec.serving.dev_server.model_version import ModelVersion, Signature


def column(values):
    """A matrix of one row of strings."""
    matrix = np.empty((1, len(values)), object)
    matrix[0] = [value.encode() for value in values]
    return matrix


@pytest.fixture
def model(shop):
    loaded = ModelVersion(shop / "1")
    yield loaded
    loaded.close()


def recommend(model, session, exclude=()):
    signature = model.signatures["serving_default"]
    return model.predict(signature, {"session": column(session), "exclude": column(exclude)})


@pytest.mark.parametrize("session", [[], ["tea"], ["", "tea", "?", "Käse"], ["🍵"] * 3])
def test_answers_equal_the_reference(model, session):
    answer = recommend(model, session, ["cup"])
    scores = reference(session, ["cup"])
    best = np.argsort(-scores, kind="stable")[:K]
    assert [i.decode() for i in answer["item_ids"][0]] == [ITEM_IDS[i] for i in best]
    np.testing.assert_allclose(answer["scores"][0], scores[best], rtol=1e-5, atol=1e-6)


def test_answers_equal_the_python_loader(model, shop):
    direct = tf.saved_model.load(shop / "1").signatures["serving_default"]
    expected = direct(session=tf.constant([["pot", "tea"]]), exclude=tf.constant([[""]]))
    answer = recommend(model, ["pot", "tea"])
    np.testing.assert_array_equal(answer["item_ids"], expected["item_ids"].numpy())
    np.testing.assert_array_equal(answer["scores"], expected["scores"].numpy())


@pytest.mark.parametrize("name", DTYPES)
def test_dtypes(echo_model, name):
    dtype = DTYPES[name]
    values = [[b"a\0", b"\xff"]] if dtype == tf.string else [[0, 1]]
    sent = np.array(values, object if dtype == tf.string else dtype.as_numpy_dtype)
    found = echo_model.predict(echo_model.signatures[f"echo_{name}"], {"x": sent})["y"]
    assert found.dtype == sent.dtype
    np.testing.assert_array_equal(found, sent)


def test_scalars_and_empty_batches(echo_model):
    sent = np.array([1, 2], np.float32)
    assert echo_model.predict(echo_model.signatures["total"], {"x": sent})["y"] == 3
    empty = echo_model.predict(echo_model.signatures["total"], {"x": sent[:0]})
    assert empty["y"] == 0


def test_the_graphs_own_errors_are_the_clients(echo_model):
    with pytest.raises(RequestError, match="not in") as raised:
        echo_model.predict(echo_model.signatures["first_of"], {"x": np.array([7], np.int32)})
    assert raised.value.http_status == 400


def test_signatures_and_metadata(model):
    assert list(model.signatures) == ["recommend_unseen", "serving_default"]
    definition = model.metadata()["signature_def"]["serving_default"]
    session = definition["inputs"]["session"]
    assert session["dtype"] == "DT_STRING"
    assert session["tensor_shape"] == {
        "dim": [{"size": "-1", "name": ""}] * 2,
        "unknown_rank": False,
    }
    assert definition["method_name"] == "tensorflow/serving/predict"
    assert definition["outputs"]["scores"]["dtype"] == "DT_FLOAT"


@pytest.mark.parametrize("missing", ["variables", "saved_model.pb"])
def test_half_a_model_does_not_load(shop, tmp_path, missing):
    shutil.copytree(shop / "1", tmp_path / "1")
    path = tmp_path / "1" / missing
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    with pytest.raises((OSError, ValueError)):
        ModelVersion(tmp_path / "1")


def test_a_cut_file_does_not_load(shop, tmp_path):
    shutil.copytree(shop / "1", tmp_path / "1")
    (data,) = (tmp_path / "1" / "variables").glob("variables.data*")
    data.write_bytes(data.read_bytes()[:-40])
    with pytest.raises(tf.errors.OpError):
        ModelVersion(tmp_path / "1")


def test_calls_from_many_threads_equal_single_ones(model):
    rng = np.random.default_rng(0)
    sessions = [rng.choice(ITEM_IDS, rng.integers(1, 6)).tolist() for _ in range(200)]
    expected = [recommend(model, session) for session in sessions]
    found = [None] * len(sessions)

    def work(start):
        for i in range(start, len(sessions), 8):
            found[i] = recommend(model, sessions[i])

    threads = [threading.Thread(target=work, args=(start,)) for start in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one["item_ids"], other["item_ids"])
        np.testing.assert_array_equal(one["scores"], other["scores"])


def tensor_info(name, dtype, shape):
    return meta_graph_pb2.TensorInfo(
        name=name, dtype=dtype.as_datatype_enum, tensor_shape=tf.TensorShape(shape).as_proto()
    )


def test_names_shapes_and_dtypes():
    definition = meta_graph_pb2.SignatureDef()
    definition.inputs["session"].CopyFrom(tensor_info("s:0", tf.string, [None, None]))
    definition.inputs["exclude"].CopyFrom(tensor_info("e:0", tf.int64, None))
    definition.outputs["scores"].CopyFrom(tensor_info("c:1", tf.float32, [None, 20]))
    found = Signature.from_proto("f", definition)
    assert found.name == "f"
    assert list(found.inputs) == ["exclude", "session"], "in alphabetical order"
    assert found.inputs["session"] == tf.TensorSpec([None, None], tf.string, name="s:0")
    assert found.inputs["exclude"].shape.rank is None
    assert found.outputs["scores"] == tf.TensorSpec([None, 20], tf.float32, name="c:1")


def test_an_initialisation_is_no_function():
    definition = meta_graph_pb2.SignatureDef()
    definition.outputs["op"].CopyFrom(tensor_info("init", tf.int32, None))
    assert Signature.from_proto("__saved_model_init_op", definition) is None


def test_sparse_tensors_have_no_json():
    definition = meta_graph_pb2.SignatureDef()
    definition.inputs["x"].coo_sparse.values_tensor_name = "v:0"
    definition.outputs["y"].CopyFrom(tensor_info("y:0", tf.int32, []))
    assert Signature.from_proto("f", definition) is None
