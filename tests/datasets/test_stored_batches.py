import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds

from harness import dataset
from keras_sessrec.datasets.join_batches import join_batches
from keras_sessrec.datasets.records import to_log
from keras_sessrec.datasets.retailrocket import Builder as RetailRocket
from keras_sessrec.datasets.rsc15 import Builder as RSC15
from keras_sessrec.datasets.stored_batches import stored_batches

PARTS = ["train", "test", "train[3:7]", "train[-25%:]", "train+test", "train[:2]+train[5:6]"]


@pytest.fixture(scope="module", params=[RSC15, RetailRocket])
def builder(request, tmp_path_factory):
    """A built one: integer session ids, string session ids."""
    data_dir = tmp_path_factory.mktemp("built")
    dataset.build(request.param, data_dir)
    return request.param(data_dir=data_dir)


@pytest.mark.parametrize("split", PARTS)
def test_they_hold_what_tfds_reads(builder, split):
    stored = join_batches(stored_batches(builder, split))
    expected = to_log(builder.as_dataset(split=split))
    assert dataset.sessions_of(stored) == dataset.sessions_of(expected)
    assert stored.session_ids.dtype == expected.session_ids.dtype


def test_sessions_come_in_the_stored_order(builder):
    ids = [batch["session_id"].numpy() for batch in stored_batches(builder, "train")]
    expected = [session["session_id"] for session in builder.as_dataset(split="train")]
    np.testing.assert_array_equal(np.concatenate(ids), np.array(expected))


def test_a_split_of_many_files(builder, tmp_path):
    """Shards as TensorFlow Datasets makes them of a large log."""
    config = tfds.download.DownloadConfig(
        manual_dir=dataset.dummy_file(type(builder)).parent, num_shards=3
    )
    sharded = type(builder)(data_dir=tmp_path, check_counts=False)
    sharded.download_and_prepare(download_config=config)
    assert sharded.info.splits["train"].num_shards == 3
    for split in ("train", "train[1:6]"):
        one, three = (join_batches(stored_batches(b, split)) for b in (builder, sharded))
        assert dataset.sessions_of(three) == dataset.sessions_of(one)


def test_an_unknown_split_is_refused(builder):
    with pytest.raises(ValueError, match="valid"):
        stored_batches(builder, "valid")


def test_events_are_ragged(builder):
    spec = stored_batches(builder, "train").element_spec
    assert isinstance(spec["items"], tf.RaggedTensorSpec)
    assert spec["timestamps"].dtype == tf.int64
