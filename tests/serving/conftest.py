"""One trained export for all tests of a process."""

import pytest

import keras_sessrec as ksr
from harness.model import compile_arguments
from harness.served import MAX_LENGTH, ODD_IDS, K, chain_model, serve
from keras_sessrec.serving.recommend_module import RecommendModule


@pytest.fixture(scope="session")
def served(tmp_path_factory):
    """String ids, tied embeddings."""
    model = chain_model(ODD_IDS, tie_embeddings=True)
    return serve(model, tmp_path_factory.mktemp("served") / "odd shop", version=7)


@pytest.fixture(scope="session")
def pruned(tmp_path_factory):
    """A shop of many items, searched in part; the log is the one that decided how much."""
    log = ksr.data.synthetic_shop(num_items=4000, num_sessions=8000, seed=1).log
    train, held_back = ksr.data.split_last_days(log, days=2)
    catalog = ksr.Catalog.from_log(train)
    model = ksr.models.GRU4Rec(catalog, units=[24], tie_embeddings=True, seed=1)
    model.compile(**compile_arguments(negatives=ksr.samplers.Popularity(256, alpha=0.5)))
    model.fit(ksr.batches.session_parallel(train, catalog, lanes=64), epochs=3, verbose=0)
    search = ksr.serving.PrunedSearch(held_back, agreement=0.95)
    export = serve(model, tmp_path_factory.mktemp("pruned") / "large", k=20, search=search)
    export.log = held_back
    return export


@pytest.fixture(scope="session")
def module(served, tmp_path_factory):
    """What `served` was saved from."""
    return RecommendModule(served.model, K, MAX_LENGTH, tmp_path_factory.mktemp("module"))


@pytest.fixture(scope="session")
def served_integers(tmp_path_factory):
    """Integer ids, one-hot input."""
    model = chain_model([5 - 7 * i - (i == 0) for i in range(10)])
    return serve(model, tmp_path_factory.mktemp("served") / "numbers")
