"""The command as a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

from keras_sessrec_cli.quiet import LEVEL

ROOT = Path(__file__).parents[2]


def test_a_console_hears_nothing_but_the_answer():
    environment = {name: value for name, value in os.environ.items() if name != LEVEL}
    words = ["recommend", str(ROOT / "saved_models" / "gru4rec_shop"), "chair-0001", "-k", "3"]
    done = subprocess.run(
        [sys.executable, "-m", "keras_sessrec_cli", *words],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0 and done.stderr == ""
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["1", "2", "3"]
