"""TensorFlow Datasets builder of the synthetic shop."""

from __future__ import annotations

import dataclasses
from typing import ClassVar

import tensorflow_datasets as tfds

from keras_sessrec.data.session_log import SessionLog
from keras_sessrec.data.shop.shop import synthetic_shop
from keras_sessrec.data.splits import split_last_days
from keras_sessrec.datasets.log_builder import LogBuilder


@dataclasses.dataclass
class SyntheticShopConfig(tfds.core.BuilderConfig):
    """Size of a synthetic shop.

    Attributes:
        num_sessions: int. Defaults to 30,000.
        num_items: int. Defaults to 2,000.
        num_days: int; the last one is the test. Defaults to 28.
        seed: int. Defaults to 0.
    """

    num_sessions: int = 30_000
    num_items: int = 2_000
    num_days: int = 28
    seed: int = 0


class Builder(LogBuilder):
    """The synthetic shop: clicks of `keras_sessrec.data.synthetic_shop`; nothing to download.

    The sessions of the last day are the test. Titles, thumbnails and the best possible score
    come from `synthetic_shop` itself, called with a configuration's values.
    """

    ITEM_ID = str
    BUILDER_CONFIGS: ClassVar[list[SyntheticShopConfig]] = [
        SyntheticShopConfig(name="medium", description="30,000 sessions on 2,000 items, 28 days."),
        SyntheticShopConfig(
            name="small",
            description="2,000 sessions on 200 items, 14 days: for tests and first steps.",
            num_sessions=2_000,
            num_items=200,
            num_days=14,
        ),
    ]

    def _read(self, dl_manager: tfds.download.DownloadManager) -> dict[str, SessionLog]:
        config = self.builder_config
        shop = synthetic_shop(
            num_sessions=config.num_sessions,
            num_items=config.num_items,
            num_days=config.num_days,
            seed=config.seed,
        )
        train, test = split_last_days(shop.log, days=1)
        return {"train": train, "test": test}
