"""A trained shop is measured, asked, served."""

import json
import socket
import threading
import urllib.request

import pytest

import keras_sessrec as ksr
from keras_sessrec.serving.dev_server import DevServer
from keras_sessrec_cli.command import main


def test_evaluate_is_evaluate(shop, csv, tmp_path, capsys):
    out = tmp_path / "figures.json"
    assert main(["evaluate", str(shop), str(csv), "--test-days", "1", "--json", str(out)]) == 0
    model = ksr.models.SessionRecommender.from_preset(shop)
    _, test = ksr.data.split_last_days(ksr.data.read_clicks(csv), 1, known_items_only=False)
    expected = ksr.evaluate(model, test)
    assert str(expected) in capsys.readouterr().out
    found = json.loads(out.read_text())
    assert found["metrics"] == pytest.approx(expected.metrics())
    assert found["cases"] == expected.num_cases and found["k"] == 20
    assert found["intervals"]["mrr"] == pytest.approx(expected.confidence_interval("mrr", 20))


def test_evaluate_without_days_takes_all_sessions(shop, csv, capsys):
    assert main(["evaluate", str(shop), str(csv)]) == 0
    model = ksr.models.SessionRecommender.from_preset(shop)
    cases = ksr.evaluate(model, ksr.data.read_clicks(csv)).num_cases
    assert f"{cases:,} cases of" in capsys.readouterr().out


@pytest.mark.parametrize("options", [[], ["--exclude-seen"]])
def test_recommend_is_recommend(shop, capsys, options):
    model = ksr.models.SessionRecommender.from_preset(shop)
    clicked = model.catalog.item_ids[:2].tolist()
    assert main(["recommend", str(shop), *clicked, "-k", "3", *options]) == 0
    (expected,) = model.recommend([clicked], k=3, exclude_seen=bool(options))
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [line[:2] for line in lines] == [[str(n), i] for n, (i, _) in enumerate(expected, 1)]
    assert [float(line[2]) for line in lines] == pytest.approx([s for _, s in expected], abs=1e-4)


def test_unknown_clicks_are_answered_with_a_note(shop, capsys):
    assert main(["recommend", str(shop), "no such item", "-k", "2"]) == 0
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == 2
    assert err.startswith("keras-sessrec: note: 1 of 1 sessions hold no item of the catalog")


def test_a_click_that_the_model_does_not_know_is_told_of(shop, capsys):
    known = ksr.models.SessionRecommender.from_preset(shop).catalog.item_ids[0]
    assert main(["recommend", str(shop), known, "no such item", "-k", "2"]) == 0
    expected = "keras-sessrec: note: Skipped, since the model does not know them: no such item."
    assert capsys.readouterr().err.strip() == expected


def test_a_folder_without_an_export_is_not_served(shop, tmp_path, capsys):
    for folder, why in ((shop.parent, f"Give one of {[str(shop)]}"), (tmp_path, "has none")):
        assert main(["serve", str(folder)]) == 2
        assert why in capsys.readouterr().err


@pytest.mark.parametrize("command", [["recommend", "none", "1"], ["serve", "none"]])
def test_no_such_folder(command, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(command) == 2
    assert "none" in capsys.readouterr().err


def test_serve_answers_as_recommend(shop, monkeypatch):
    asked = {}
    stay = threading.Event()

    def ask_and_leave(server):
        for path in ("/", "/v1/models/export"):
            with urllib.request.urlopen(server.url + path) as response:
                asked[path] = response.status, response.read().decode()
        stay.set()

    monkeypatch.setattr(DevServer, "wait", ask_and_leave)
    monkeypatch.setattr("signal.signal", lambda *_: None)  # the tests' own stay
    assert main(["serve", str(shop), "--port", "0"]) == 0
    assert stay.is_set() and asked["/"][0] == 200 and "What if?" in asked["/"][1]
    assert "AVAILABLE" in asked["/v1/models/export"][1]


def test_a_port_that_is_taken(shop, monkeypatch, capsys):
    monkeypatch.setattr("signal.signal", lambda *_: None)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        assert main(["serve", str(shop), "--port", str(other.getsockname()[1])]) == 1
    message = capsys.readouterr().err
    assert "in use" in message and "`--port` or `--host`" in message
