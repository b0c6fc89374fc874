"""The README's Python example runs as printed, on a small file of the same format."""

import datetime
import pathlib
import re

import numpy as np

import keras_sessrec as ksr
from harness.model import train_without_xla

README = (pathlib.Path(__file__).parents[1] / "README.md").read_text()


def write_rsc15(path):
    """A small log in the format of yoochoose-clicks.dat."""
    log = ksr.data.synthetic_shop(num_sessions=400, num_items=60, num_days=4, seed=3).log
    session = np.repeat(np.arange(log.num_sessions), log.lengths)
    lines = []
    for s, item, time in zip(session, log.item_codes, log.timestamps, strict=True):
        stamp = datetime.datetime.fromtimestamp(float(time), datetime.UTC)
        lines.append(f"{s},{stamp:%Y-%m-%dT%H:%M:%S.000Z},{214536500 + item},0")
    path.write_text("\n".join(lines) + "\n")


def python_examples():
    return re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)


def test_python_example_runs(tmp_path, monkeypatch, capsys):
    train_without_xla(monkeypatch)
    block = python_examples()[0]
    write_rsc15(tmp_path / "yoochoose-clicks.dat")
    monkeypatch.chdir(tmp_path)
    namespace = {}
    short = block.replace("epochs=5", "epochs=1")
    assert short != block
    exec(short, namespace)
    assert 0 < namespace["result"].recall(20) <= 1
    assert "events" in capsys.readouterr().out
    assert (tmp_path / "gru4rec.keras").exists()
    assert list((tmp_path / "logs" / "gru4rec" / "train").glob("events*"))
    (answer,) = namespace["model"].recommend([["214536502", "214536500"]], k=5)
    assert len(answer) == 5


def test_settings_of_the_python_example_are_those_of_the_recipe_it_names():
    """As the README says, so that its figure is that of the example."""
    recipe = ksr.recipes.get("gru4rec_diginetica_xe_shared")
    block = python_examples()[0]
    arguments = recipe.model[1] | recipe.batches[1]
    for name in ("units", "tie_embeddings", "embedding_dropout", "hidden_dropout", "lanes"):
        assert f"{name}={arguments[name]}" in block
    assert f"SparseAdagrad({recipe.optimizer[1]['learning_rate']})" in block
    assert recipe.optimizer[1]["momentum"] == 0
    # Uniform is popularity to the power of 0.
    num, alpha, logq = (recipe.negatives[1][key] for key in ("num", "alpha", "logq"))
    assert alpha == 0 and f"Uniform({num}, logq={logq})" in block
    assert f"epochs={recipe.epochs}," in block


def test_parallel_example_runs(monkeypatch):
    train_without_xla(monkeypatch)
    block = python_examples()[1]
    namespace = {"ksr": ksr}
    small = block.replace("synthetic_shop(", "synthetic_shop(num_sessions=400, num_items=60, ")
    assert small != block
    exec(small.replace("epochs=20", "epochs=2").replace("subnet=10", "subnet=1"), namespace)
    assert 0 < namespace["result"].recall(20) <= 1
    assert namespace["history"].history["stage"] == [0.0, 1.0]


def test_improved_rnns_example_runs(monkeypatch):
    train_without_xla(monkeypatch)
    (block,) = python_examples()[2:]
    small = block.replace("synthetic_shop(", "synthetic_shop(num_sessions=300, num_items=60, ")
    for long, short in (("epochs=20", "epochs=1"), ("epochs=10", "epochs=1")):
        assert long in small
        small = small.replace(long, short)
    namespace = {"ksr": ksr}
    exec(small, namespace)
    for model in ("model", "small"):
        result = ksr.evaluate(namespace[model], namespace["test"], namespace["catalog"], k=20)
        assert 0 < result.recall(20) <= 1


def test_ci_runs_the_readmes_test_command():
    """`.ci/run` cuts its command out of the README, so the sentence before it must stay."""
    section = README.split("Install and pass the tests", 1)[1]
    command = next(line for line in section.splitlines() if line.startswith("python3"))
    assert command.endswith("-m pytest")
    assert 'pip install ".[test]"' in command


def test_no_placeholder_is_left():
    assert not re.findall(r"[A-Z]+_SECTION", README)
