"""TensorBoard's own callback for hyperparameters works with the models: none is needed here."""

import json

import keras
from tensorboard.backend.event_processing.data_provider import MultiplexerDataProvider
from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer
from tensorboard.plugins.base_plugin import TBContext
from tensorboard.plugins.hparams import api as hp
from tensorboard.plugins.hparams.hparams_plugin import HParamsPlugin
from werkzeug.test import Client

import keras_sessrec as ksr
from harness.model import chain_log, compile_arguments

LOG = chain_log()
CATALOG = ksr.Catalog.from_log(LOG)


def trained(log_dir, values):
    model = ksr.models.GRU4Rec(CATALOG, units=[values["units"]], seed=1)
    optimizer = ksr.optimizers.SparseAdagrad(values["learning_rate"])
    model.compile(**compile_arguments(optimizer=optimizer))
    callbacks = [keras.callbacks.TensorBoard(log_dir), hp.KerasCallback(str(log_dir), values)]
    history = model.fit(
        ksr.batches.session_parallel(LOG, CATALOG, lanes=8),
        validation_data=ksr.batches.whole_sessions(LOG, CATALOG),
        epochs=2,
        verbose=0,
        callbacks=callbacks,
    )
    return history.history


def test_values_and_metrics_are_side_by_side(tmp_path):
    trials = {
        "a": {"units": 4, "learning_rate": 0.1},
        "b": {"units": 8, "learning_rate": 0.3},
    }
    history = {name: trained(tmp_path / name, values) for name, values in trials.items()}
    multiplexer = EventMultiplexer().AddRunsFromDirectory(str(tmp_path))
    multiplexer.Reload()
    provider = MultiplexerDataProvider(multiplexer, str(tmp_path))
    plugin = HParamsPlugin(TBContext(logdir=str(tmp_path), data_provider=provider))
    metric = {"group": "validation", "tag": "epoch_recall_at_1"}
    request = {
        "allowedStatuses": ["STATUS_SUCCESS"],
        "colParams": [{"metric": metric}],
        "startIndex": 0,
        "sliceSize": 10,
    }
    reply = Client(plugin.get_plugin_apps()["/session_groups"]).post(json=request)
    groups = json.loads(reply.data)["sessionGroups"]
    shown = {}
    for group in groups:
        values = {m["name"]["tag"]: m["value"] for m in group["metricValues"]}
        shown[group["sessions"][0]["name"]] = (group["hparams"], values["epoch_recall_at_1"])
    assert shown == {
        name: (values, history[name]["val_recall_at_1"][-1]) for name, values in trials.items()
    }
