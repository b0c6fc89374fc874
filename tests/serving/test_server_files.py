"""Configuration files of TensorFlow Serving."""

import itertools
import re

import pytest
from google.protobuf import text_format

from keras_sessrec.serving.server_files import batch_sizes, write_server_files


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "shop"
    path.mkdir()
    write_server_files(path, num_items=50_000, padding="")
    return path


def test_models_config_is_what_the_server_reads(path):
    config_pb2 = pytest.importorskip("tensorflow_serving.config.model_server_config_pb2")
    text = (path / "models.config").read_text()
    config = text_format.Parse(text, config_pb2.ModelServerConfig())
    (model,) = config.model_config_list.config
    assert (model.name, model.base_path) == ("shop", "/models/shop")
    assert model.model_platform == "tensorflow"
    assert model.model_version_policy.latest.num_versions == 1


def test_the_largest_batch_is_the_last_allowed_size(path):
    text = (path / "batching_parameters.txt").read_text()
    sizes = [int(size) for size in re.findall(r"^allowed_batch_sizes: (\d+)$", text, re.M)]
    assert sizes == batch_sizes(50_000) == sorted(set(sizes))
    assert f"max_batch_size {{ value: {sizes[-1]} }}" in text
    assert 'begin every session with padding ("")' in text


def test_integer_padding_is_named(tmp_path):
    write_server_files(tmp_path, num_items=10, padding=-1)
    assert "with padding (-1)" in (tmp_path / "batching_parameters.txt").read_text()


def test_what_an_operator_changed_stays(path):
    (path / "models.config").write_text("mine")
    write_server_files(path, num_items=10, padding="")
    assert (path / "models.config").read_text() == "mine"


@pytest.mark.parametrize("num_items", [1, 37_483, 10**6, 10**8])
def test_a_batchs_scores_fit_into_64_mb(num_items):
    sizes = batch_sizes(num_items)
    assert sizes[0] == 1 and sizes[-1] <= 64
    assert all(later == 2 * size for size, later in itertools.pairwise(sizes))
    assert sizes[-1] == 1 or sizes[-1] * num_items * 4 <= 2**26
    assert sizes[-1] == 64 or 2 * sizes[-1] * num_items * 4 > 2**26


def test_monitoring(path):
    text = (path / "monitoring.config").read_text()
    assert "enable: true" in text and '"/monitoring/prometheus/metrics"' in text
