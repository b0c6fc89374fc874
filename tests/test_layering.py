"""The law of imports (setup.cfg), and what no linter sees: environment and global seeds."""

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import keras_sessrec
import keras_sessrec_cli

ROOT = Path(keras_sessrec.__file__).parent
COMMAND = Path(keras_sessrec_cli.__file__).parent
CHECKOUT = Path(__file__).parents[1]


def contracts(checkout):
    """What import-linter says of a checkout."""
    command = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [command, "setup.cfg"], cwd=checkout, capture_output=True, text=True, check=False
    )


def test_the_contracts_are_kept():
    done = contracts(CHECKOUT)
    assert done.returncode == 0, done.stdout
    assert "6 kept, 0 broken" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("data/splits.py", "import keras"),
        ("ops/padding.py", "from keras_sessrec.catalog import Catalog"),
        ("training/strategy.py", "from keras_sessrec.layers import Subnet"),
        ("baselines/markov_chain.py", "from keras_sessrec.models import GRU4Rec"),
        (
            "catalog/catalog.py",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n"
            "    from keras_sessrec.models import GRU4Rec",
        ),
        ("serving/exporter.py", "import argparse"),
        ("serving/exporter.py", "import keras_sessrec_cli.quiet"),
    ],
)
def test_a_broken_contract_is_seen(tmp_path, module, line):
    for package in (ROOT, COMMAND):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(package, tmp_path / package.name, ignore=ignored)
    shutil.copy(CHECKOUT / "setup.cfg", tmp_path)
    with open(tmp_path / ROOT.name / module, "a") as file:
        file.write(f"\n{line}\n")
    assert re.search(r"[1-9] broken", contracts(tmp_path).stdout)


def test_the_root_holds_the_public_names_only():
    assert [path.name for path in ROOT.glob("*.py")] == ["__init__.py"]


FORBIDDEN = ("sys.argv", "os.environ", "os.getenv", "os.putenv")
SEEDS = ("keras.utils.set_random_seed", "tf.random.set_seed", "random.seed")


def unwanted_uses(source):
    """Uses of the command line, of the environment, and of the process' random state."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and ast.unparse(node).startswith(FORBIDDEN):
            yield ast.unparse(node)
        elif isinstance(node, ast.ImportFrom) and node.module in ("sys", "os"):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (name for name in names if name.startswith(FORBIDDEN))
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in SEEDS:
            yield ast.unparse(node.func)


def test_no_environment_no_arguments_no_global_seed():
    found = {path.name: list(unwanted_uses(path.read_text())) for path in ROOT.rglob("*.py")}
    # Whether a GPU is hidden on purpose, only the environment tells.
    uses = found.pop("unused_gpu.py")
    assert "os.environ.get" in uses and all(use.startswith("os.environ") for use in uses)
    assert {name: uses for name, uses in found.items() if uses} == {}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import sys\nx = sys.argv[1]", True),
        ("from os import environ", True),
        ("import os\nos.environ['A'] = 'b'", True),
        ("import os\nos.path.join('a', 'b')", False),
        ("keras.utils.set_random_seed(1)", True),
        ("np.random.default_rng(1).random()", False),
    ],
)
def test_the_search_itself(source, found):
    assert bool(list(unwanted_uses(source))) == found
