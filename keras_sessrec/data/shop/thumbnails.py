"""Small product pictures of the synthetic shop: shape = category, colours and pattern = style."""

from __future__ import annotations

import numpy as np

from keras_sessrec.data.shop.silhouettes import SILHOUETTES, inside
from keras_sessrec.data.shop.titles import STYLE_WORDS, blur

SIZE = 32
# Two samples a pixel and direction smooth the edges.
OVERSAMPLING = 2
NOISE = 0.05
CHUNK = 256

# Main colour, second colour (both RGB, 0..1) and pattern of each style.
LOOKS = {
    "rustic": ((0.55, 0.33, 0.16), (0.75, 0.56, 0.34), "planks"),
    "modern": ((0.22, 0.24, 0.27), (0.22, 0.24, 0.27), "plain"),
    "floral": ((0.93, 0.62, 0.72), (0.72, 0.12, 0.30), "dots"),
    "nautical": ((0.10, 0.22, 0.50), (0.52, 0.70, 0.90), "stripes"),
    "retro": ((0.90, 0.45, 0.10), (0.45, 0.25, 0.12), "checks"),
    "playful": ((0.98, 0.82, 0.15), (0.20, 0.65, 0.85), "dots"),
    "elegant": ((0.30, 0.05, 0.25), (0.83, 0.68, 0.25), "diagonal"),
    "natural": ((0.36, 0.55, 0.25), (0.62, 0.72, 0.42), "planks"),
}


class Thumbnails:
    """Draws the pictures of a shop's items, the same ones whenever and in whatever order asked.

    The shape shown is that of the item's category with probability `category_signal`, else
    that of any category; colours and pattern are those of its style with probability
    `style_signal`, else of any style. Place, size, shade, background and pixels vary.
    `category` and `style` are int `[items]`.
    """

    def __init__(
        self,
        seed: np.random.SeedSequence,
        category: np.ndarray,
        style: np.ndarray,
        num_categories: int,
        num_styles: int,
        category_signal: float,
        style_signal: float,
    ) -> None:
        variation, self._pixel_seed = seed.spawn(2)
        rng = np.random.default_rng(variation)
        self._category = blur(rng, category, num_categories, category_signal)
        self._style = blur(rng, style, num_styles, style_signal)
        num_items = len(category)
        self._shift = rng.uniform(-0.12, 0.12, (num_items, 2)).astype(np.float32)
        self._scale = rng.uniform(0.68, 0.85, num_items).astype(np.float32)
        self._shade = rng.uniform(0.85, 1.15, num_items).astype(np.float32)
        self._background = rng.uniform(0.86, 0.98, (num_items, 3)).astype(np.float32)

    def draw(self, items: np.ndarray) -> np.ndarray:
        """Draws the pictures of item codes `[n]`, uint8 `[n, 32, 32, 3]`."""
        pictures = np.empty((len(items), SIZE, SIZE, 3), np.uint8)
        for first in range(0, len(items), CHUNK):
            chunk = items[first : first + CHUNK]
            pictures[first : first + CHUNK] = self._draw_chunk(chunk)
        return pictures

    def _draw_chunk(self, items: np.ndarray) -> np.ndarray:
        side = SIZE * OVERSAMPLING
        axis = ((np.arange(side) + 0.5) * 2 / side - 1).astype(np.float32)
        x, y = (
            (grid[None] - self._shift[items, i, None, None]) / self._scale[items, None, None]
            for i, grid in enumerate(np.meshgrid(axis, axis))
        )
        shape = np.empty(x.shape, bool)
        for code, category in enumerate(SILHOUETTES):
            rows = self._category[items] == code
            shape[rows] = inside(category, x[rows], y[rows])
        ink = np.empty((*x.shape, 3), np.float32)
        for code, style in enumerate(STYLE_WORDS):
            rows = self._style[items] == code
            main, second, pattern = LOOKS[style]
            marked = _pattern(pattern, x[rows], y[rows])
            ink[rows] = np.where(marked[..., None], *np.array([second, main], np.float32))
        # Light from above left gives the flat shapes some body.
        light = self._shade[items, None, None] - 0.12 * (x + y)
        ink *= light[..., None]
        picture = np.where(shape[..., None], ink, self._background[items, None, None])
        fine = (len(items), SIZE, OVERSAMPLING, SIZE, OVERSAMPLING, 3)
        picture = picture.reshape(fine).mean(axis=(2, 4))
        for place, item in enumerate(items):
            # One source an item, so that a picture does not depend on what else is drawn.
            source = np.random.SeedSequence(
                self._pixel_seed.entropy, spawn_key=(*self._pixel_seed.spawn_key, int(item))
            )
            rng = np.random.default_rng(source)
            picture[place] += NOISE * rng.standard_normal(picture.shape[1:], np.float32)
        return np.round(picture.clip(0, 1) * 255).astype(np.uint8)


def _pattern(name: str, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """True where a style's second colour is, bool of the shape of `x`."""
    if name == "plain":
        return np.zeros(x.shape, bool)
    if name == "stripes":
        return np.floor(y * 2.5) % 2 == 0
    if name == "planks":
        return np.floor(x * 2.5) % 2 == 0
    if name == "diagonal":
        return np.floor((x + y) * 2) % 2 == 0
    if name == "checks":
        return (np.floor(x * 2) + np.floor(y * 2)) % 2 == 0
    # Dots, every second row moved by half.
    row = np.floor(y * 2)
    column = x * 2 + 0.5 * (row % 2)
    return (column % 1 - 0.5) ** 2 + (y * 2 - row - 0.5) ** 2 < 0.09
