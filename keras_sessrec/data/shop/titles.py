"""Words of the synthetic shop: its categories, its styles and the titles of its items."""

from __future__ import annotations

import numpy as np

# The first noun is the category's name; `silhouettes` has the same names.
CATEGORY_NOUNS = {
    "mug": ("mug", "cup"),
    "teapot": ("teapot", "kettle"),
    "vase": ("vase", "urn"),
    "lamp": ("lamp", "light"),
    "chair": ("chair", "seat"),
    "table": ("table", "desk"),
    "clock": ("clock", "timer"),
    "bottle": ("bottle", "flask"),
    "bowl": ("bowl", "dish"),
    "hat": ("hat", "bonnet"),
    "shirt": ("shirt", "tee"),
    "trousers": ("trousers", "pants"),
    "boot": ("boot", "wellington"),
    "bag": ("bag", "tote"),
    "umbrella": ("umbrella", "parasol"),
    "book": ("book", "diary"),
    "frame": ("frame", "picture"),
    "candle": ("candle", "taper"),
    "spoon": ("spoon", "ladle"),
    "sofa": ("sofa", "couch"),
    "shelf": ("shelf", "rack"),
    "plant": ("plant", "fern"),
    "glasses": ("glasses", "spectacles"),
    "kite": ("kite", "glider"),
}

STYLE_WORDS = {
    "rustic": ("rustic", "farmhouse", "weathered"),
    "modern": ("modern", "minimal", "sleek"),
    "floral": ("floral", "blossom", "rose"),
    "nautical": ("nautical", "harbour", "sailor"),
    "retro": ("retro", "seventies", "vintage"),
    "playful": ("playful", "happy", "cartoon"),
    "elegant": ("elegant", "royal", "gilded"),
    "natural": ("natural", "bamboo", "woodland"),
}

# Words that tell nothing about category or style.
BRANDS = ("Arden", "Belmor", "Corvin", "Dunhal", "Elska", "Farrow", "Gilda", "Hobart", "Ilmen",
          "Jorvik", "Kestrel", "Lomond")  # fmt: skip
DETAILS = ("small", "large", "extra", "gift edition", "set of 2", "new", "with box", "mini",
           "classic size", "limited")  # fmt: skip


def draw_titles(
    rng: np.random.Generator,
    category: np.ndarray,
    style: np.ndarray,
    num_categories: int,
    num_styles: int,
    category_signal: float,
    style_signal: float,
) -> np.ndarray:
    """Writes the titles, e.g. "Elska harbour mug set of 2".

    The noun is of the item's category with probability `category_signal`, else of any
    category; the adjective is of the item's style with probability `style_signal`, else of
    any style. `category` and `style` are int `[items]`.
    """
    nouns = list(CATEGORY_NOUNS.values())
    adjectives = list(STYLE_WORDS.values())
    shown_category = blur(rng, category, num_categories, category_signal)
    shown_style = blur(rng, style, num_styles, style_signal)
    columns = (
        rng.choice(BRANDS, len(category)),
        shown_style,
        rng.integers(3, size=len(category)),
        shown_category,
        rng.integers(2, size=len(category)),
        rng.choice(DETAILS, len(category)),
    )
    titles = [
        f"{brand} {adjectives[s][word]} {nouns[c][noun]} {detail}"
        for brand, s, word, c, noun, detail in zip(*columns, strict=True)
    ]
    return np.array(titles, dtype=object)


def blur(rng: np.random.Generator, labels: np.ndarray, num: int, signal: float) -> np.ndarray:
    """Keeps each label with probability `signal`, else draws one of `num` evenly."""
    random = rng.integers(num, size=len(labels))
    return np.where(rng.random(len(labels)) < signal, labels, random)
