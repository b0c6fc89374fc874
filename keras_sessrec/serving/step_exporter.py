"""From a trained model to a file that reads one click: for phones and browsers."""

from __future__ import annotations

import os
import pathlib
from typing import Any

import keras
import numpy as np

from keras_sessrec.catalog.item_lines import write_item_lines
from keras_sessrec.models import SessionRecommender
from keras_sessrec.models.exported_files import check_format
from keras_sessrec.serving.catalog_scorer import CatalogScorer
from keras_sessrec.serving.session_reader import SessionReader

ENDINGS = {".onnx": "onnx", ".tflite": "litert"}


def export_step(model: SessionRecommender, path: str | os.PathLike) -> pathlib.Path:
    """Writes a model as a file that reads one more click of a session, for ONNX Runtime or LiteRT.

    What is remembered of a session is an array in the client's hands, so a click costs one step of
    the network however long the session is. The file has

    - inputs `item`, int32 `[rows]`, 1..N, or 0, which changes nothing; and `state`, float32 `[rows,
      size]`: zeros begin a session,
    - outputs `scores`, float32 `[rows, N]`, as `model.score` of all clicks so far, which is by
      popularity before the first one; and `next_state`, the `state` of the next call.

    A LiteRT file reads one row. `<path>.items.txt` has the raw ids, line i that of item i, whose
    scores are column i - 1.

    Args:
        model: `SessionRecommender`, e.g. `GRU4Rec`.
        path: str or path, ending in `.onnx` (needs the extra `onnx`) or `.tflite`.

    Returns:
        Path of the file.

    Raises:
        ImportError: It is an ONNX file, and tf2onnx is not installed.
        ValueError: The ending is another, an id has a line break, or the model holds NaN, computes
            in less than float32, or has a state that grows.

    Example:

    >>> model = ksr.models.GRU4Rec(ksr.Catalog(["tea", "cup"]), units=[4], seed=1)
    >>> export_step(model, "shop.tflite").name, open("shop.tflite.items.txt").read().split()
    ('shop.tflite', ['tea', 'cup'])
    """
    path = pathlib.Path(path)
    if path.suffix not in ENDINGS:
        raise ValueError(
            f"`path` must end in {' or '.join(ENDINGS)}. Received: {os.fspath(path)!r}."
        )
    file_format = ENDINGS[path.suffix]
    check_format(model, file_format)
    step = _Step(model)
    rows = 1 if file_format == "litert" else None
    signature = [
        keras.InputSpec("int32", (rows,), name="item"),
        keras.InputSpec("float32", (rows, step.state_size), name="state"),
    ]
    step(np.zeros(1, "int32"), np.zeros((1, step.state_size), "float32"))
    step.export(os.fspath(path), file_format, verbose=False, input_signature=signature)
    write_item_lines(model.catalog, f"{path}.items.txt")
    return path


class _Step(keras.Model):
    """What `SavedModel`s have as the signature `step`, on items and with the scores of all."""

    def __init__(self, model: SessionRecommender) -> None:
        super().__init__(name="step")
        self._reader, self._scorer = SessionReader(model, 1), CatalogScorer(model, 1)
        self._num_items = model.catalog.num_items
        self.state_size = self._reader.state_size

    def call(self, item: Any, state: Any) -> dict[str, Any]:
        progress = self._reader.step(self._reader.unpack(state), item)
        scores = self._scorer.scores(progress.query, progress.events)
        # Another name than the input's: tf2onnx takes equal ones for the same.
        return {
            "scores": scores[:, : self._num_items],
            "next_state": self._reader.pack(progress),
        }
