"""The command."""

import json
import re
import signal
import subprocess
import sys
import urllib.request

import pytest

from keras_sessrec.serving.dev_server.__main__ import main

SLOW = pytest.mark.slow
COMMAND = [sys.executable, "-m", "keras_sessrec.serving.dev_server"]


@pytest.mark.parametrize("stop", [pytest.param(signal.SIGINT, marks=SLOW), signal.SIGTERM])
def test_it_serves_until_it_is_told_to_stop(shop, tmp_path, stop):
    (tmp_path / "items.json").write_text('[{"id": "tea", "title": "Green tea"}]')
    options = ["--port", "0", "--items", tmp_path / "items.json"]
    with subprocess.Popen([*COMMAND, shop, *options], stderr=subprocess.PIPE, text=True) as process:
        log, url = "", None
        while url is None or "what-if page" not in log:
            line = process.stderr.readline()
            assert line, log
            log += line
            url = url or re.search(r"http://127\.0\.0\.1:\d+", line)
        body = json.dumps({"inputs": {"session": [["tea"]], "exclude": [[""]]}}).encode()
        path = f"{url[0]}/v1/models/shop:predict"
        with urllib.request.urlopen(path, body) as response:
            assert len(json.load(response)["outputs"]["item_ids"][0]) == 5
        process.send_signal(stop)
        log += process.stderr.read()
    assert process.returncode == 0, log
    assert "not for production" in log
    assert "Traceback" not in log
    assert "deprecated" not in log


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["/nowhere"], "of one model's numbered versions"),
        ([".", "--port", "70000"], "port 70000"),
        ([".", "--items", "missing.csv"], "missing.csv"),
    ],
)
def test_wrong_arguments_are_explained(arguments, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    with pytest.raises(SystemExit) as raised:
        main(arguments)
    assert raised.value.code == 2
    assert message in capsys.readouterr().err
