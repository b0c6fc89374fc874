"""The dependency law: what may import what, and what the library never does."""

import ast
import re
from pathlib import Path

import pytest

import keras_sessrec

ROOT = Path(keras_sessrec.__file__).parent
PACKAGE = "keras_sessrec"

# A module imports from strictly lower levels, or from its own package.
LEVELS = {
    "catalog": 0,
    "catalog_growth": 0,
    "item_features": 0,
    "raw_ids": 0,
    "top_k": 0,
    "bootstrap": 0,
    "counter_random": 0,
    "next_event_cases": 0,
    "losses": 1,
    "metrics": 1,
    "samplers": 1,
    "layers": 1,
    "optimizers": 1,
    "features": 1,
    "data": 1,
    "training": 1,
    "models": 2,
    "baselines": 2,
    "datasets": 2,
    "evaluation": 3,
    "evaluation_result": 3,
    "comparison": 3,
    "recency_stage": 3,
    "fine_tuning": 3,
    "soft_labels": 3,
    "callbacks": 3,
    "serving": 3,
    "recipes": 4,
    "reproduction": 5,
    "tuning": 5,
}
# Single modules of one level that belong together: who may import whom.
FAMILY = {
    "catalog": {"catalog_growth", "item_features", "raw_ids"},
    "catalog_growth": {"raw_ids"},
    "evaluation": {"evaluation_result"},
    "comparison": {"evaluation_result"},
    "fine_tuning": {"recency_stage"},
}
# What the levels alone would allow, or what is outside the library.
FORBIDDEN = {
    "models": {f"{PACKAGE}.data", f"{PACKAGE}.recipes", f"{PACKAGE}.serving", "pandas"},
    "data": {"keras"},
    "training": {f"{PACKAGE}.layers"},
    "baselines": {f"{PACKAGE}.models"},
}
# A command's `__main__` module is what a shell runs, never imported: it alone reads arguments.
FORBIDDEN_BUT_IN_COMMANDS = {"argparse"}

MODULES = sorted(path for path in ROOT.rglob("*.py") if path != ROOT / "__init__.py")


def name_of(path):
    """Dotted name below the package: "data.splits", "catalog"; a package's own for its init."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def unit_of(name):
    """The top-level module or package that has a level."""
    return name.split(".")[0]


def is_type_checking(test):
    return (isinstance(test, ast.Name) and test.id == "TYPE_CHECKING") or (
        isinstance(test, ast.Attribute) and test.attr == "TYPE_CHECKING"
    )


def running_nodes(tree):
    """All nodes but those that only a type checker sees."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and is_type_checking(node.test):
            for other in node.orelse:
                yield other
                yield from running_nodes(other)
            continue
        yield node
        yield from running_nodes(node)


def imports_of(tree):
    """Dotted names of the imported modules; `from a import b` counts as a.b."""
    for node in running_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_below(name, module):
    return name == module or name.startswith(module + ".")


def broken_laws(name, tree):
    """What a module with the dotted name `name` imports against the law."""
    unit = unit_of(name)
    everywhere = set() if name.endswith(".__main__") else FORBIDDEN_BUT_IN_COMMANDS
    for imported in imports_of(tree):
        if is_below(imported, PACKAGE) and imported.endswith(".__main__"):
            yield f"{name} must not import a command"
        for forbidden in FORBIDDEN.get(unit, set()) | everywhere:
            if is_below(imported, forbidden):
                yield f"{name} must not import {forbidden}"
        if not is_below(imported, PACKAGE):
            continue
        other = unit_of(imported.removeprefix(PACKAGE + "."))
        if other not in LEVELS:
            yield f"{name} imports {imported}, which is in no level"
        elif other == unit or other in FAMILY.get(unit, set()):
            continue
        elif LEVELS[other] >= LEVELS[unit]:
            yield f"{name} (level {LEVELS[unit]}) imports {other} (level {LEVELS[other]})"


def unwanted_uses(tree):
    """Calls of print, uses of sys.argv and of the environment."""
    for node in running_nodes(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id == "print":
                yield f"line {node.lineno}: print"
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            used = f"{node.value.id}.{node.attr}"
            if used in {"sys.argv", "os.environ", "os.environb", "os.getenv", "os.putenv"}:
                yield f"line {node.lineno}: {used}"
        elif isinstance(node, ast.ImportFrom) and node.module in {"sys", "os"}:
            yield from (
                f"line {node.lineno}: {node.module}.{alias.name}"
                for alias in node.names
                if alias.name in {"argv", "environ", "environb", "getenv", "putenv"}
            )


def global_seeds(tree):
    """Calls that seed or draw from a random state of the whole process."""
    for node in running_nodes(tree):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        is_seed = called in {"keras.utils.set_random_seed", "tf.random.set_seed", "random.seed"}
        legacy = re.match(r"(np|numpy)\.random\.(?!default_rng|SeedSequence|Generator)", called)
        if is_seed or legacy:
            yield f"line {node.lineno}: {called}"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_dependency_law(path):
    name = name_of(path)
    assert unit_of(name) in LEVELS, f"`{unit_of(name)}` needs a level in this test"
    assert list(broken_laws(name, ast.parse(path.read_text()))) == []


@pytest.mark.parametrize("path", [ROOT / "__init__.py", *MODULES], ids=lambda p: name_of(p) or "/")
def test_no_output_no_arguments_no_environment_no_global_seed(path):
    tree = ast.parse(path.read_text())
    assert [*unwanted_uses(tree), *global_seeds(tree)] == []


def test_families_are_of_one_level():
    for module, others in FAMILY.items():
        assert {LEVELS[other] for other in others} == {LEVELS[module]}
        assert all((ROOT / f"{name}.py").is_file() for name in {module, *others})


@pytest.mark.parametrize(
    ("name", "source", "breaks"),
    [
        ("data.splits", "import keras", True),
        ("data.splits", "from keras import ops", True),
        ("data.splits", "import keras_sessrec", True),
        ("data.splits", "from keras_sessrec.data.session_log import SessionLog", False),
        ("data.splits", "from keras_sessrec.catalog import Catalog", False),
        ("data.splits", "from keras_sessrec import losses", True),
        ("losses.bpr", "from keras_sessrec.metrics import formulas", True),
        ("catalog", "from keras_sessrec.data import SessionLog", True),
        ("catalog", "if TYPE_CHECKING:\n    from keras_sessrec.data import SessionLog", False),
        ("catalog", "def f():\n    from keras_sessrec.top_k import top_k", True),
        ("models.gru4rec", "from keras_sessrec.data import SessionLog", True),
        ("models.gru4rec", "from pandas import Index", True),
        ("models.gru4rec", "from keras_sessrec.layers import Subnet", False),
        ("baselines.item_knn", "from keras_sessrec.models import GRU4Rec", True),
        ("training.blocks", "from keras_sessrec.layers import GRUCell", True),
        ("evaluation", "from keras_sessrec.evaluation_result import EvaluationResult", False),
        ("evaluation", "from keras_sessrec.comparison import compare", True),
        ("serving.export", "from keras_sessrec.recipes import Recipe", True),
        ("recipes.gru4rec", "from keras_sessrec.serving import export", False),
        ("recipes.gru4rec", "import argparse", True),
        ("serving.dev_server.dev_server", "import argparse", True),
        ("serving.dev_server.__main__", "import argparse", False),
        ("serving.dev_server.__main__", "from keras_sessrec.recipes import Recipe", True),
        ("serving.export", "import keras_sessrec.serving.dev_server.__main__", True),
        ("serving.export", "from keras_sessrec.serving.dev_server import __main__", True),
    ],
)
def test_the_law_itself(name, source, breaks):
    assert bool(list(broken_laws(name, ast.parse(source)))) == breaks


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("print(1)", True),
        ("import sys\nx = sys.argv[1]", True),
        ("from os import environ", True),
        ("import os\nos.environ['A'] = 'b'", True),
        ("import os\nos.path.join('a', 'b')", False),
        ("np.random.seed(1)", True),
        ("np.random.rand(3)", True),
        ("np.random.default_rng(1).random()", False),
        ("keras.utils.set_random_seed(1)", True),
        ('"""print(1)"""', False),
    ],
)
def test_the_search_itself(source, found):
    tree = ast.parse(source)
    assert bool([*unwanted_uses(tree), *global_seeds(tree)]) == found
