"""The Projector's files: rows that belong together, and what TensorBoard makes of them."""

import json

import numpy as np
import pytest
import tensorflow as tf
from google.protobuf import text_format
from tensorboard.backend.event_processing.data_provider import MultiplexerDataProvider
from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer
from tensorboard.plugins.base_plugin import TBContext
from tensorboard.plugins.projector import ProjectorConfig
from tensorboard.plugins.projector.projector_plugin import ProjectorPlugin
from werkzeug.test import Client

import keras_sessrec as ksr
from harness.model import chain_log, compile_arguments

LOG = chain_log()
COUNTS = [5, 0, 40, 7, 9, 1, 3, 2, 8, 6]
# Not in the order of the counts, as after `Catalog.extended`.
CATALOG = ksr.Catalog(np.arange(100, 110), counts=COUNTS)
ORDER = np.argsort(-np.array(COUNTS))
LABELS = {
    102: {"title": "Tea\tpot,\r\nlarge", "category": "kitchen"},
    109: {"title": "Möbel", "price": 12.5},
    "elsewhere": {"title": "?"},
}


def trained(log_dir, *args, model=None, epochs=1, catalog=CATALOG, **kwargs):
    model = model or ksr.models.GRU4Rec(catalog, units=[8], seed=1)
    model.compile(**compile_arguments(metrics=[]))
    callback = ksr.callbacks.Projector(log_dir, *args, **kwargs)
    batches = ksr.batches.session_parallel(LOG, catalog, lanes=8)
    model.fit(batches, epochs=epochs, verbose=0, callbacks=[callback])
    return model


def table_in(folder):
    text = (folder / "metadata.tsv").read_text(encoding="utf-8")
    assert text.endswith("\n")
    return [line.split("\t") for line in text[:-1].split("\n")]


def vectors_in(folder):
    return np.loadtxt(folder / "vectors.tsv", delimiter="\t", ndmin=2)


def pictures(item_ids):
    """A picture of one colour for every id."""
    colours = np.array([[i % 256, 255 - i % 256, 7] for i in item_ids], np.uint8)
    return np.broadcast_to(colours[:, None, None], (len(item_ids), 3, 5, 3))


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    log_dir = tmp_path_factory.mktemp("logs") / "run"
    return log_dir, trained(log_dir, LABELS, pictures)


@pytest.fixture(scope="module")
def folder(written):
    return written[0] / "projector" / "epoch_001"


def test_rows_are_items_by_popularity_without_the_padding_row(written, folder):
    _, model = written
    vectors = vectors_in(folder)
    np.testing.assert_allclose(vectors, model.network.scorer.table.numpy()[1:][ORDER], rtol=1e-5)
    header, *rows = table_in(folder)
    assert [int(row[header.index("id")]) for row in rows] == (100 + ORDER).tolist()
    assert [int(row[header.index("events")]) for row in rows] == sorted(COUNTS)[::-1]


def test_labels_come_first_on_one_line_and_gaps_are_empty(folder):
    header, *rows = table_in(folder)
    assert header == ["title", "category", "price", "id", "events"]
    assert {len(row) for row in rows} == {5}
    by_id = {int(row[3]): row[:3] for row in rows}
    assert by_id.pop(102) == ["Tea pot, large", "kitchen", ""]
    assert by_id.pop(109) == ["Möbel", "", "12.5"]
    assert all(row == ["", "", ""] for row in by_id.values())


def test_pictures_are_in_the_order_of_the_rows(folder):
    config = text_format.Parse((folder / "projector_config.pbtxt").read_text(), ProjectorConfig())
    sprite = config.embeddings[0].sprite
    assert list(sprite.single_image_dim) == [5, 3]
    sheet = tf.io.decode_png((folder / sprite.image_path).read_bytes()).numpy()
    assert sheet.shape == (3 * 3, 4 * 5, 3)
    shown = [sheet[3 * (i // 4), 5 * (i % 4), 0] for i in range(10)]
    assert shown == (100 + ORDER).tolist()


def test_tensorboard_finds_and_serves_them(written, folder):
    """Even one that was started before there was anything."""
    log_dir, _ = written
    multiplexer = EventMultiplexer().AddRunsFromDirectory(str(log_dir.parent))
    multiplexer.Reload()
    provider = MultiplexerDataProvider(multiplexer, str(log_dir.parent))
    plugin = ProjectorPlugin(TBContext(logdir=str(log_dir.parent), data_provider=provider))
    apps = plugin.get_plugin_apps()
    run = "run/projector/epoch_001"

    def answer(route, **query):
        reply = Client(apps[route]).get(query_string=query)
        assert reply.status_code == 200, reply.data
        return reply.data

    assert json.loads(answer("/runs")) == [run]
    (embedding,) = json.loads(answer("/info", run=run))["embeddings"]
    assert embedding["tensorShape"] == [10, 8]
    name = embedding["tensorName"]
    vectors = np.frombuffer(answer("/tensor", run=run, name=name), np.float32).reshape(10, 8)
    np.testing.assert_allclose(vectors, vectors_in(folder), rtol=1e-6)
    table = answer("/metadata", run=run, name=name)
    assert table == (folder / "metadata.tsv").read_bytes()
    assert answer("/sprite_image", run=run, name=name) == (folder / "sprites.png").read_bytes()


def test_snapshots_every_n_epochs_and_at_the_end(tmp_path):
    trained(tmp_path, epochs=5, every=2)
    folders = sorted((tmp_path / "projector").iterdir())
    assert [f.name for f in folders] == ["epoch_002", "epoch_004", "epoch_005"]
    first, second, last = (vectors_in(f) for f in folders)
    assert abs(first - second).max() > 0 and abs(second - last).max() > 0


def test_the_most_popular_items_without_labels(tmp_path):
    own = np.arange(30.0).reshape(10, 3)
    trained(tmp_path, max_items=4, thumbnails=pictures(range(10)), vectors=lambda _: own)
    folder = tmp_path / "projector" / "epoch_001"
    np.testing.assert_array_equal(vectors_in(folder), own[ORDER[:4]])
    assert table_in(folder)[0] == ["id", "events"]
    assert [int(i) for i, _ in table_in(folder)[1:]] == (100 + ORDER[:4]).tolist()
    sheet = tf.io.decode_png((folder / "sprites.png").read_bytes()).numpy()
    assert sheet[::3, ::5, 0].ravel().tolist() == ORDER[:4].tolist()


def test_networks_of_several_subnets(tmp_path):
    subnets = {
        name: ksr.layers.Subnet(ksr.layers.OneHotItem(), units=[units])
        for name, units in (("a", 4), ("b", 6))
    }
    model = ksr.models.ParallelGRU4Rec(CATALOG, subnets, seed=1)
    trained(tmp_path, {102: "Tea"}, model=model)
    folder = tmp_path / "projector" / "epoch_001"
    assert vectors_in(folder).shape == (10, 10)
    assert table_in(folder)[:2] == [["title", "id", "events"], ["Tea", "102", "40"]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"labels": {"102": "Tea"}}, "ids of the catalog, such as 102"),
        ({"thumbnails": pictures(range(9))}, "`thumbnails` must have one picture per item"),
        ({"thumbnails": lambda ids: np.zeros((len(ids), 3, 3, 3))}, "must be uint8"),
        ({"vectors": lambda model: model.network.scorer.table}, "`vectors` must be"),
        ({"max_items": 0}, "`max_items` must be at least 1"),
        ({"every": 0}, "`every` must be at least 1"),
    ],
)
def test_what_is_wrong_shows_before_training(tmp_path, arguments, message):
    with pytest.raises(ValueError, match=message):
        trained(tmp_path, **arguments)
    assert not list(tmp_path.iterdir())
