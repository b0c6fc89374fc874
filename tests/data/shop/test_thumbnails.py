import numpy as np
import pytest

from keras_sessrec.data.shop.thumbnails import Thumbnails

CATEGORIES, STYLES = 12, 6


def make(category_signal=1.0, style_signal=1.0, size=1200, seed=0):
    rng = np.random.default_rng(5)
    category, style = rng.integers(CATEGORIES, size=size), rng.integers(STYLES, size=size)
    drawer = Thumbnails(
        np.random.SeedSequence(seed),
        category, style, CATEGORIES, STYLES, category_signal, style_signal,
    )  # fmt: skip
    return category, style, drawer


def nearest_centroid_accuracy(features, labels):
    """Learns from the first half, is tested on the second."""
    half = len(labels) // 2
    centroids = np.array(
        [features[:half][labels[:half] == c].mean(axis=0) for c in np.unique(labels)]
    )
    distances = ((features[half:, None] - centroids) ** 2).sum(axis=2)
    return (distances.argmin(axis=1) == labels[half:]).mean()


def outline(pictures):
    """How far each pixel is from the picture's background, its brightest places."""
    flat = pictures.reshape(len(pictures), -1, 3).astype(np.float32)
    background = flat[:, :32].mean(axis=1, keepdims=True)
    return (np.abs(flat - background).max(axis=2) > 50).astype(np.float32)


def ink(pictures):
    """Mean colour of what is not background."""
    flat = pictures.reshape(len(pictures), -1, 3).astype(np.float32)
    weight = outline(pictures)[..., None]
    return (flat * weight).sum(axis=1) / (weight.sum(axis=1) + 1)


def test_shape_tells_the_category_and_colour_the_style():
    category, style, drawer = make()
    pictures = drawer.draw(np.arange(1200))
    assert nearest_centroid_accuracy(outline(pictures), category) > 0.75
    assert nearest_centroid_accuracy(ink(pictures), style) > 0.85


def test_pictures_carry_the_stated_part_of_the_signal():
    category, style, drawer = make(category_signal=0.5, style_signal=0.2)
    pictures = drawer.draw(np.arange(1200))
    # No reader gets beyond signal + (1 - signal) / labels: 0.54 and 0.33.
    assert 0.35 < nearest_centroid_accuracy(outline(pictures), category) < 0.60
    assert 0.22 < nearest_centroid_accuracy(ink(pictures), style) < 0.40


def test_no_signal_no_accuracy():
    category, style, drawer = make(category_signal=0.0, style_signal=0.0)
    pictures = drawer.draw(np.arange(1200))
    assert nearest_centroid_accuracy(outline(pictures), category) < 1 / 12 + 0.05
    assert nearest_centroid_accuracy(ink(pictures), style) < 1 / 6 + 0.06


def test_a_picture_is_the_same_whatever_else_is_drawn():
    _, _, drawer = make()
    every = drawer.draw(np.arange(600))
    assert every.shape == (600, 32, 32, 3) and every.dtype == np.uint8
    np.testing.assert_array_equal(drawer.draw(np.array([511, 3])), every[[511, 3]])
    np.testing.assert_array_equal(make()[2].draw(np.array([3])), every[[3]])
    assert not np.array_equal(make(seed=1)[2].draw(np.array([3])), every[[3]])


def test_pictures_of_one_category_and_style_differ():
    category, style, drawer = make()
    rows = np.flatnonzero((category == category[0]) & (style == style[0]))
    pictures = drawer.draw(rows)
    assert len(np.unique(pictures.reshape(len(rows), -1), axis=0)) == len(rows)


def test_nothing_to_draw():
    assert make()[2].draw(np.zeros(0, int)).shape == (0, 32, 32, 3)


@pytest.mark.parametrize("style", range(6))
def test_every_style_stands_out_from_the_background(style):
    _, styles, drawer = make()
    pictures = drawer.draw(np.flatnonzero(styles == style)[:40])
    assert outline(pictures).mean(axis=1).min() > 0.02
