"""Many small pictures in one, as TensorBoard's Projector wants them."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import tensorflow as tf

MAX_SIDE = 8192  # pixels; what the Projector takes, and most graphics cards


def sprite_sheet(
    pictures: Iterable[np.ndarray], num: int, max_side: int = MAX_SIDE
) -> tuple[bytes, tuple[int, int]]:
    """Puts pictures into a grid, row by row, as many columns as rows.

    Pictures too large for a sheet of `max_side` pixels a side are scaled down: `num` of them
    may have `max_side // ceil(sqrt(num))` pixels a side each. They come in parts, uint8
    `[n, height, width, 3]`, so that large ones need not be in memory all at once.

    Returns:
        Tuple of the sheet as PNG, and the width and height of a picture in it.

    Raises:
        ValueError: The pictures are not RGB in uint8, of different sizes, not `num`, or so
            many that less than a pixel is left for one.

    Example:

    >>> png, size = sprite_sheet([np.zeros((5, 32, 32, 3), np.uint8)], num=5, max_side=48)
    >>> size
    (16, 16)
    """
    columns = math.ceil(math.sqrt(num))
    rows = math.ceil(num / columns)
    if columns > max_side:
        raise ValueError(
            f"`num` pictures must fit into {max_side} x {max_side} pixels. Received: num={num}."
        )
    sheet, done, first = np.zeros((0, 0, 3), np.uint8), 0, None
    for part in pictures:
        part = np.asarray(part)
        if part.dtype != np.uint8 or part.ndim != 4 or part.shape[3] != 3:
            raise ValueError(
                "`pictures` must be uint8 [n, height, width, 3]. "
                f"Received: {part.dtype} of shape {part.shape}."
            )
        if first is None:
            first = height, width = part.shape[1:3]
            scale = min(1, max_side // columns / width, max_side // rows / height)
            height, width = max(1, int(height * scale)), max(1, int(width * scale))
            sheet = np.full((rows * height, columns * width, 3), 255, np.uint8)
        if part.shape[1:3] != first or done + len(part) > num:
            raise ValueError(
                f"`pictures` must be {num} of {first[0]} x {first[1]} pixels. Received: "
                f"{done + len(part)} or more, one of {part.shape[1]} x {part.shape[2]}."
            )
        if (height, width) != first:
            scaled = tf.image.resize(part, (height, width), method="area").numpy()
            part = np.rint(scaled).astype(np.uint8)
        for picture in part:
            top, left = done // columns * height, done % columns * width
            sheet[top : top + height, left : left + width] = picture
            done += 1
    if done != num:
        raise ValueError(f"`pictures` must be {num}. Received: {done}.")
    return tf.io.encode_png(sheet).numpy(), (width, height)
