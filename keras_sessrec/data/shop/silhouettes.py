"""Silhouettes of the synthetic shop's categories, as unions of simple shapes."""

from __future__ import annotations

import numpy as np

# In coordinates -1..1, x to the right, y down:
#   ("ellipse", cx, cy, rx, ry), ("box", x0, y0, x1, y1), ("polygon", x0, y0, x1, y1, ...),
# a polygon being convex and clockwise on the screen. "-" before the name cuts the shape out of
# what was drawn before it.
SILHOUETTES = {
    "mug": (("ellipse", 0.5, 0, 0.45, 0.45), ("-ellipse", 0.5, 0, 0.25, 0.25),
            ("box", -0.7, -0.7, 0.4, 0.8)),
    "teapot": (("ellipse", 0.6, 0.1, 0.35, 0.4), ("-ellipse", 0.6, 0.1, 0.18, 0.22),
               ("ellipse", 0, 0.2, 0.62, 0.55), ("ellipse", 0, -0.42, 0.15, 0.15),
               ("polygon", -1.0, -0.35, -0.8, -0.4, -0.35, 0.15, -0.45, 0.5)),
    "vase": (("ellipse", 0, 0.3, 0.55, 0.6), ("box", -0.18, -0.8, 0.18, 0),
             ("box", -0.35, -0.95, 0.35, -0.75)),
    "lamp": (("polygon", -0.35, -0.9, 0.35, -0.9, 0.75, 0.05, -0.75, 0.05),
             ("box", -0.08, 0, 0.08, 0.8), ("box", -0.4, 0.75, 0.4, 0.92)),
    "chair": (("box", -0.55, -0.95, -0.3, 0.95), ("box", -0.55, 0.05, 0.6, 0.3),
              ("box", 0.38, 0.05, 0.6, 0.95)),
    "table": (("box", -0.95, -0.4, 0.95, -0.12), ("box", -0.8, -0.2, -0.55, 0.75),
              ("box", 0.55, -0.2, 0.8, 0.75)),
    "clock": (("ellipse", 0, 0, 0.9, 0.9), ("-box", -0.08, -0.65, 0.08, 0.08),
              ("-box", -0.08, -0.08, 0.5, 0.08)),
    "bottle": (("box", -0.4, -0.15, 0.4, 0.95), ("ellipse", 0, -0.15, 0.4, 0.3),
               ("box", -0.14, -0.95, 0.14, 0)),
    "bowl": (("ellipse", 0, -0.25, 0.95, 0.9), ("-box", -1.1, -1.3, 1.1, -0.25),
             ("box", -0.35, 0.55, 0.35, 0.8)),
    "hat": (("ellipse", 0, 0.45, 0.98, 0.22), ("ellipse", 0, -0.1, 0.5, 0.6)),
    "shirt": (("box", -0.5, -0.75, 0.5, 0.9),
              ("polygon", -0.5, -0.75, -0.2, -0.5, -0.75, 0.15, -1.0, -0.1),
              ("polygon", 0.5, -0.75, 1.0, -0.1, 0.75, 0.15, 0.2, -0.5),
              ("-ellipse", 0, -0.8, 0.2, 0.2)),
    "trousers": (("polygon", -0.5, -0.9, 0.5, -0.9, 0.65, 0.95, -0.65, 0.95),
                 ("-polygon", 0, -0.35, 0.2, 1.1, -0.2, 1.1)),
    "boot": (("box", -0.55, -0.9, 0.1, 0.8), ("ellipse", 0.2, 0.5, 0.65, 0.32),
             ("box", -0.55, 0.65, 0.8, 0.85)),
    "bag": (("ellipse", 0, -0.3, 0.45, 0.6), ("-ellipse", 0, -0.3, 0.28, 0.42),
            ("polygon", -0.65, -0.3, 0.65, -0.3, 0.85, 0.9, -0.85, 0.9)),
    "umbrella": (("ellipse", 0, 0, 0.95, 0.85), ("-box", -1.1, 0, 1.1, 1.1),
                 ("box", -0.07, 0, 0.07, 0.9), ("box", -0.07, 0.75, 0.35, 0.92)),
    "book": (("box", -0.7, -0.9, 0.7, 0.9), ("-box", -0.52, -0.9, -0.42, 0.9),
             ("-box", -0.2, -0.55, 0.5, -0.35)),
    "frame": (("box", -0.9, -0.75, 0.9, 0.75), ("-box", -0.6, -0.45, 0.6, 0.45)),
    "candle": (("box", -0.28, -0.3, 0.28, 0.95), ("ellipse", 0, -0.65, 0.14, 0.28)),
    "spoon": (("ellipse", 0, -0.55, 0.35, 0.42), ("box", -0.1, -0.3, 0.1, 0.95)),
    "sofa": (("box", -0.7, -0.55, 0.7, 0.3), ("box", -0.98, -0.15, -0.6, 0.55),
             ("box", 0.6, -0.15, 0.98, 0.55), ("box", -0.98, 0.15, 0.98, 0.55),
             ("box", -0.85, 0.5, -0.7, 0.8), ("box", 0.7, 0.5, 0.85, 0.8)),
    "shelf": (("box", -0.75, -0.95, 0.75, 0.95), ("-box", -0.58, -0.78, 0.58, -0.3),
              ("-box", -0.58, -0.14, 0.58, 0.3), ("-box", -0.58, 0.46, 0.58, 0.95)),
    "plant": (("ellipse", 0, -0.5, 0.2, 0.48), ("ellipse", -0.45, -0.3, 0.38, 0.2),
              ("ellipse", 0.45, -0.3, 0.38, 0.2), ("box", -0.06, -0.3, 0.06, 0.3),
              ("polygon", -0.5, 0.2, 0.5, 0.2, 0.32, 0.95, -0.32, 0.95)),
    "glasses": (("ellipse", -0.5, 0, 0.46, 0.46), ("ellipse", 0.5, 0, 0.46, 0.46),
                ("-ellipse", -0.5, 0, 0.27, 0.27), ("-ellipse", 0.5, 0, 0.27, 0.27),
                ("box", -0.15, -0.12, 0.15, 0.06)),
    "kite": (("polygon", 0, -0.95, 0.6, -0.25, 0, 0.6, -0.6, -0.25),
             ("polygon", 0, 0.5, 0.25, 0.95, -0.25, 0.95)),
}  # fmt: skip


def inside(category: str, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Tells which points, arrays of one shape, are inside a category's silhouette."""
    result = np.zeros(x.shape, bool)
    for name, *numbers in SILHOUETTES[category]:
        shape = _SHAPES[name.lstrip("-")](x, y, *numbers)
        result = result & ~shape if name.startswith("-") else result | shape
    return result


def _ellipse(x: np.ndarray, y: np.ndarray, cx: float, cy: float, rx: float, ry: float):
    return ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 < 1


def _box(x: np.ndarray, y: np.ndarray, x0: float, y0: float, x1: float, y1: float):
    return (x0 < x) & (x < x1) & (y0 < y) & (y < y1)


def _polygon(x: np.ndarray, y: np.ndarray, *corners: float):
    points = np.reshape(corners, (-1, 2))
    result = np.ones(x.shape, bool)
    for (x0, y0), (x1, y1) in zip(points, np.roll(points, -1, axis=0), strict=True):
        result &= (x1 - x0) * (y - y0) - (y1 - y0) * (x - x0) > 0
    return result


_SHAPES = {"ellipse": _ellipse, "box": _box, "polygon": _polygon}
