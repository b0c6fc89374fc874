"""Every benchmark can be started; what it measures is not tested."""

import json
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[1]
FOLDER = ROOT / "benchmarks"
SCRIPTS = sorted(path.stem for path in FOLDER.glob("*.py") if "parser(__doc__" in path.read_text())
HELP = """
import contextlib, importlib, io, json, sys
texts = {}
for name in sys.argv[1:]:
    module, sys.argv, text = importlib.import_module(name), [name, "--help"], io.StringIO()
    with contextlib.redirect_stdout(text), contextlib.suppress(SystemExit):
        module.main()
    texts[name] = text.getvalue()
print(json.dumps(texts))
"""
# Those that take seconds.
SHORT = {
    "batch_path": [],
    "random_speed": [],
    "strategy_cost": ["--units", "8", "--samples", "16"],
    "score_dtype": ["--items", "1000"],
    "pruned_search": ["--sizes", "2000"],
    "serving_load": [],
    "soft_labels": ["--labels", "0", "all"],
    "tan": ["--rows", "M1", "M2, 1/4", "M3, 1/64", "M4"],
    "baselines": ["--baselines", "first-order Markov", "AR"],
    "accuracy": ["--models", "POP", "GRU4Rec cross-entropy, as the port"],
}


def python(*arguments, cwd):
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_every_benchmark_is_short_if_asked_and_writes_records():
    texts = json.loads(python("-c", HELP, *SCRIPTS, cwd=FOLDER).splitlines()[-1])
    assert len(SCRIPTS) > 15
    for name in SCRIPTS:
        assert all(option in texts[name] for option in ("--quick", "--json", "--markdown")), name


@pytest.mark.slow
@pytest.mark.parametrize("name", SHORT)
def test_short_benchmarks_run(name, tmp_path):
    file, page = tmp_path / "records.json", tmp_path / "page.md"
    options = ["--quick", "--json", file, "--markdown", page, *SHORT[name]]
    printed = python(FOLDER / f"{name}.py", *options, cwd=tmp_path)
    assert json.loads(file.read_text())
    command, *table = page.read_text().splitlines()
    assert command.startswith(f"`benchmarks/{name}.py --quick")
    assert "|---|" in printed and "\n".join(table).strip() in printed
