"""A GPU that is there and idle."""

from __future__ import annotations

import os
import pathlib
import warnings
from functools import cache

import tensorflow as tf


@cache
def warn_of_unused_gpu(devices: str = "/dev") -> None:
    """Warns, once in a process, if the machine has an NVIDIA GPU that TensorFlow cannot use.

    The usual reason is a TensorFlow without the CUDA libraries: it trains on the CPU without a
    word. Who hides the GPU with `CUDA_VISIBLE_DEVICES` is not told.

    Args:
        devices: str, folder of the system's device files. Defaults to `"/dev"`.

    Example:

    >>> warn_of_unused_gpu()
    """
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES", "0").strip() in ("", "-1", "NoDevFiles")
    gpus = list(pathlib.Path(devices).glob("nvidia[0-9]*"))
    if gpus and not hidden and not tf.config.list_physical_devices("GPU"):
        warnings.warn(
            f"This machine has {len(gpus)} NVIDIA GPU(s) that TensorFlow {tf.__version__} cannot "
            "use: training runs on the CPU. Install TensorFlow with its CUDA libraries, "
            '`pip install "tensorflow[and-cuda]"`, or set `CUDA_VISIBLE_DEVICES=-1` to train on '
            "the CPU on purpose.",
            stacklevel=4,
        )
