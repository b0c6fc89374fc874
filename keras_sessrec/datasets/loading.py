"""A public click log by its name."""

from __future__ import annotations

import os
from importlib import import_module

from keras_sessrec.data.session_log import SessionLog
from keras_sessrec.datasets.records import join_batches, stored_batches

_NAMES = ("diginetica", "online_retail", "retailrocket", "rsc15", "synthetic_shop")


def load(
    name: str,
    split: str,
    data_dir: str | os.PathLike | None = None,
    manual_dir: str | os.PathLike | None = None,
) -> SessionLog:
    """Loads a split of a public click log, cleaned and split as in the papers.

    The first time the data set is built, which for RSC15 takes a while; from then on it is read
    from `data_dir`. Some licences forbid an automatic download: an error then says which file to
    put into `manual_dir`. The counts of events, sessions and items are compared with the
    published ones while building.

    Sessions are stored in order of time, so `split="train[-10%:]"` is the most recent tenth.

    Args:
        name: str, "diginetica", "online_retail", "retailrocket", "rsc15" or "synthetic_shop";
            a configuration follows after a slash, as in `"rsc15/recent_64"`. Without one the
            first configuration is taken.
        split: str, "train" or "test", or a part of one, as in `tfds.load`.
        data_dir: Where built data sets are kept. Defaults to `None`: TensorFlow Datasets' own,
            `~/tensorflow_datasets` or `$TFDS_DATA_DIR`.
        manual_dir: Where files downloaded by hand are. Defaults to `None`:
            `downloads/manual` in `data_dir`.

    Returns:
        A `SessionLog`.

    Raises:
        ValueError: There is no such data set, configuration or split, or a count is not the
            published one.
        AssertionError: `manual_dir` is empty or not there; the message says what belongs there.
        FileNotFoundError: The file is not in `manual_dir`.

    Example:

    >>> train = load("synthetic_shop/small", "train", data_dir=".")  # doctest: +ELLIPSIS
    Downloading and preparing dataset ...
    >>> test = load("synthetic_shop/small", "test", data_dir=".")
    >>> train.num_sessions + test.num_sessions
    2000
    """
    dataset, _, config = name.partition("/")
    if dataset not in _NAMES:
        raise ValueError(
            f"`name` must be one of {_NAMES}, with or without a configuration after a slash. "
            f"Received: {name!r}. Read a log of your own with `keras_sessrec.data.read_clicks`."
        )
    # Here and not above: TensorFlow Datasets takes seconds to import, and few programs need it.
    import tensorflow_datasets as tfds

    module = import_module(f"keras_sessrec.datasets.{dataset}.{dataset}_dataset_builder")
    builder = module.Builder(config=config or None, data_dir=data_dir)
    builder.download_and_prepare(
        download_config=tfds.download.DownloadConfig(manual_dir=manual_dir)
    )
    return join_batches(stored_batches(builder, split))
