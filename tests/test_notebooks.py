"""The notebooks are those of the example scripts, and run."""

import importlib.util
import json
import pathlib

import pytest

ROOT = pathlib.Path(__file__).parents[1]
SPEC = importlib.util.spec_from_file_location("notebooks", ROOT / "docs" / "site" / "notebooks.py")
notebooks = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(notebooks)


def test_every_notebook_is_of_its_script():
    """`python docs/site/notebooks.py` after a script has changed."""
    there = {path.stem: path.read_text() for path in notebooks.FOLDER.glob("*.ipynb")}
    made = {name: notebooks.notebook_of(script) for name, script in notebooks.OF_SCRIPTS.items()}
    assert there == made


def test_a_notebook_has_the_sections_of_its_script():
    cells = json.loads(notebooks.notebook_of("quickstart"))["cells"]
    text = (ROOT / "examples" / "quickstart.py").read_text()
    headings = [c["source"][0][3:] for c in cells if c["source"][0].startswith("## ")]
    assert headings == ["Options", *notebooks.SECTION.findall(text.replace("    # ===", "# ==="))]
    assert "argparse" not in json.dumps(cells)


@pytest.mark.slow
@pytest.mark.parametrize("name", notebooks.OF_SCRIPTS)
def test_a_notebook_runs(name, tmp_path, monkeypatch):
    """In its tiny form, from a folder as deep in a checkout as its own."""
    nbclient = pytest.importorskip("nbclient", reason='needs pip install ".[docs]"')
    nbformat = pytest.importorskip("nbformat", reason='needs pip install ".[docs]"')
    folder = tmp_path / "docs" / "notebooks"
    folder.mkdir(parents=True)
    (tmp_path / "saved_models").symlink_to(ROOT / "saved_models")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    text = (notebooks.FOLDER / f"{name}.ipynb").read_text()
    assert "tiny=False" in text
    notebook = nbformat.reads(text.replace("tiny=False", "tiny=True"), as_version=4)
    nbformat.validate(notebook)
    resources = {"metadata": {"path": str(folder)}}
    nbclient.NotebookClient(notebook, timeout=600, resources=resources).execute()
    printed = [o["text"] for c in notebook.cells for o in c.get("outputs", []) if "text" in o]
    assert "best possible" in "".join(printed) or ":predict" in "".join(printed)
