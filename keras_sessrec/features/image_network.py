"""Pretrained networks that turn a picture into a vector."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from keras.applications import densenet, mobilenet, resnet

# Constructor of the network and what its pixels must look like.
NETWORKS = {
    "densenet121": (densenet.DenseNet121, densenet.preprocess_input),
    "mobilenet": (mobilenet.MobileNet, mobilenet.preprocess_input),
    "resnet50": (resnet.ResNet50, resnet.preprocess_input),
}


def image_network(
    cnn: str, weights: str | Path | None, image_size: int, seed: int
) -> tuple[keras.Model, Callable]:
    """Builds a network of `keras.applications` up to its global average pooling.

    Arguments are those of `ImageVectorizer`.

    Returns:
        A model float32 `[batch, size, size, 3]` -> `[batch, columns]`, and the function that
        makes its input of RGB pixels from 0 to 255.
    """
    build, preprocess = NETWORKS[cnn]
    network = build(
        include_top=False,
        weights=None if weights is None else str(weights),
        input_shape=(image_size, image_size, 3),
        pooling="avg",
    )
    if weights is None:
        _randomize(network, np.random.default_rng(seed))
    network.trainable = False
    return network, preprocess


def unit_vectors(network: keras.Model) -> Callable[[tf.Tensor], tf.Tensor]:
    """Compiles a network and the division by the L2 norm, one program for all batch sizes."""
    signature = [tf.TensorSpec(network.input_shape, tf.float32)]
    return tf.function(
        lambda batch: tf.math.l2_normalize(network(batch, training=False), axis=1),
        input_signature=signature,
    )


def _randomize(network: keras.Model, rng: np.random.Generator) -> None:
    """Draws the kernels anew (He's rule): those of Keras come from the global random state."""
    for layer in network.layers:
        if isinstance(layer, (keras.layers.Conv2D, keras.layers.DepthwiseConv2D)):
            shape = layer.kernel.shape
            # A depthwise kernel reads one channel only.
            channels = 1 if isinstance(layer, keras.layers.DepthwiseConv2D) else shape[2]
            spread = np.sqrt(2 / (shape[0] * shape[1] * channels))
            layer.kernel.assign(rng.normal(0, spread, shape).astype(np.float32))
