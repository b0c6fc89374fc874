"""Loads models from files that may be damaged or made to do harm."""

from __future__ import annotations

import contextlib
import os
import zipfile
from collections.abc import Iterator

import keras

from keras_sessrec.ops.weight_memory import weights_within

# A member that unpacks to more, and to a hundred times its size, is no model. Keras packs none.
_MEMBER_BYTES, _MEMBER_RATIO = 2**26, 100


def load_model_file(path: str | os.PathLike) -> keras.Model:
    """Loads a `.keras` file, as `keras.models.load_model`, which believes what a file says.

    A model file cannot ask for more weights than it holds: its configuration may name any number
    of units or items, and Keras makes them before it reads a weight.

    Args:
        path: str or path of the file.

    Returns:
        Model, compiled if it was when it was saved.

    Raises:
        ValueError: The file is damaged, or no model, or asks for too much; names it.
    """
    with unreadable(path):
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
        for member in members:
            if member.file_size > max(_MEMBER_BYTES, _MEMBER_RATIO * member.compress_size):
                raise ValueError(
                    f"{member.filename} unpacks from {member.compress_size:,} to "
                    f"{member.file_size:,} bytes"
                )
        with weights_within(sum(member.file_size for member in members), "the file"):
            return keras.models.load_model(path)


@contextlib.contextmanager
def unreadable(path: str | os.PathLike) -> Iterator[None]:
    """Makes of whatever goes wrong with a file's content an error that names the file.

    Raises:
        ValueError: Anything but a missing or forbidden file was raised.
    """
    try:
        yield
    except (FileNotFoundError, PermissionError, IsADirectoryError):
        raise
    except Exception as error:  # Keras raises what it happens to stumble over
        reason = " ".join(str(error).split())
        raise ValueError(
            f"{os.fspath(path)} cannot be loaded: {type(error).__name__}: {reason:.400}. Take "
            "another copy of the file, or save the model again."
        ) from error
