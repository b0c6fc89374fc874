"""TensorFlow is loaded without a word, and what is wrong is still said."""

import os

import pytest

from keras_sessrec_cli.quiet import LEVEL, without_notes


def test_what_is_written_below_python_is_held_back(monkeypatch, capfd):
    monkeypatch.delenv(LEVEL, raising=False)
    with without_notes():
        os.write(2, b"cpu_feature_guard: a note\n")
        assert os.environ[LEVEL] == "3"
    os.write(2, b"afterwards\n")
    assert capfd.readouterr().err == "afterwards\n"


def test_an_error_passes_and_stderr_is_back(monkeypatch, capfd):
    monkeypatch.delenv(LEVEL, raising=False)
    with pytest.raises(ImportError), without_notes():
        raise ImportError("no TensorFlow")
    os.write(2, b"afterwards\n")
    assert capfd.readouterr().err == "afterwards\n"


def test_who_has_chosen_a_level_sees_what_it_lets_through(monkeypatch, capfd):
    monkeypatch.setenv(LEVEL, "0")
    with without_notes():
        os.write(2, b"a note\n")
    assert capfd.readouterr().err == "a note\n"
    assert os.environ[LEVEL] == "0"
