"""Version folders that appear complete or not at all."""

from __future__ import annotations

import contextlib
import datetime
import errno
import os
import pathlib
import shutil
from collections.abc import Iterator
from numbers import Integral

import tensorflow as tf

from keras_sessrec.ops.identifiers import shown
from keras_sessrec.ops.whole_files import place_beside, sync

# What TensorFlow makes of a full disk, of too large a file and of a closed folder.
_NOT_WRITTEN = (
    tf.errors.ResourceExhaustedError,
    tf.errors.OutOfRangeError,
    tf.errors.PermissionDeniedError,
)
_LARGEST = 2**63 - 1  # what the server reads a version into


def choose_version(path: str | os.PathLike, version: int | None = None) -> int:
    """Chooses the version of a new export.

    A server loads the highest number among the folders, so the default grows: the time in
    UTC as YYYYMMDDHHMM, or one more than the highest version where that is not enough.

    Args:
        path: Folder of the model, which holds a folder per version; need not exist.
        version: int in 1..2**63 - 1, or `None` (default).

    Returns:
        int, a version that does not exist yet.

    Raises:
        ValueError: `version` is not such a number.
        NotADirectoryError: `path` is a file, or below one.
        FileExistsError: The version exists.

    Example:

    >>> choose_version("saved_models/new", version=3)
    3
    >>> len(str(choose_version("saved_models/new")))
    12
    """
    path = pathlib.Path(path)
    for place in (path, *path.parents):
        if place.is_file():
            raise NotADirectoryError(
                f"`path` must be a folder, which gets a folder for each version. Received: {path}, "
                f"where {place.name} is a file."
            )
    if version is None:
        now = int(datetime.datetime.now(datetime.UTC).strftime("%Y%m%d%H%M"))
        names = [entry.name for entry in path.iterdir()] if path.exists() else []
        taken = [int(name) for name in names if name.isascii() and name.isdigit()]
        return max([now, *(number + 1 for number in taken)])
    is_number = isinstance(version, Integral) and not isinstance(version, bool)
    if not is_number or not 1 <= version <= _LARGEST:
        raise ValueError(
            f"`version` must be an integer from 1 to 2**63 - 1. Received: version={shown(version)}."
        )
    if (path / str(version)).exists():
        raise FileExistsError(
            f"`version` {version} exists in {path}; a served version is never changed. "
            "Choose a higher `version`, or none to get the next one."
        )
    return int(version)


@contextlib.contextmanager
def new_version_folder(path: str | os.PathLike, version: int) -> Iterator[pathlib.Path]:
    """Makes a folder that becomes `path/version` when the block ends well.

    Until then it lies beside under a name that no server reads as a version, and renaming it
    is one step, after all of it has come to the disk, so whoever polls never sees half a model.
    After an error nothing is left; what a killed process of this machine left is removed.

    Args:
        path: Folder of the model; made if missing.
        version: int, as from `choose_version`.

    Yields:
        Path of the new folder.

    Raises:
        FileExistsError: The version has come into being meanwhile.
        OSError: The disk is full, or the folder cannot be written; names the version's folder.
    """
    path = pathlib.Path(path)
    path.mkdir(parents=True, exist_ok=True)
    target = path / str(version)
    beside = place_beside(target, "exporting")
    beside.mkdir(mode=0o700)
    try:
        folder = beside / str(version)  # with usual rights; the folder around it is private
        folder.mkdir()
        yield folder
        sync(folder)
        try:
            os.rename(folder, target)
            sync(path, whole_folder=False)
        except OSError as error:
            if not target.exists():
                raise
            raise FileExistsError(f"`version` {version} in {path} was made meanwhile.") from error
    except FileExistsError:
        raise
    except (OSError, *_NOT_WRITTEN) as error:
        reason = error.strerror if isinstance(error, OSError) else error.message.split("; ")[-1]
        message = f"{target} was not written: {reason}. Other versions are as they were"
        raise OSError(getattr(error, "errno", errno.EIO), message) from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
