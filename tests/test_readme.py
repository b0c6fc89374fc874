"""What the README promises; tests/test_docs.py runs its example."""

import pathlib
import re

import keras_sessrec as ksr

ROOT = pathlib.Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def test_it_is_short():
    assert len(README.splitlines()) <= 130


def test_its_example_is_short_and_looks_at_the_test_once():
    (block,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    lines = [line for line in block.splitlines() if line]
    assert len(lines) <= 26
    before, after = block.split("model.fit(")
    assert "whole_sessions(valid, catalog)" in before
    assert "test" not in before.split("ksr.models")[1] and "evaluate(model, test)" in after


def test_settings_of_its_example_are_those_of_the_recipe_it_names():
    """As the README says, so that its figure is that of the example."""
    (name,) = re.findall(r"settings are those of the recipe `(\w+)`", README)
    recipe = ksr.recipes.get(name)
    arguments = recipe.model[1]
    for argument in ("units", "embedding_dropout", "hidden_dropout", "score_scale"):
        assert f'"{argument}": {arguments[argument]}' in README
    for switch in ("tie_embeddings", "normalize"):
        assert arguments[switch] is True and f"{switch}=True" in README
    assert f"lanes={recipe.batches[1]['lanes']})" in README
    assert f"SparseAdagrad({recipe.optimizer[1]['learning_rate']})" in README
    assert "momentum" not in recipe.optimizer[1]
    assert recipe.loss[0] == "CrossEntropy" and 'loss="cross_entropy"' in README
    # Uniform is popularity to the power of 0.
    num, alpha, logq = (recipe.negatives[1][key] for key in ("num", "alpha", "logq"))
    assert alpha == 0 and f"Uniform({num}, logq={logq})" in README
    assert f"epochs={recipe.epochs})" in README


def test_its_figures_are_those_of_the_accuracy_page():
    """To one digit, of the recipes that both name."""
    table = (ROOT / "docs" / "accuracy.md").read_text()
    rows = {
        "`GRU4Rec` | a rec": "gru4rec_cosine_128",
        "`GRU4Rec` trained on": "gru4rec_then_prefixes_recent_100",
        "M1 |": "tan_m1_100",
        "M2 |": "tan_m2_100",
        "M4, ": "m4_of_gru4rec_then_prefixes_100",
    }
    for begin, recipe in rows.items():
        (line,) = [row for row in README.splitlines() if row.startswith(f"| {begin}")]
        (cell,) = re.findall(rf"^\| `{recipe}` \| ([^|]*) \|", table, re.MULTILINE)
        numbers = re.findall(r"(?:^|/ )([\d.]+)", cell)
        assert line.endswith(f" {' / '.join(f'{float(n):.1f}' for n in numbers)} |"), recipe


def test_ci_runs_its_test_command():
    """`.ci/run` cuts its command out of the README, so the sentence before it must stay."""
    section = README.split("Install and pass the tests", 1)[1]
    command = next(line for line in section.splitlines() if line.startswith("python3"))
    assert command.endswith("-m pytest")
    assert 'pip install ".[test]"' in command
