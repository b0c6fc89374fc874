"""The example clients against servers, and the example's files against an export's."""

import importlib.util
import pathlib
import re
import sys
from concurrent import futures

import numpy as np
import pytest

from harness.saved_models import ITEM_IDS, save_recommender
from keras_sessrec.serving.dev_server import DevServer
from keras_sessrec.serving.dev_server.model_versions import ModelVersion
from keras_sessrec.serving.server_files import write_server_files

EXAMPLES = pathlib.Path(__file__).parents[2] / "examples" / "serving"
NUMBERS = [2**53 + 1 + i for i in range(len(ITEM_IDS))]


def example(name):
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A model of text ids and one of numbers."""
    folder = tmp_path_factory.mktemp("models")
    save_recommender(folder / "text" / "1")
    save_recommender(folder / "numbers" / "1", ids=NUMBERS)
    return folder


@pytest.fixture(scope="module", params=["rest", "grpc"])
def ask(request, folders):
    """`ask(model, sessions, ...)` and the way to run the command, of either client."""
    client = example(f"client_{request.param}") if request.param == "rest" else None
    if client is not None:
        servers = {name: DevServer(folders / name, port=0) for name in ("text", "numbers")}
        for server in servers.values():
            server.start()

        def recommend(model, *args):
            return client.recommend(servers[model].url, model, *args)

        recommend.command = (client, ["--url", servers["text"].url])
        yield recommend
        for server in servers.values():
            server.stop()
        return
    yield from over_grpc(folders)


def over_grpc(folders):
    grpc = pytest.importorskip("grpc")
    apis = pytest.importorskip(
        "tensorflow_serving.apis", reason='needs the extra "serving" (tensorflow-serving-api)'
    )
    assert apis
    from tensorflow_serving.apis import prediction_service_pb2_grpc as service

    client = example("client_grpc")
    server = grpc.server(futures.ThreadPoolExecutor(2))
    service.add_PredictionServiceServicer_to_server(servicer(folders), server)
    address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    with grpc.insecure_channel(address) as channel:
        stub = service.PredictionServiceStub(channel)

        def recommend(model, *args):
            return client.recommend(stub, model, *args)

        recommend.command = (client, ["--address", address])
        yield recommend
    server.stop(None)


def servicer(folders):
    """TensorFlow Serving's gRPC service over SavedModels, as far as a client needs it."""
    import grpc
    import tensorflow as tf
    from tensorflow.core.protobuf import saved_model_pb2
    from tensorflow_serving.apis import get_model_metadata_pb2, predict_pb2
    from tensorflow_serving.apis import prediction_service_pb2_grpc as service

    models = {path.name: ModelVersion(path / "1") for path in folders.iterdir()}

    class Servicer(service.PredictionServiceServicer):
        def find(self, request, context):
            name = request.model_spec.name
            if name not in models:
                context.abort(grpc.StatusCode.NOT_FOUND, f"Servable not found: {name}")
            return models[name]

        def Predict(self, request, context):
            model = self.find(request, context)
            signature = request.model_spec.signature_name
            inputs = {name: tf.make_ndarray(proto) for name, proto in request.inputs.items()}
            assert inputs.keys() == model.inputs(signature).keys()
            response = predict_pb2.PredictResponse()
            for name, array in model.predict(signature, inputs).items():
                response.outputs[name].CopyFrom(tf.make_tensor_proto(array))
            return response

        def GetModelMetadata(self, request, context):
            path = self.find(request, context).path / "saved_model.pb"
            saved = saved_model_pb2.SavedModel.FromString(path.read_bytes())
            signatures = get_model_metadata_pb2.SignatureDefMap()
            for name, definition in saved.meta_graphs[0].signature_def.items():
                signatures.signature_def[name].CopyFrom(definition)
            response = get_model_metadata_pb2.GetModelMetadataResponse()
            response.metadata["signature_def"].Pack(signatures)
            return response

    return Servicer()


def direct(folders, model, session, exclude, signature="serving_default"):
    """The same question without a server, without padding."""
    loaded = ModelVersion(folders / model / "1")
    dtype = object if model == "text" else np.int64

    def row(ids):
        return np.array([[i.encode() for i in ids] if model == "text" else ids], dtype)

    inputs = {"session": row(session), "exclude": row(exclude)}
    answer = loaded.predict(signature, inputs)
    ids = [i.decode() if model == "text" else int(i) for i in answer["item_ids"][0]]
    return ids, answer["scores"][0]


@pytest.mark.parametrize(("model", "ids"), [("text", ITEM_IDS), ("numbers", NUMBERS)])
@pytest.mark.parametrize("signature", ["serving_default", "recommend_unseen"])
def test_recommendations_equal_the_signatures(ask, folders, model, ids, signature):
    sessions = [ids[:1], [], ids[5:2:-1], [ids[1], ids[1], ids[6]]]
    answers = ask(model, sessions, ids[2:3], signature)
    assert len(answers) == len(sessions)
    assert [known for _, known in answers] == [1, 0, 3, 3]
    for session, (answer, _) in zip(sessions, answers, strict=True):
        expected_ids, expected_scores = direct(folders, model, session, ids[2:3], signature)
        assert [item_id for item_id, _ in answer] == expected_ids
        np.testing.assert_allclose([score for _, score in answer], expected_scores, rtol=1e-6)


def test_the_command_prints_ids_and_scores(ask, folders, monkeypatch, capsys):
    client, where = ask.command
    arguments = ["text", "tea", "Käse", "--exclude", "cup", "--k", "3", "--unseen", *where]
    monkeypatch.setattr(sys, "argv", ["client", *arguments])
    client.main()
    lines = [line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines()]
    expected, scores = direct(folders, "text", ["tea", "Käse"], ["cup"], "recommend_unseen")
    assert [item_id for _, item_id in lines] == expected[:3]
    np.testing.assert_allclose([float(score) for score, _ in lines], scores[:3], atol=1e-4)


@pytest.mark.parametrize(("clicks", "is_said"), [(["?", "??"], True), ([], True), (["tea"], False)])
def test_the_command_says_that_no_click_is_known(ask, monkeypatch, capsys, clicks, is_said):
    client, where = ask.command
    monkeypatch.setattr(sys, "argv", ["client", "text", *clicks, *where])
    client.main()
    said = (
        "No click is on a known item: these are the most popular ones." in capsys.readouterr().err
    )
    assert said == is_said


def test_the_command_says_what_is_wrong(ask, monkeypatch):
    client, where = ask.command
    monkeypatch.setattr(sys, "argv", ["client", "other", "tea", *where])
    with pytest.raises(SystemExit, match=r"404|NOT_FOUND"):
        client.main()
    monkeypatch.setattr(client, "SECONDS", 1)
    flag, _ = where
    nobody = {"--url": "http://127.0.0.1:9", "--address": "127.0.0.1:9"}[flag]
    monkeypatch.setattr(sys, "argv", ["client", "text", flag, nobody])
    with pytest.raises(SystemExit, match=r"127\.0\.0\.1:9"):
        client.main()


def test_the_compose_file_names_what_an_export_writes(tmp_path):
    write_server_files(tmp_path, num_items=100, padding="")
    text = (EXAMPLES / "docker-compose.yml").read_text()
    named = set(re.findall(r"/models/\$\{MODEL[^}]*\}/(\S+)", text))
    assert named == {path.name for path in tmp_path.iterdir()}
    assert "image: tensorflow/serving:" in text
    assert {"127.0.0.1:8500:8500", "127.0.0.1:8501:8501"} <= set(re.findall(r'"([^"]+)"', text))


def test_the_kubernetes_file_names_what_an_export_writes(tmp_path):
    write_server_files(tmp_path, num_items=100, padding="")
    text = (EXAMPLES / "kubernetes.yaml").read_text()
    named = set(re.findall(r"=/models/shop/(\S+)", text))
    assert named == {path.name for path in tmp_path.iterdir()}
    in_compose = re.findall(r"- (--\S+?)=", (EXAMPLES / "docker-compose.yml").read_text())
    assert re.findall(r"- (--\S+?)=", text) == in_compose
    yaml = pytest.importorskip("yaml", reason="needs PyYAML")
    deployment, service = yaml.safe_load_all(text)
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    assert deployment["spec"]["selector"]["matchLabels"] == labels == service["spec"]["selector"]
    (pod,) = deployment["spec"]["template"]["spec"]["containers"]
    ports = {port["containerPort"] for port in pod["ports"]}
    assert ports == {port["port"] for port in service["spec"]["ports"]} == {8500, 8501}
