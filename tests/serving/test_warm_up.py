"""The records that a server runs before a version takes traffic."""

import logging

import numpy as np
import pytest
import tensorflow as tf

from harness.served import K
from keras_sessrec.serving import warm_up
from keras_sessrec.serving.recommend_module import RecommendModule
from keras_sessrec.serving.server_files import batch_sizes

prediction_log_pb2 = pytest.importorskip("tensorflow_serving.apis.prediction_log_pb2")


@pytest.fixture(scope="module")
def requests(served):
    """(signature, inputs) of every record of an export."""
    path = served.folder / "assets.extra" / "tf_serving_warmup_requests"
    found = []
    for record in tf.data.TFRecordDataset(str(path)).as_numpy_iterator():
        log = prediction_log_pb2.PredictionLog.FromString(record)
        assert log.WhichOneof("log_type") == "predict_log"
        spec = log.predict_log.request.model_spec
        assert spec.name == served.folder.parent.name
        inputs = log.predict_log.request.inputs
        found.append((spec.signature_name, {n: tf.make_ndarray(t) for n, t in inputs.items()}))
    return found


def test_every_record_can_be_replayed(served, requests):
    assert 0 < len(requests) <= 1000  # the server's limit
    for signature, inputs in requests:
        function = served.loaded.signatures[signature]
        specs = function.structured_input_signature[1]
        tensors = {n: tf.constant(a, specs[n].dtype) for n, a in inputs.items()}
        assert set(tensors) == set(specs)
        rows = len(next(iter(inputs.values())))
        for output in function(**tensors).values():
            assert len(output) == rows
            assert output.dtype == tf.string or np.isfinite(output).all()


def test_lengths_and_batch_sizes_are_covered(served, requests):
    assert {name for name, _ in requests} == set(served.loaded.signatures)
    sessions = [i["session"] for name, i in requests if name == "serving_default"]
    assert {s.shape[1] - 1 for s in sessions} == {1, 2, 4, 8, 12}
    assert {len(s) for s in sessions} == set(batch_sizes(10))
    assert all((s[:, 0] == b"").all() and (s[:, 1:] != b"").all() for s in sessions)
    steps = [i for name, i in requests if name == "step"]
    assert [len(i["item"]) for i in steps] == batch_sizes(10)


def test_integer_ids(served_integers, tmp_path):
    module = RecommendModule(served_integers.model, K, 3, tmp_path)
    ids = served_integers.model.catalog.item_ids
    warm_up.write_warm_up(tmp_path, "numbers", module, ids)
    (records,) = tmp_path.glob("tf_serving_*")
    assert len(list(tf.data.TFRecordDataset(str(records)))) > 20
    for _, inputs in warm_up.warm_up_requests(module, ids):
        assert (inputs.get("exclude", inputs.get("candidates", [[-1]]))[0][0]) == -1
        if "session" in inputs:
            assert inputs["session"].dtype == np.int64 and (inputs["session"][:, 0] == -1).all()


def test_without_the_extra_it_says_so(served, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(warm_up, "prediction_log_pb2", None)
    with caplog.at_level(logging.WARNING):
        warm_up.write_warm_up(tmp_path, "shop", None, None)
    assert "pip install tensorflow-serving-api" in caplog.text
    assert list(tmp_path.iterdir()) == []
