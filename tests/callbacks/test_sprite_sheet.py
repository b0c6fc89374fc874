"""Pictures in a grid, and what happens to too many or too large ones."""

import numpy as np
import pytest
import tensorflow as tf

from keras_sessrec.callbacks.sprite_sheet import sprite_sheet


def pictures(num, height=4, width=6, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (num, height, width, 3), np.uint8)


def decoded(png):
    return tf.io.decode_png(png).numpy()


@pytest.mark.parametrize("num", [1, 2, 3, 4, 5, 9, 10])
def test_each_picture_is_in_its_place_row_by_row(num):
    made = pictures(num)
    png, size = sprite_sheet([made[:2], made[2:]], num)
    sheet = decoded(png)
    assert size == (6, 4)
    columns = sheet.shape[1] // 6  # how the Projector finds a picture
    assert columns - 1 < num**0.5 <= columns
    for i, picture in enumerate(made):
        row, column = divmod(i, columns)
        place = sheet[4 * row : 4 * row + 4, 6 * column : 6 * column + 6]
        np.testing.assert_array_equal(place, picture)
    rest = sheet.size - made.size
    assert rest >= 0 and (sheet[-1, -6:] == 255).all() == (rest > 0)


def test_too_large_pictures_are_scaled_down_to_the_mean_of_their_pixels():
    made = pictures(4, height=8, width=8)
    png, size = sprite_sheet([made], 4, max_side=8)
    assert size == (4, 4)
    means = made.reshape(4, 4, 2, 4, 2, 3).astype(float).mean(axis=(2, 4))
    sheet = decoded(png).astype(float)
    assert sheet.shape == (8, 8, 3)
    for i, mean in enumerate(means):
        row, column = divmod(i, 2)
        place = sheet[4 * row : 4 * row + 4, 4 * column : 4 * column + 4]
        np.testing.assert_allclose(place, mean, atol=0.51)


def test_a_scaled_picture_keeps_its_shape():
    png, size = sprite_sheet([pictures(5, height=10, width=20)], 5, max_side=30)
    assert size == (10, 5)
    assert decoded(png).shape == (10, 30, 3)


@pytest.mark.parametrize(
    ("made", "num"),
    [
        ([pictures(3)], 4),
        ([pictures(3)], 2),
        ([pictures(3), pictures(1, height=5)], 4),
        ([pictures(3).astype(float)], 3),
        ([pictures(3)[..., :1]], 3),
        ([pictures(3)[0]], 3),
    ],
)
def test_wrong_pictures(made, num):
    with pytest.raises(ValueError, match="`pictures`"):
        sprite_sheet(made, num)


def test_more_pictures_than_pixels():
    with pytest.raises(ValueError, match="Received: num=101"):
        sprite_sheet([pictures(101)], 101, max_side=10)
