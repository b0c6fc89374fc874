"""Every Python block of README.md and docs/ runs, page by page; links lead somewhere."""

import re
import shutil

import keras
import pytest
import tensorflow as tf

import keras_sessrec as ksr
from harness.docs_world import FROM_NOTHING, PAGES, ROOT, SMALL, DocsWorld, code_of
from harness.model import train_without_xla

LINK = re.compile(r"\]\((?!https?:)([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
WITH_CODE = [page for page in PAGES if code_of(page)]
# Several trainings each, of batches of many widths.
LONG = {"distil", "models_and_settings", "titles_and_pictures"}
CASES = [
    pytest.param(page, marks=pytest.mark.slow if page.stem in LONG else ()) for page in WITH_CODE
]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return DocsWorld(tmp_path_factory.mktemp("docs"))


@pytest.fixture
def names(world, tmp_path, monkeypatch):
    """What a page finds, in a folder of its own; shops are small, everything is one epoch."""
    train_without_xla(monkeypatch)
    for file in world.folder.iterdir():
        shutil.copy(file, tmp_path)
    monkeypatch.chdir(tmp_path)
    make_shop = ksr.data.synthetic_shop
    monkeypatch.setattr(ksr.data, "synthetic_shop", lambda **chosen: make_shop(**chosen | SMALL))
    # It is for good, and tests/test_gpu.py is about it.
    monkeypatch.setattr(tf.config.experimental, "enable_op_determinism", lambda: None)
    return world.names()


@pytest.mark.parametrize("page", CASES, ids=lambda page: page.stem)
def test_the_code_of_a_page_runs(page, names):
    namespace = {} if page.stem in FROM_NOTHING else names
    exec(compile(code_of(page), str(page), "exec"), namespace)
    results = [value for value in namespace.values() if hasattr(value, "confidence_interval")]
    for result in results:
        assert 0 < result.recall(20) <= 1
    models = [value for value in namespace.values() if isinstance(value, keras.Model)]
    assert all(model.is_trained for model in models)


def anchors_of(page):
    """What headings are linked by, as GitHub does it."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    kept = [re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings]
    return {heading.strip().replace(" ", "-") for heading in kept}


@pytest.mark.parametrize(
    "page", [*PAGES, ROOT / "CONTRIBUTING.md"], ids=lambda page: page.relative_to(ROOT).as_posix()
)
def test_links_lead_to_files_and_headings_that_are_there(page):
    for link in LINK.findall(FENCE.sub("", page.read_text())):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors_of(target), link
