"""Requests that a server runs before a version takes traffic."""

from __future__ import annotations

import logging
import pathlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from keras_sessrec.serving.recommend_module import RecommendModule
from keras_sessrec.serving.server_files import batch_sizes

try:
    from tensorflow_serving.apis import predict_pb2, prediction_log_pb2
except ImportError:  # the extra `serving` is not installed
    prediction_log_pb2 = None

_CLICKS = 4  # length of the sessions of larger batches, about a real session's
_LOGGER = logging.getLogger(__name__)


def warm_up_requests(
    module: RecommendModule, item_ids: np.ndarray
) -> Iterator[tuple[str, dict[str, np.ndarray]]]:
    """Makes requests of every signature, in the lengths and batch sizes that will come.

    One session of 1, 2, 4, ... clicks up to `max_length`, and as many sessions of four clicks
    as a server puts together; each begins with padding, as clients should send it.

    Args:
        module: `RecommendModule`.
        item_ids: Raw ids of the catalog.

    Yields:
        Tuples of a signature's name and a dict from its inputs' names to arrays.
    """
    most = module.max_length
    lengths = sorted({min(2**i, most) for i in range(most.bit_length() + 1)})
    sizes = [(1, length) for length in lengths]
    sizes += [(rows, _CLICKS) for rows in batch_sizes(len(item_ids)) if rows > 1]
    for name, function in module.signatures.items():
        seen = set()
        for rows, length in sizes:
            widths = {"session": 1 + length, "exclude": 1, "candidates": 1 + length}
            inputs = {}
            for spec in function.structured_input_signature[0]:
                if spec.dtype == tf.float32:
                    inputs[spec.name] = np.zeros((rows, spec.shape[1]), "float32")
                elif spec.shape.rank == 1:
                    inputs[spec.name] = np.resize(item_ids, rows)
                else:
                    clicks = np.resize(item_ids, (rows, widths[spec.name] - 1))
                    inputs[spec.name] = np.insert(clicks, 0, module.vocabulary.padding, axis=1)
            shapes = tuple(array.shape for array in inputs.values())
            if shapes not in seen:  # a signature without sessions has one length
                seen.add(shapes)
                yield name, inputs


def write_warm_up(
    folder: pathlib.Path, name: str, module: RecommendModule, item_ids: np.ndarray
) -> None:
    """Writes `tf_serving_warmup_requests`, a TFRecord file of `PredictionLog`s.

    Needs tensorflow-serving-api; without it a warning is logged and nothing is written. The
    export works all the same; its first requests are slower.

    Args:
        folder: Path, the `assets.extra` of an export.
        name: str, the model's name.
        module: `RecommendModule`.
        item_ids: Raw ids of the catalog.
    """
    if prediction_log_pb2 is None:
        _LOGGER.warning(
            "No warm-up requests are written, so the first requests after a start are slower: "
            "they need tensorflow-serving-api. Install it with "
            "`pip install tensorflow-serving-api`."
        )
        return
    with tf.io.TFRecordWriter(str(folder / "tf_serving_warmup_requests")) as writer:
        for signature, inputs in warm_up_requests(module, item_ids):
            request = predict_pb2.PredictRequest()
            request.model_spec.name = name
            request.model_spec.signature_name = signature
            for key, array in inputs.items():
                request.inputs[key].CopyFrom(_proto(array))
            log = prediction_log_pb2.PredictLog(request=request)
            record = prediction_log_pb2.PredictionLog(predict_log=log)
            writer.write(record.SerializeToString())


def _proto(array: np.ndarray) -> Any:
    dtype = tf.string if array.dtype == object else tf.as_dtype(array.dtype)
    return tf.make_tensor_proto(array, dtype=dtype, shape=array.shape)
