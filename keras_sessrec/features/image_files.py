"""Where the items' pictures are, and how one is read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from keras_sessrec.catalog.catalog import Catalog
from keras_sessrec.features.item_texts import aligned

SUFFIXES = {".bmp", ".gif", ".jpeg", ".jpg", ".png"}


def image_sources(
    catalog: Catalog, images: str | Path | Mapping[Any, str | Path] | np.ndarray
) -> list[str | None] | np.ndarray:
    """Finds the picture of every item of a catalog; `images` as in `ImageVectorizer.fit`.

    Returns:
        List of N paths, `None` where an item has no picture; or the array itself.

    Raises:
        ValueError: There is no such folder, it has two files of one item, no item of the
            catalog has a picture, or an array is of another shape or dtype.
    """
    if isinstance(images, np.ndarray):
        shape = (catalog.num_items, *images.shape[1:3], 3)
        if images.ndim != 4 or images.shape != shape or images.dtype != np.uint8:
            raise ValueError(
                f"`images` must be uint8 of the shape [{catalog.num_items}, height, width, 3]. "
                f"Received: {images.dtype} of the shape {images.shape}."
            )
        return images
    by_id = images if isinstance(images, Mapping) else _files_by_id(catalog, Path(images))
    return [path if path is None else str(path) for path in aligned(catalog, "images", by_id)]


def _files_by_id(catalog: Catalog, folder: Path) -> dict[str, Path]:
    if not folder.is_dir():
        raise ValueError(
            f"`images` must be a folder, a dict or an array. Received: {str(folder)!r}, "
            "which is no folder."
        )
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    by_id = {path.stem: path for path in paths}
    for path in paths:
        if by_id[path.stem] != path and path.stem in catalog:
            raise ValueError(
                "`images` must have one file per item. "
                f"Received: {path.name} and {by_id[path.stem].name}."
            )
    return by_id


def read_image(path: str, size: int, crop_to_aspect_ratio: bool = True) -> np.ndarray:
    """Reads a picture, of an animation the first frame, and makes a square of it; see `scale`.

    Returns:
        float32 `[size, size, 3]`, RGB from 0 to 255.

    Raises:
        tf.errors.OpError: The file is missing or no picture.
    """
    pixels = tf.io.decode_image(tf.io.read_file(path), channels=3, expand_animations=False)
    return scale(pixels, size, crop_to_aspect_ratio).numpy()


def scale(pixels: Any, size: int, crop_to_aspect_ratio: bool = True) -> tf.Tensor:
    """Scales pictures `[..., height, width, 3]` to float32 `[..., size, size, 3]`.

    Neighbouring pixels are averaged where a picture gets smaller, so that no detail is left
    out by chance.

    Args:
        pixels: Array or tensor of pictures of one size.
        size: int.
        crop_to_aspect_ratio: bool. Whether to scale the greatest square in a picture's middle
            instead of squeezing all of it into one. Defaults to `True`.

    Example:

    >>> stripes = np.repeat([[[0] * 3, [9] * 3, [9] * 3, [0] * 3]], 2, axis=0)
    >>> scale(stripes, 2).numpy()[0, :, 0].tolist()
    [9.0, 9.0]
    """
    if crop_to_aspect_ratio:
        height, width = pixels.shape[-3:-1]
        side = min(height, width)
        top, left = (height - side) // 2, (width - side) // 2
        pixels = pixels[..., top : top + side, left : left + side, :]
    return tf.image.resize(pixels, (size, size), antialias=True)
