"""From a CSV to a folder with all that a shop needs."""

import json

import keras
import numpy as np
import pytest

import keras_sessrec as ksr
from keras_sessrec_cli import train as cli_train
from keras_sessrec_cli.command import main
from keras_sessrec_cli.train import RECIPE


def weights(folder):
    return keras.models.load_model(folder / "model.keras").get_weights()


def test_the_folder_holds_model_report_and_export(shop):
    for name in ("report.md", "report.json", "model.keras", "export/1/saved_model.pb"):
        assert (shop / name).is_file(), name
    assert list(shop.glob("logs/validation/events*"))
    assert not (shop / "backup").exists()


def test_it_is_the_recipes_model_and_its_figures_are_those_of_the_test(shop, csv):
    model = ksr.models.SessionRecommender.from_preset(shop)
    recipe = ksr.recipes.get(RECIPE)
    assert model.get_config()["units"] == recipe.model[1]["units"]
    log, _ = ksr.data.clean(ksr.data.read_clicks(csv))
    train, test = ksr.data.split_last_days(log, days=1)
    assert model.catalog.item_ids.tolist() == ksr.Catalog.from_log(train).item_ids.tolist()
    found = json.loads((shop / "report.json").read_text())["results"]
    markov = ksr.baselines.MarkovChain().fit(train, model.catalog)
    for name, scorer in {"GRU4Rec": model, "first-order Markov": markov}.items():
        expected = ksr.evaluate(scorer, test, k=20)
        assert found[name]["metrics"]["mrr_at_20"] == pytest.approx(expected.mrr(20))
        assert found[name]["cases"] == expected.num_cases


@pytest.mark.parametrize(
    "options, epochs",
    [
        ([], 20),
        (["--epochs", "3"], 3),
        (["--recipe", "gru4rec_diginetica_xe_shared"], 5),
        (["--recipe", "gru4rec_diginetica_xe_shared", "--epochs", "3"], 3),
    ],
)
def test_epochs_are_those_asked_for_then_the_recipes(options, epochs, csv, tmp_path, monkeypatch):
    """The default recipe has as many as validation gains by, so that small logs get enough."""
    seen = []

    def look(recipe, *more):
        seen.append(recipe.epochs)
        raise RuntimeError("that will do")

    monkeypatch.setattr(cli_train, "_trained", look)
    assert main(["train", str(csv), "--output", str(tmp_path / "shop"), *options]) == 1
    assert seen == [epochs]


@pytest.mark.slow
def test_what_was_broken_off_goes_on_and_ends_the_same(train, shop, tmp_path, monkeypatch, capsys):
    def break_off(self, epoch, logs=None):
        if epoch == 1:
            raise RuntimeError("the power is off")

    with monkeypatch.context() as patch:
        patch.setattr(keras.callbacks.TensorBoard, "on_epoch_begin", break_off)
        assert train(tmp_path / "shop") == 1
    assert "Epoch 1/2" in capsys.readouterr().out
    assert not (tmp_path / "shop" / "model.keras").exists()
    assert train(tmp_path / "shop") == 0
    printed = capsys.readouterr().out
    assert "Epoch 2/2" in printed and "Epoch 1/2" not in printed
    for left, right in zip(weights(tmp_path / "shop"), weights(shop), strict=True):
        np.testing.assert_array_equal(left, right)
    both = [json.loads((f / "report.json").read_text()) for f in (tmp_path / "shop", shop)]
    assert both[0]["by_epoch"] == both[1]["by_epoch"] and len(both[0]["by_epoch"]) == 2


def test_what_is_trained_is_not_trained_again(train, shop, capsys):
    before = (shop / "model.keras").stat().st_mtime_ns
    assert train(shop) == 0
    assert "is trained; it is tested anew" in capsys.readouterr().out
    assert (shop / "model.keras").stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--seed", "2"], "`--output` must be new, or hold a run of the same seed"),
        (["--test-days", "2"], "`--output` must be new, or hold a run of the same train and test"),
        (["--recipe", "tan_m1_100"], "run of the same recipe"),
        (["--recipe", "gru4rec"], "`--recipe` must be one of the "),
        (["--test-days", "9"], "must have sessions for both sides"),
        (["--time", "when"], "column `when` is not there"),
    ],
)
def test_what_cannot_be_is_said(train, shop, capsys, options, message):
    assert train(shop, *options) == 2
    assert message in capsys.readouterr().err


def test_clicks_without_a_session_of_two(tmp_path, capsys):
    path = tmp_path / "clicks.csv"
    path.write_text("session_id,item_id,timestamp\n1,tea,1700000000\n2,tea,1700000009\n")
    assert main(["train", str(path), "--output", str(tmp_path / "shop")]) == 2
    assert "nothing is left" in capsys.readouterr().err
    assert not (tmp_path / "shop").exists()
