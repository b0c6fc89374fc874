import numpy as np

from harness import dataset
from keras_sessrec.data.shop.shop import synthetic_shop
from keras_sessrec.data.splits import split_last_days
from keras_sessrec.datasets.synthetic_shop import Builder
from keras_sessrec.datasets.synthetic_shop.synthetic_shop_dataset_builder import SyntheticShopConfig

TINY = SyntheticShopConfig(name="tiny", num_sessions=60, num_items=40, num_days=5, seed=3)


class TestSyntheticShop(dataset.LogBuilderTestCase):
    DATASET_CLASS = Builder
    BUILDER_CONFIG_NAMES_TO_TEST = (TINY,)
    EXAMPLE_DIR = "/"  # Nothing is read.
    SPLITS = {"train": 48, "test": 12}  # noqa: RUF012


def test_it_is_the_shop_of_the_configuration(tmp_path):
    builder = Builder(data_dir=tmp_path, config=TINY)
    builder.download_and_prepare()
    shop = synthetic_shop(num_sessions=60, num_items=40, num_days=5, seed=3)
    for split, log in zip(("train", "test"), split_last_days(shop.log), strict=True):
        stored = dataset.to_log(builder.as_dataset(split=split))
        assert dataset.sessions_of(stored) == dataset.sessions_of(log)
        np.testing.assert_array_equal(stored.session_ids, log.session_ids)


def test_the_configurations_are_the_defaults_and_a_small_one():
    medium, small = Builder.BUILDER_CONFIGS
    assert (medium.name, medium.num_sessions, medium.num_items) == ("medium", 30_000, 2_000)
    assert (small.name, small.num_sessions, small.num_items) == ("small", 2_000, 200)
