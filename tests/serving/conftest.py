"""One trained export for all tests of a process."""

import pytest

from harness.served import MAX_LENGTH, ODD_IDS, K, chain_model, serve
from keras_sessrec.serving.recommend_module import RecommendModule


@pytest.fixture(scope="session")
def served(tmp_path_factory):
    """String ids, tied embeddings."""
    model = chain_model(ODD_IDS, tie_embeddings=True)
    return serve(model, tmp_path_factory.mktemp("served") / "odd shop", version=7)


@pytest.fixture(scope="session")
def module(served, tmp_path_factory):
    """What `served` was saved from."""
    return RecommendModule(served.model, K, MAX_LENGTH, tmp_path_factory.mktemp("module"))


@pytest.fixture(scope="session")
def served_integers(tmp_path_factory):
    """Integer ids, one-hot input."""
    model = chain_model([5 - 7 * i - (i == 0) for i in range(10)])
    return serve(model, tmp_path_factory.mktemp("served") / "numbers")
