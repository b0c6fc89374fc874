"""The names a user relies on; a name that goes missing here breaks programs."""

import difflib
import importlib
import inspect
import pkgutil

import keras

import keras_sessrec as ksr
import public_api

# Bases that only subclasses make whole: a config never names them.
ABSTRACT = {
    "CatalogLayer",
    "Fusion",
    "ItemInput",
    "RankMetric",
    "RankingLoss",
    "RecurrentCell",
    "ReplicatedModel",
    "Sampler",
    "SessionNetwork",
    "SessionRecommender",
    "SessionTrainer",
    "Strategy",
    "TopKMetric",
}

MODULES = {
    name: importlib.import_module(name)
    for name in [
        "keras_sessrec",
        *(info.name for info in pkgutil.walk_packages(ksr.__path__, prefix="keras_sessrec.")),
    ]
}


def test_public_names_are_those_of_the_golden_file():
    """`python tests/public_api.py --write` after a change that is meant."""
    golden = public_api.GOLDEN.read_text().splitlines()
    changes = list(difflib.unified_diff(golden, list(public_api.lines()), lineterm="", n=0))
    assert changes == []


def test_every_name_in_all_exists_once():
    for name, module in MODULES.items():
        names = getattr(module, "__all__", [])
        assert not hasattr(module, "__path__") or names, f"{name} lists no public names"
        assert [n for n in names if not hasattr(module, n)] == [], name
        assert len(set(names)) == len(names), name


def test_a_name_is_public_in_one_package():
    homes = {}
    for package, module in public_api.packages():
        for name in module.__all__:
            value = getattr(module, name)
            if package != "ksr" and name != "get" and not inspect.ismodule(value):
                homes.setdefault(id(value), set()).add(f"{package}.{name}")
    assert [names for names in homes.values() if len(names) > 1] == []


def test_no_module_is_shadowed_by_a_name_of_its_package():
    shadowed = []
    for name, module in MODULES.items():
        package, _, own = name.rpartition(".")
        if package and getattr(MODULES[package], own) is not module:
            shadowed.append(name)
    assert shadowed == []


def own_configs():
    """Public classes that the package gives, or that inherit, a `get_config`."""
    for name, module in MODULES.items():
        classes = [value for value in vars(module).values() if inspect.isclass(value)]
        own = [c for c in classes if c.__module__ == name and c.__name__[0] != "_"]
        yield from (c for c in own if hasattr(c, "get_config"))


def test_what_has_a_config_is_registered():
    classes = [c for c in own_configs() if not c.__name__.endswith("Network")]
    for cls in classes:
        registered = keras.saving.get_registered_name(cls)
        if cls.__name__ in ABSTRACT:
            assert registered == cls.__name__ and cls.__subclasses__(), cls
        elif not issubclass(cls, keras.callbacks.CallbackList):
            assert registered == f"keras_sessrec>{cls.__name__}", cls
            assert keras.saving.get_registered_object(registered) is cls
    names = [cls.__name__ for cls in classes]
    assert len(names) == len(set(names)) > 20


def test_version():
    assert [part.isdigit() for part in ksr.__version__.split(".")] == [True] * 3
