"""The site of docs/: every public name has its place there."""

import dataclasses
import inspect
import pathlib
import subprocess
import sys
import zlib

import pytest

import public_api
from test_docstrings import KERAS_HOOKS

ROOT = pathlib.Path(__file__).parents[1]


def test_every_public_package_has_a_page_in_the_menu():
    menu = (ROOT / "mkdocs.yml").read_text()
    for package, module in public_api.packages():
        if package != "ksr":
            name = package.removeprefix("ksr.")
            page = (ROOT / "docs" / "api" / f"{name}.md").read_text()
            assert f"::: {module.__name__}\n" in page
            assert f"api/{name}.md" in menu


@pytest.fixture(scope="module")
def inventory(tmp_path_factory):
    """The names that the built site describes."""
    pytest.importorskip("mkdocs", reason='needs pip install ".[docs]"')
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", folder]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    text = zlib.decompress((folder / "objects.inv").read_bytes().split(b"\n", 4)[4]).decode()
    return {line.split(" ")[0] for line in text.splitlines()}


def described_methods(cls):
    """Public methods and properties, without fields and what Keras calls."""
    fields = {f.name for f in dataclasses.fields(cls)} if dataclasses.is_dataclass(cls) else set()
    for name, _ in public_api.public_methods(cls):
        member = inspect.getattr_static(cls, name)
        is_described = callable(member) or isinstance(member, property | classmethod | staticmethod)
        is_hook = name in KERAS_HOOKS | fields | {"get_build_config"} or name.startswith("on_")
        if is_described and not is_hook and not inspect.isclass(member):
            yield name


@pytest.mark.slow
def test_every_public_name_is_on_the_site(inventory):
    """Methods on the page of their class or of one that it derives from."""
    missing = []
    for package, module in public_api.packages():
        for name in module.__all__:
            value = getattr(module, name)
            if inspect.ismodule(value):
                continue
            homes = {value, *(value.__mro__ if inspect.isclass(value) else ())}
            places = {f"{home.__module__}.{home.__qualname__}" for home in homes}
            if not places & inventory:
                missing.append(f"{package}.{name}")
            for method in described_methods(value) if inspect.isclass(value) else ():
                if not {f"{place}.{method}" for place in places} & inventory:
                    missing.append(f"{package}.{name}.{method}")
    assert missing == []
