"""Words in, exit code and one line out."""

import logging
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from keras_sessrec_cli import use
from keras_sessrec_cli.command import in_our_words, main

ROOT = Path(__file__).parents[2]


def fails_with(monkeypatch, error):
    """Lets `recommend` end with an error."""

    def recommend(args):
        raise error

    monkeypatch.setattr(use, "recommend", recommend)
    return main(["recommend", "shop", "1"])


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ValueError("`time_column` is not there."), 2),
        (FileNotFoundError("no such model"), 2),
        (OSError(28, "No space left on device"), 1),
        (RuntimeError("broken"), 1),
        (MemoryError(), 1),
    ],
)
def test_an_error_is_one_line_and_a_code(monkeypatch, capsys, error, code):
    assert fails_with(monkeypatch, error) == code
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1
    assert err.startswith("keras-sessrec: error: ")
    assert err.strip() != "keras-sessrec: error:"


def test_ctrl_c_says_what_was_said(monkeypatch, capsys):
    assert fails_with(monkeypatch, KeyboardInterrupt("stopped with a snapshot in x.")) == 130
    assert capsys.readouterr().err == "keras-sessrec: stopped with a snapshot in x.\n"


def test_debug_shows_where_it_comes_from(monkeypatch, capsys):
    def recommend(args):
        raise ValueError("too few")

    monkeypatch.setattr(use, "recommend", recommend)
    assert main(["recommend", "shop", "1", "--debug"]) == 2
    assert "Traceback" in capsys.readouterr().err


def test_a_warning_is_one_line(monkeypatch, capsys):
    monkeypatch.setattr(use, "recommend", lambda args: warnings.warn("no id", stacklevel=1))
    before = warnings.showwarning
    assert main(["recommend", "shop", "1"]) == 0
    assert capsys.readouterr().err == "keras-sessrec: note: no id\n"
    assert warnings.showwarning is before


def test_messages_name_options():
    text = "Name the right one with `session_column=`. Give `time_unit='ms'`; `days` must be"
    assert in_our_words(text) == (
        "Name the right one with `--session`. Give `--time-unit ms`; `--test-days` must be"
    )


@pytest.mark.parametrize(
    "words",
    [[], ["sell"], ["train", "clicks.csv"], ["recommend", "shop", "1", "-k", "0"], ["serve"]],
)
def test_what_is_no_command_exits_with_2(capsys, words):
    with pytest.raises(SystemExit) as left:
        main(words)
    assert left.value.code == 2
    assert "usage: keras-sessrec" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["train", "evaluate", "recommend", "serve"])
def test_every_command_explains_itself(capsys, command):
    with pytest.raises(SystemExit) as left:
        main([command, "--help"])
    assert left.value.code == 0
    printed = capsys.readouterr().out
    assert "--debug" in printed and len(printed.splitlines()) > 10


def test_help_teaches_by_an_example_and_loads_no_tensorflow():
    code = (
        "import sys; from keras_sessrec_cli.command import main\n"
        "try: main(['--help'])\n"
        "finally: print('tensorflow' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "keras-sessrec train clicks.csv --output shop" in done.stdout
    assert done.stdout.endswith("False\n") and done.stderr == ""


def test_what_the_library_logs_is_a_note_of_the_command(monkeypatch, capsys):
    logger = logging.getLogger("keras_sessrec.some.part")
    monkeypatch.setattr("keras_sessrec_cli.use.recommend", lambda _: logger.warning("`folder` so"))
    assert main(["recommend", "shop", "1"]) == 0
    assert capsys.readouterr().err == "keras-sessrec: note: `--output` so\n"
    assert logging.getLogger("keras_sessrec").handlers == []
