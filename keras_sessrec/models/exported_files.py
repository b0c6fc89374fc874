"""Models as files for what is no TensorFlow: ONNX and LiteRT."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from typing import Any

import keras

from keras_sessrec.catalog.item_lines import write_item_lines

FILES = ("onnx", "litert")
_STEPS = 20  # of a session that a LiteRT file reads: its shapes are fixed


def export_anywhere(
    model: Any,
    export: Callable[..., None],
    filepath: str | os.PathLike,
    format: str,
    *args: Any,
    **kwargs: Any,
) -> None:
    """Exports a model with inputs that fit the format, and the raw ids beside a file.

    Args:
        model: Model with a `catalog`.
        export: Its `keras.Model.export`.
        filepath: str or path.
        format: str, as `keras.Model.export` takes it.
        *args: As of `keras.Model.export`.
        **kwargs: As of `keras.Model.export`.

    Raises:
        ImportError: The format is `"onnx"`, and tf2onnx is not installed.
        ValueError: An id has a line break, or the model computes in less than float32.
    """
    check_format(model, format)
    shape = (1, _STEPS) if format == "litert" else (None, None)
    name = {"name": "items"} if format in FILES else {}
    kwargs.setdefault("input_signature", [keras.InputSpec("int32", shape, **name)])
    export(os.fspath(filepath), format, *args, **kwargs)
    if format in FILES:
        write_item_lines(model.catalog, f"{os.fspath(filepath)}.items.txt")


def check_format(model: Any, format: str) -> None:
    """Raises unless a model can be written in a format.

    Raises:
        ImportError: The format is `"onnx"`, and tf2onnx is not installed.
        ValueError: It is a file's, and the model computes in less than float32.
    """
    if format in FILES and model.compute_dtype != "float32":
        raise ValueError(
            f"`format={format!r}` needs a model that computes in float32. Received: a model with "
            f"`dtype={model.dtype_policy.name!r}`. Make the same model with `dtype='float32'` and "
            "call its `warm_start(model)`."
        )
    if format == "onnx" and importlib.util.find_spec("tf2onnx") is None:
        raise ImportError(
            "`format='onnx'` needs tf2onnx. Install it with `pip install \"keras_sessrec[onnx]\"`."
        )
