"""A shop that was trained by the command, once."""

import pandas as pd
import pytest

import keras_sessrec as ksr
from harness.model import train_without_xla
from keras_sessrec_cli.command import main


@pytest.fixture(scope="session")
def csv(tmp_path_factory):
    """Path of the clicks of a small shop."""
    log = ksr.data.synthetic_shop(num_sessions=800, num_items=40, num_days=5, seed=1).log
    columns = {
        "session_id": log.session_ids[log.session_of_event],
        "item_id": log.item_ids[log.item_codes],
        "timestamp": log.timestamps,
    }
    path = tmp_path_factory.mktemp("clicks") / "clicks.csv"
    pd.DataFrame(columns).to_csv(path, index=False)
    return path


@pytest.fixture(scope="session")
def train(csv):
    """Runs `train` into a folder; returns the exit code."""

    def run(folder, *options):
        return main(["train", str(csv), "--output", str(folder), "--epochs", "2", *options])

    with pytest.MonkeyPatch.context() as patch:
        train_without_xla(patch)
        yield run


@pytest.fixture(scope="session")
def shop(train, tmp_path_factory):
    """Folder of a finished training."""
    folder = tmp_path_factory.mktemp("trained") / "shop"
    assert train(folder) == 0
    return folder
