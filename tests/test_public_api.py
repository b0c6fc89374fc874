"""The names a user relies on; a name that goes missing here breaks programs."""

import importlib
import inspect
import pkgutil

import keras
import pytest

import keras_sessrec as ksr

PUBLIC = {
    "": ["Catalog", "RecencyStage", "evaluate", "compare", "fit_by_recency"],
    "callbacks": ["NetworkHealth", "Projector", "RecommendationTables", "Throughput"],
    "data": [
        "SessionLog",
        "assert_no_leak",
        "clean",
        "from_frame",
        "keep_known_items",
        "read_clicks",
        "recent_fraction",
        "session_parallel",
        "sessionize",
        "sliding_windows",
        "split_last_days",
        "split_last_sessions",
        "synthetic_shop",
        "whole_sessions",
    ],
    "datasets": ["clean_with_beam", "load", "session_records", "to_log"],
    "models": ["EmbeddingGRU4Rec", "GRU4Rec"],
    "losses": ["BPR", "TOP1", "BPRMax", "CosineDistance", "CrossEntropy", "TOP1Max"],
    "reproduction": ["Plan", "Reproduction", "Row", "find_recipes", "measure", "write_report"],
    "samplers": ["FullCatalog", "InBatch", "Popularity", "Uniform"],
    "serving": ["export"],
    "metrics": ["CoverageAtK", "MRRAtK", "NDCGAtK", "PopularityAtK", "RecallAtK"],
    "optimizers": ["SparseAdagrad"],
    "tuning": ["TuningResult", "tune"],
    "baselines": [
        "BPRMF",
        "ItemKNN",
        "MarkovChain",
        "Popularity",
        "SessionKNN",
        "SessionPopularity",
    ],
    "layers": [
        "CosineScorer",
        "DiscountedItems",
        "EmbeddedItem",
        "GRUCell",
        "ItemScorer",
        "LSTMCell",
        "OneHotItem",
        "RNNCell",
        "Subnet",
    ],
}
# Bases that only subclasses make whole: a config never names them.
ABSTRACT = {
    "Fusion",
    "ItemInput",
    "RankMetric",
    "RankingLoss",
    "Sampler",
    "SessionNetwork",
    "SessionRecommender",
    "SessionTrainer",
    "Strategy",
    "TopKMetric",
}

MODULES = ["keras_sessrec"] + [
    info.name for info in pkgutil.walk_packages(ksr.__path__, prefix="keras_sessrec.")
]


def public_classes():
    for name in MODULES:
        module = importlib.import_module(name)
        for attribute, value in vars(module).items():
            if inspect.isclass(value) and value.__module__ == name and attribute[0] != "_":
                yield value


def own_configs():
    """Public classes that the package gives, or that inherit, a `get_config`."""
    return [cls for cls in public_classes() if hasattr(cls, "get_config")]


@pytest.mark.parametrize(
    ("package", "name"), [(package, name) for package in PUBLIC for name in PUBLIC[package]]
)
def test_the_name_is_there(package, name):
    module = getattr(ksr, package) if package else ksr
    assert callable(getattr(module, name))
    assert name in module.__all__


@pytest.mark.parametrize("package", [name for name in PUBLIC if name])
def test_packages_come_with_the_import(package):
    assert inspect.ismodule(getattr(ksr, package))
    assert package in ksr.__all__


@pytest.mark.parametrize("name", MODULES)
def test_every_name_in_all_exists_once(name):
    module = importlib.import_module(name)
    if hasattr(module, "__path__"):
        assert module.__all__, "a package lists its public names"
    names = getattr(module, "__all__", [])
    assert [n for n in names if not hasattr(module, n)] == []
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("cls", own_configs(), ids=lambda cls: cls.__name__)
def test_what_has_a_config_is_registered(cls):
    registered = keras.saving.get_registered_name(cls)
    if cls.__name__ in ABSTRACT:
        assert registered == cls.__name__, "an abstract base needs no registration"
        assert cls.__subclasses__()
    else:
        assert registered == f"keras_sessrec>{cls.__name__}"
        assert keras.saving.get_registered_object(registered) is cls


def test_registered_names_are_unique():
    names = [cls.__name__ for cls in own_configs()]
    assert len(names) == len(set(names)) > 20


def test_version():
    assert [part.isdigit() for part in ksr.__version__.split(".")] == [True] * 3
