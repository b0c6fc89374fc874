"""Every module of the library has a test file, and every test tests something."""

import ast
from collections import Counter
from pathlib import Path

import pytest

import keras_sessrec
import keras_sessrec_cli

ROOT = Path(keras_sessrec.__file__).parent
COMMAND = Path(keras_sessrec_cli.__file__).parent
TESTS = Path(__file__).parent

MODULES = sorted(
    path.relative_to(ROOT) for path in ROOT.rglob("*.py") if path.name != "__init__.py"
)
TEST_FILES = sorted(path.relative_to(TESTS) for path in TESTS.rglob("test_*.py"))


def allowed_test_files(module):
    """`a/b.py` is tested by `a/test_b.py`, or `a/test_b_<a in the singular>.py`.

    The longer name is for two modules of one name: names of test files are unique.
    """
    package = module.parent.name
    one = package.removesuffix("es") if package.endswith("sses") else package.removesuffix("s")
    names = [f"test_{module.stem}.py"] + ([f"test_{module.stem}_{one}.py"] if one else [])
    return {module.parent / name for name in names}


def name_of_call(node):
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def is_check(node):
    """An assertion, or a call that fails the test if something is wrong."""
    if isinstance(node, ast.Assert):
        return True
    if not isinstance(node, ast.Call):
        return False
    name = name_of_call(node)
    is_contract = name.startswith("run_") and name.endswith("_test")
    return is_contract or name.startswith("assert_") or name in {"raises", "warns", "fail"}


def without_a_check(tree):
    """Names of the test functions without a check, of their own or in a function they call."""
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    checking, num_before = set(), -1
    while len(checking) > num_before:
        num_before = len(checking)
        checking |= {
            function.name
            for function in functions
            for node in ast.walk(function)
            if is_check(node) or (isinstance(node, ast.Call) and name_of_call(node) in checking)
        }
    tests = [function.name for function in functions if function.name.startswith("test_")]
    return [name for name in tests if name not in checking]


def test_every_module_has_a_test_file():
    missing = [str(m) for m in MODULES if not allowed_test_files(m) & set(TEST_FILES)]
    assert missing == []


def test_every_module_of_the_console_command_has_a_test_file():
    """Under a name that says so, since names of test files are unique."""
    modules = [path.stem.strip("_") for path in COMMAND.glob("*.py") if path.stem != "__init__"]
    missing = [m for m in modules if not (TESTS / "cli" / f"test_cli_{m}.py").exists()]
    assert missing == [] and modules


def test_every_test_checks_something():
    trees = {str(path): ast.parse((TESTS / path).read_text()) for path in TEST_FILES}
    idle = {path: without_a_check(tree) for path, tree in trees.items()}
    assert {path: names for path, names in idle.items() if names} == {}


def test_names_of_test_files_are_unique():
    names = Counter(path.name for path in TEST_FILES)
    assert [name for name, num in names.items() if num > 1] == []


@pytest.mark.parametrize(
    ("source", "checks"),
    [
        ("def test_a():\n    assert 1", True),
        ("def test_a():\n    f()", False),
        ("def test_a():\n    f()\ndef f():\n    g()\ndef g():\n    assert 1", True),
        ("def test_a():\n    np.testing.assert_array_equal(1, 1)", True),
        ("def test_a():\n    with pytest.raises(ValueError):\n        f()", True),
        ("def test_a():\n    run_loss_test(f)", True),
        ("def test_a():\n    run_something(f)", False),
        ("def test_a():\n    'assert'", False),
    ],
)
def test_the_search_itself(source, checks):
    assert (without_a_check(ast.parse(source)) == []) == checks
