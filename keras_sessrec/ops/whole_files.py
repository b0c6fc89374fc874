"""Files and folders that are whole or not there, also after a power cut and on a full disk."""

from __future__ import annotations

import contextlib
import os
import platform
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def whole_file(path: str | os.PathLike, size: int = 0) -> Iterator[Path]:
    """Gives a place to write a file to; what is at `path` stays until the file is whole.

    It is written beside, brought to the disk and renamed, in one step. What a killed process
    has left beside is removed by the next one.

    Args:
        path: str or path of the file.
        size: int, bytes that it will need, asked for before anything is written: some libraries
            crash where the disk is full. Defaults to 0, not asked.

    Yields:
        `Path` in the same folder, of the same ending.

    Raises:
        OSError: The disk is full or the folder cannot be written; names the file. What was at
            `path` is as it was.

    Example:

    >>> with whole_file("numbers.txt") as beside:
    ...     length = beside.write_text("1 2 3")
    >>> Path("numbers.txt").read_text()
    '1 2 3'
    """
    path = Path(path)
    beside = place_beside(path, "unfinished")
    try:
        if size:
            _reserve(beside, size)
        yield beside
        sync(beside)
        os.replace(beside, path)
        sync(path.parent, whole_folder=False)
    except BaseException as error:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
        if not isinstance(error, OSError):
            raise
        reason = error.strerror or str(error)
        message = f"{path} was not written: {reason}. What was there before is as it was"
        raise OSError(error.errno, message) from error


def place_beside(path: Path, what: str) -> Path:
    """Finds a name beside a file or folder for what is being made of it.

    It is this process's own, so several may make the same at once. What processes of this machine
    that run no more have left in the folder is removed.

    Args:
        path: `Path` of the file or folder to come.
        what: str, what the name says of it.

    Returns:
        `Path` in the same folder, hidden, of the same ending; nothing is there.
    """
    prefix = f".{what}-{platform.node()}-"
    for left in path.parent.glob(f"{prefix}*"):
        if not _runs(left.name.removeprefix(prefix).split("-")[0]):
            if left.is_dir():
                shutil.rmtree(left, ignore_errors=True)
            else:
                left.unlink(missing_ok=True)
    return path.with_name(f"{prefix}{os.getpid()}-{uuid.uuid4().hex[:8]}-{path.name}")


def sync(path: Path, *, whole_folder: bool = True) -> None:
    """Brings a file, or a folder with all that is in it, to the disk.

    Args:
        path: `Path`.
        whole_folder: bool. Whether what is in a folder is brought there too, or only which
            names it has. Defaults to `True`.
    """
    for place in [*path.rglob("*"), path] if whole_folder and path.is_dir() else [path]:
        handle = os.open(place, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _reserve(path: Path, size: int) -> None:
    """Raises `OSError` unless there is room for a file of this size."""
    with open(path, "wb") as file:
        os.posix_fallocate(file.fileno(), 0, size)
    path.unlink()


def _runs(process: str) -> bool:
    """Whether there is a process of this number."""
    try:
        os.kill(int(process), 0)
    except (ProcessLookupError, ValueError):
        return False
    except PermissionError:
        pass  # of another user
    return True
