import numpy as np
import pytest
import tensorflow as tf

from keras_sessrec.catalog.catalog import Catalog
from keras_sessrec.features.image_files import image_sources, read_image, scale

CATALOG = Catalog([30, 10, 20])


def write_png(path, pixels):
    tf.io.write_file(str(path), tf.io.encode_png(pixels))


def test_a_folder_names_the_items_by_its_files(tmp_path):
    for name in ("10.png", "30.JPG", "99.png", "20.txt", "20.png.bak", "notes"):
        (tmp_path / name).touch()
    expected = [str(tmp_path / "30.JPG"), str(tmp_path / "10.png"), None]
    assert image_sources(CATALOG, tmp_path) == expected
    assert image_sources(CATALOG, str(tmp_path)) == expected


def test_ids_with_dots(tmp_path):
    (tmp_path / "v1.2.jpeg").touch()
    assert image_sources(Catalog(["v1", "v1.2"]), tmp_path) == [None, str(tmp_path / "v1.2.jpeg")]


def test_a_dict_of_paths(tmp_path):
    paths = {"20": tmp_path / "a", 99: "b", 30: "c"}
    assert image_sources(CATALOG, paths) == ["c", None, str(tmp_path / "a")]


def test_an_array():
    pictures = np.zeros((3, 4, 5, 3), np.uint8)
    assert image_sources(CATALOG, pictures) is pictures


@pytest.mark.parametrize(
    "pictures",
    [
        np.zeros((2, 4, 5, 3), np.uint8),
        np.zeros((3, 4, 5, 1), np.uint8),
        np.zeros((3, 4, 3), np.uint8),
        np.zeros((3, 4, 5, 3), np.float32),
    ],
)
def test_an_array_of_another_shape_or_dtype(pictures):
    with pytest.raises(ValueError, match=r"`images` must be uint8 of the shape \[3, height.*Rec"):
        image_sources(CATALOG, pictures)


def test_unusable_folders(tmp_path):
    with pytest.raises(ValueError, match=r"must be a folder, .*Received: .*no-such"):
        image_sources(CATALOG, tmp_path / "no-such")
    with pytest.raises(ValueError, match=r"ids of the catalog, such as 30. Received: 0 ids"):
        image_sources(CATALOG, tmp_path)
    (tmp_path / "20.jpg").touch()
    (tmp_path / "20.png").touch()
    with pytest.raises(ValueError, match=r"one file per item. Received: 20.jpg and 20.png"):
        image_sources(CATALOG, tmp_path)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_a_png_is_read_as_rgb(tmp_path, channels):
    pixels = np.random.default_rng(0).integers(0, 256, (32, 32, channels)).astype(np.uint8)
    if channels == 4:
        pixels[..., 3] = 255
    write_png(tmp_path / "a.png", pixels)
    image = read_image(str(tmp_path / "a.png"), 32)
    assert image.dtype == np.float32
    np.testing.assert_array_equal(image, np.broadcast_to(pixels[..., :3], (32, 32, 3)))


def test_a_jpeg_is_read(tmp_path):
    pixels = np.full((40, 60, 3), (250, 10, 120), np.uint8)
    tf.io.write_file(str(tmp_path / "a.jpg"), tf.io.encode_jpeg(pixels, quality=100))
    image = read_image(str(tmp_path / "a.jpg"), 32)
    np.testing.assert_allclose(image, np.broadcast_to([250, 10, 120], (32, 32, 3)), atol=4)


def test_scaling_averages():
    # A fine chessboard has the mean of its colours everywhere, but for the margin.
    board = np.indices((128, 128)).sum(axis=0) % 2 * 255
    small = scale(np.repeat(board[..., None], 3, axis=-1).astype(np.uint8), 32).numpy()
    np.testing.assert_allclose(small[2:-2, 2:-2], 127.5, atol=3)


@pytest.mark.parametrize("shape", [(64, 128), (128, 64), (64, 101), (32, 64)])
@pytest.mark.parametrize("as_file", [False, True])
def test_a_picture_keeps_its_aspect_ratio(tmp_path, shape, as_file):
    """A disc in the middle stays a disc, what is left and right of the square is cut off."""
    rows, columns = np.indices(shape)
    distance = np.hypot(rows - (shape[0] - 1) / 2, columns - (shape[1] - 1) / 2)
    radius = min(shape) / 2 - 2
    pixels = np.where(distance < radius, 200, 0)
    pixels[distance > min(shape) / 2 * 1.5] = 255  # outside of the square, corners included
    pixels = np.repeat(pixels[..., None], 3, axis=-1).astype(np.uint8)
    if as_file:
        write_png(tmp_path / "a.png", pixels)
    small = [
        read_image(str(tmp_path / "a.png"), 32, crop) if as_file else scale(pixels, 32, crop)
        for crop in (True, False)
    ]
    cropped, squeezed = (np.asarray(picture)[..., 0] for picture in small)
    rows, columns = np.indices((32, 32)) - 15.5
    share = 32 / min(shape)
    inside = np.hypot(rows, columns) < radius * share - 2
    outside = np.hypot(rows, columns) > radius * share + 2
    np.testing.assert_allclose(cropped[inside], 200, atol=2)
    np.testing.assert_allclose(cropped[outside], 0, atol=2)
    assert squeezed.max() == pytest.approx(255, abs=2), "all of it is there"
    assert (squeezed[inside] < 100).any(), "the disc is an ellipse"


def test_square_pictures_are_whole_either_way():
    pixels = np.random.default_rng(0).integers(0, 256, (50, 50, 3)).astype(np.uint8)
    np.testing.assert_array_equal(scale(pixels, 32), scale(pixels, 32, False))


@pytest.mark.parametrize("content", [b"", b"no picture", None])
def test_what_cannot_be_read(tmp_path, content):
    if content is not None:
        (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(tf.errors.OpError):
        read_image(str(tmp_path / "a.png"), 32)
