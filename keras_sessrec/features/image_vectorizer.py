"""Image features: what a pretrained network sees in the items' pictures."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from keras_sessrec.catalog.catalog import Catalog
from keras_sessrec.catalog.item_features import ItemFeatures
from keras_sessrec.features.image_files import image_sources, read_image, scale
from keras_sessrec.features.image_network import NETWORKS, image_network, unit_vectors
from keras_sessrec.features.vector_store import VectorStore
from keras_sessrec.ops.progress import progress_bar

_logger = logging.getLogger(__name__)


class ImageVectorizer:
    """Makes dense features of items from their pictures.

    Hidasi et al. (RecSys 2016): the picture's vector is the last average pooling of a
    convolutional network trained on ImageNet, divided by its L2 norm; it is fixed, never
    trained further. The paper's GoogLeNet is not among `keras.applications`; DenseNet121 and
    MobileNet give 1,024 values as it does, ResNet50 2,048. As in their training, a picture keeps
    its aspect ratio: its shorter side is scaled to `image_size` and the middle of the longer one
    is kept; the margin that ImageNet's tests cut off on all sides (256 to 224) is not, since
    products fill their pictures. Pixels are prepared as the network's authors did.

    An item without a picture, or with one that cannot be read, gets a row of zeros and is
    listed in `failed`; nothing stops.

    Args:
        cnn: "densenet121", "mobilenet" or "resnet50". Defaults to "densenet121".
        weights: "imagenet" (Keras downloads them once), a path to a file of weights without
            the classifier, or `None` for random ones. Defaults to "imagenet".
        image_size: int, height and width in pixels that the network sees. Defaults to 224.
        batch_size: int, pictures at once. Defaults to 32.
        seed: int, for random weights. Defaults to 0.
        crop_to_aspect_ratio: bool, as in `keras.layers.Resizing`. `False` squeezes the whole
            picture into the square, so that things become narrower or flatter. Defaults to
            `True`.

    Attributes:
        failed: List of (raw id, reason) of the last `fit`, in the catalog's order.

    Raises:
        ValueError: An argument is out of range, or the weights' file does not exist.

    Example:

    >>> catalog = ksr.Catalog(["tea", "cup"])
    >>> pictures = np.zeros((2, 32, 32, 3), np.uint8)
    >>> pictures[1, :16] = 255
    >>> vectorizer = ImageVectorizer("mobilenet", weights=None, image_size=32)
    >>> features = vectorizer.fit(catalog, pictures, verbose=0)
    >>> catalog.with_features("image", features)
    <Catalog of 2 items, 2 events, features image (1,024)>
    """

    def __init__(
        self,
        cnn: str = "densenet121",
        weights: str | Path | None = "imagenet",
        image_size: int = 224,
        batch_size: int = 32,
        seed: int = 0,
        crop_to_aspect_ratio: bool = True,
    ) -> None:
        if cnn not in NETWORKS:
            raise ValueError(f"`cnn` must be one of {list(NETWORKS)}. Received: cnn={cnn!r}.")
        if weights not in ("imagenet", None) and not Path(weights).is_file():
            raise ValueError(
                "`weights` must be 'imagenet', None or the path of a file. "
                f"Received: weights={str(weights)!r}, which does not exist."
            )
        for name, value, least in (("image_size", image_size, 32), ("batch_size", batch_size, 1)):
            if value < least:
                raise ValueError(f"`{name}` must be at least {least}. Received: {name}={value}.")
        self.cnn = cnn
        self.weights = weights
        self.image_size = image_size
        self.batch_size = batch_size
        self.seed = seed
        self.crop_to_aspect_ratio = crop_to_aspect_ratio
        self.failed: list[tuple[Any, str]] = []
        self._vectors: Any = None  # The network is built, and downloaded, when it is needed.

    def fit(
        self,
        catalog: Catalog,
        images: str | Path | Mapping[Any, str | Path] | np.ndarray,
        cache: str | Path | None = None,
        verbose: int | str = "auto",
    ) -> ItemFeatures:
        """Computes the features of a catalog's items.

        Args:
            catalog: `Catalog` of N items.
            images: A folder of BMP, GIF, JPEG and PNG files called `<raw id>.<suffix>`; a dict
                of raw id -> path; or pictures uint8 `[N, height, width, 3]` in the order of
                `catalog.item_ids`. What belongs to unknown ids is not read.
            cache: Folder in which vectors are kept while they are computed. A run that was
                stopped and is started again with the same arguments computes only what is
                missing; so the folder must be a new one if pictures have changed. Defaults
                to none.
            verbose: As in Keras: `"auto"` (default) or 1 for a progress bar once it has taken two
                seconds, 0 for silence, 2 for one line at the end.

        Returns:
            Dense `ItemFeatures` `[N, columns]`.

        Raises:
            ValueError: No item has a picture, an array does not fit the catalog, or `cache`
                holds vectors of other settings or of another catalog.
        """
        sources = image_sources(catalog, images)
        if self._vectors is None:
            network, self._preprocess = image_network(
                self.cnn, self.weights, self.image_size, self.seed
            )
            self._vectors, self._columns = unit_vectors(network), network.output_shape[-1]
        shape = (catalog.num_items, self._columns)
        store = VectorStore(shape, self._settings(catalog), cache)
        has_source = np.array([source is not None for source in sources])
        reasons = dict.fromkeys(np.flatnonzero(~has_source & ~store.done).tolist(), "no picture")
        todo = np.flatnonzero(has_source & ~store.done)

        with progress_bar("Reading pictures", len(todo), "picture", verbose) as bar:
            for rows, batch, why in self._batches(sources, todo):
                is_good = why == b""
                store.write(rows[is_good], self._vectors(batch).numpy()[is_good])
                reasons.update(
                    (row, reason.decode())
                    for row, reason in zip(rows.tolist(), why.tolist(), strict=True)
                    if reason
                )
                bar.update(len(rows))
        ids = catalog.item_ids.tolist()
        self.failed = [(ids[row], reasons[row]) for row in sorted(reasons)]
        if self.failed:
            _logger.warning(
                "%d of %d items have no picture that can be read; their features are zero. "
                "The first is item id %r: %s",
                *(len(self.failed), catalog.num_items, *self.failed[0]),
            )
        return ItemFeatures.dense(store.matrix(), item_ids=ids)

    def _settings(self, catalog: Catalog) -> dict[str, Any]:
        ids = "\n".join(map(str, catalog.item_ids.tolist()))
        return {
            "cnn": self.cnn,
            "weights": None if self.weights is None else str(self.weights),
            "image_size": self.image_size,
            "crop_to_aspect_ratio": self.crop_to_aspect_ratio,
            "seed": self.seed if self.weights is None else None,
            "item_ids": hashlib.sha256(ids.encode()).hexdigest(),
        }

    def _batches(
        self, sources: Any, rows: np.ndarray
    ) -> Iterator[tuple[np.ndarray, tf.Tensor, np.ndarray]]:
        """Yields row numbers, the network's input, and why a picture could not be read or b""."""
        size, crop = self.image_size, self.crop_to_aspect_ratio

        def load(row: tf.Tensor) -> tuple[Any, str]:
            source = sources[int(row)]
            try:
                read = read_image if isinstance(source, str) else scale
                return read(source, size, crop), ""
            except tf.errors.OpError as error:
                why = error.message or type(error).__name__
                return np.zeros((size, size, 3), np.float32), why

        def load_in_graph(row: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
            pixels, why = tf.py_function(load, [row], [tf.float32, tf.string])
            return row, tf.ensure_shape(pixels, (size, size, 3)), tf.ensure_shape(why, ())

        data = tf.data.Dataset.from_tensor_slices(rows)
        data = data.map(load_in_graph, num_parallel_calls=tf.data.AUTOTUNE)
        data = data.batch(self.batch_size)
        data = data.map(lambda row, pixels, why: (row, self._preprocess(pixels), why)).prefetch(2)
        for row, batch, why in data:
            yield row.numpy(), batch, why.numpy()
