"""Tries an installed keras_sessrec from a folder that holds nothing."""

import importlib
import importlib.metadata
import json
import pathlib
import subprocess
import urllib.request

import keras_sessrec as ksr
from keras_sessrec.serving.dev_server import DevServer

HERE = pathlib.Path.cwd()
PACKAGE = pathlib.Path(ksr.__file__).parent


def main() -> None:
    assert HERE not in PACKAGE.parents and "site-packages" in PACKAGE.parts, PACKAGE
    assert importlib.metadata.version("keras_sessrec") == ksr.__version__
    assert (PACKAGE / "py.typed").exists()

    print("presets")
    assert not list(HERE.iterdir())
    for name in ("gru4rec_shop", "parallel_rnn_shop", "tan_m2_shop", "tan_m4_shop"):
        model = ksr.models.SessionRecommender.from_preset(name)
        facts = json.loads((PACKAGE / "saved_models" / name / "preset.json").read_text())
        assert type(model).__name__ == facts["class"]
        first = model.catalog.item_ids[0]
        assert len(model.recommend([[first]], k=3)[0]) == 3
    titles = (PACKAGE / "saved_models" / "items.csv").read_text()
    assert str(first) in titles

    print("TensorFlow Datasets")
    for name in ("rsc15", "diginetica", "retailrocket", "online_retail", "synthetic_shop"):
        module = f"keras_sessrec.datasets.{name}.{name}_dataset_builder"
        builder = importlib.import_module(module).Builder(data_dir=HERE / "data")
        assert builder.info.description and builder.info.features
    log = ksr.datasets.load("synthetic_shop/small", "train", data_dir=HERE / "data")
    assert log.num_events > 1_000

    print("development server")
    ksr.serving.export(
        ksr.models.GRU4Rec.from_preset("gru4rec_shop"), "saved_models/gru4rec_shop", version=1
    )
    with DevServer("saved_models/gru4rec_shop", port=0) as server:
        page = urllib.request.urlopen(server.url).read().decode()
        assert "What if?" in page
        answer = urllib.request.urlopen(f"{server.url}/v1/models/gru4rec_shop").read()
        assert "AVAILABLE" in answer.decode()

    print("console command")
    columns = log.session_ids[log.session_of_event], log.item_ids[log.item_codes], log.timestamps
    lines = zip(*columns, strict=True)
    rows = [",".join(map(str, line)) for line in lines]
    (HERE / "clicks.csv").write_text("\n".join(["session_id,item_id,timestamp", *rows]) + "\n")
    command("train", "clicks.csv", "--output", "shop", "--epochs", "1")
    assert (HERE / "shop" / "export" / "1" / "saved_model.pb").exists()
    first = ksr.models.SessionRecommender.from_preset("shop").catalog.item_ids[0]
    assert len(command("recommend", "shop", str(first), "-k", "3").splitlines()) == 3


def command(*words: str) -> str:
    """Runs `keras-sessrec`; what it printed."""
    done = subprocess.run(["keras-sessrec", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


if __name__ == "__main__":
    main()
    print("The wheel works.")
