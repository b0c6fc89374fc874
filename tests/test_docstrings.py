"""Every example in the library runs, and everything public is described."""

import doctest
import importlib
import importlib.util
import inspect
import pathlib
import pkgutil

import keras
import numpy as np
import pytest

import keras_sessrec as ksr
from harness.model import train_without_xla

# Methods that Keras calls and describes.
KERAS_HOOKS = {"build", "call", "compute_output_shape", "from_config", "get_config"}

NAMESPACE = {"keras": keras, "ksr": ksr, "np": np}

MODULES = ["keras_sessrec"] + [
    info.name for info in pkgutil.walk_packages(ksr.__path__, prefix="keras_sessrec.")
]


def has_examples(name):
    """Whether a module's text has a prompt, so that it is worth a test."""
    path = importlib.util.find_spec(name).origin
    return ">>>" in pathlib.Path(path).read_text()


def public_objects(module):
    """Name and object of the module's own public functions, classes and their methods."""
    for name, value in vars(module).items():
        if name.startswith("_") or getattr(value, "__module__", None) != module.__name__:
            continue
        if inspect.isfunction(value):
            yield name, value
        elif inspect.isclass(value):
            yield name, value
            for attribute, member in vars(value).items():
                member = getattr(member, "__func__", member)
                member = getattr(member, "fget", member)
                is_public = not attribute.startswith("_") and attribute not in KERAS_HOOKS
                if is_public and inspect.isfunction(member):
                    yield f"{name}.{attribute}", getattr(value, attribute)


@pytest.mark.parametrize("name", [name for name in MODULES if has_examples(name)])
def test_examples_run(name, tmp_path, monkeypatch):
    train_without_xla(monkeypatch)
    monkeypatch.chdir(tmp_path)  # Whatever an example writes goes there.
    module = importlib.import_module(name)
    finder = doctest.DocTestFinder(exclude_empty=True)
    report = []
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    for case in finder.find(module, extraglobs=NAMESPACE):
        runner.run(case, out=report.append)
    assert not runner.failures, "".join(report)


def test_every_public_method_is_described():
    """By itself or in a base class; modules, classes and functions are the linter's."""
    for name in MODULES:
        module = importlib.import_module(name)
        assert [n for n, value in public_objects(module) if not inspect.getdoc(value)] == [], name


def test_public_functions_and_classes_have_an_example():
    """At least what `keras_sessrec.data`, the first thing a user meets, exports."""
    functions = [getattr(ksr.data, name) for name in ksr.data.__all__]
    without = [f.__name__ for f in functions if inspect.isfunction(f) and ">>>" not in f.__doc__]
    assert without == []
