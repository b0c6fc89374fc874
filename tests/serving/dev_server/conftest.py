"""Models, a server and a client that the tests of the development server share."""

import pytest

from harness.rest_client import RestClient
from harness.saved_models import save_echo, save_recommender
from keras_sessrec.serving.dev_server import DevServer
from keras_sessrec.serving.dev_server.model_versions import ModelVersion


@pytest.fixture(scope="session")
def shop(tmp_path_factory):
    """A folder with version 1 of a small recommender of text ids."""
    folder = tmp_path_factory.mktemp("models") / "shop"
    save_recommender(folder / "1")
    return folder


@pytest.fixture(scope="session")
def shop_model(shop):
    return ModelVersion(shop / "1")


@pytest.fixture(scope="session")
def echo_model(tmp_path_factory):
    """A version that gives back what it gets."""
    folder = tmp_path_factory.mktemp("models") / "echo" / "1"
    save_echo(folder)
    return ModelVersion(folder)


@pytest.fixture(scope="session")
def server(shop):
    with DevServer(shop, port=0, poll_seconds=0.05) as running:
        yield running


@pytest.fixture
def client(server):
    return RestClient(server.url)
