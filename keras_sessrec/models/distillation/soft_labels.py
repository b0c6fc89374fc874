"""What a teacher that reads the future thinks of every training sequence."""

from __future__ import annotations

import contextlib
import json
import shutil
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from keras import ops

from keras_sessrec.batches.dataset import catalog_events
from keras_sessrec.batches.prefix_rows import PrefixRows
from keras_sessrec.catalog import Catalog, Scorer
from keras_sessrec.data import SessionLog
from keras_sessrec.ops.progress import progress_bar
from keras_sessrec.ops.selection import top_k
from keras_sessrec.ops.whole_files import sync

ITEMS, PROBABILITIES, FACTS = "items.npy", "probabilities.npy", "facts.json"
ROWS = 512  # pairs whose scores are in memory at a time


class SoftLabels:
    """A teacher's `top` most probable items for every training pair, on disk.

    Tan et al. (2016), section 3.4, let a student learn from a teacher that reads what was
    clicked after the target. They computed the teacher's distribution over all items for
    every mini-batch, and gave up on networks of 1,000 units because of it. Here the teacher
    is asked once and its greatest probabilities are kept, memory-mapped, made to sum to 1;
    a pair whose target is its session's last event has none.

    Args:
        path: str or path, folder made by `SoftLabels.write`.

    Raises:
        FileNotFoundError: There are no finished labels at `path`.
        ValueError: They do not say which log they are of, or were damaged.

    Example:

    >>> import tempfile
    >>> log = ksr.data.synthetic_shop(num_items=40, num_sessions=50, seed=1).log
    >>> catalog = ksr.Catalog.from_log(log)
    >>> teacher = ksr.baselines.ItemKNN().fit(log, catalog)
    >>> path = tempfile.mkdtemp() + "/labels"
    >>> labels = SoftLabels.write(path, teacher, log, catalog, top=5)
    >>> items, probabilities = labels.of(np.array([0]))
    >>> items.shape, probabilities.sum().round(2)
    ((1, 5), np.float32(1.0))
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        if not (self.path / FACTS).exists():
            raise FileNotFoundError(
                "`path` must be a folder that `SoftLabels.write` has finished. "
                f"Received: path={str(path)!r}."
            )
        try:
            facts = json.loads((self.path / FACTS).read_bytes())
        except ValueError as error:
            raise _damaged(self.path / FACTS) from error
        if "checksums" not in facts:
            raise ValueError(
                "`path` must hold labels that say which log and catalog they are of, with their "
                f"checksums. Received: older ones, path={str(path)!r}. Write them again."
            )
        for name, checksum in facts["checksums"].items():
            if not (self.path / name).exists() or _checksum(self.path / name) != checksum:
                raise _damaged(self.path / name)
        self.fingerprint: str = facts["fingerprint"]
        self.contents = "-".join(map(str, facts["checksums"].values()))
        self.num_pairs: int = facts["num_pairs"]
        self.top: int = facts["top"]
        self._items = np.load(self.path / ITEMS, mmap_mode="r")
        self._probabilities = np.load(self.path / PROBABILITIES, mmap_mode="r")
        if self._items.shape != (self.num_pairs, self.top):
            raise _damaged(self.path / FACTS)

    @classmethod
    def write(
        cls,
        path: str | Path,
        teacher: Scorer,
        log: SessionLog,
        catalog: Catalog,
        top: int = 64,
        temperature: float = 1.0,
        max_length: int = 19,
        verbose: int | str = "auto",
    ) -> SoftLabels:
        """Asks a teacher about every pair of a log and stores what it says.

        Args:
            path: str or path of a folder that does not exist yet; it appears when all
                labels are written.
            teacher: Model trained on `prefixes(..., form="futures")`, or anything with a
                `score`.
            log: `SessionLog` that the student is trained on.
            catalog: `Catalog` of student and teacher.
            top: int, items kept per pair, at most all of them. Defaults to 64.
            temperature: float > 0, what the teacher's scores are divided by. Defaults to 1.
            max_length: int, most events of a future that are read. Defaults to 19.
            verbose: As in Keras: `"auto"` (default) or 1 for a progress bar once it has taken two
                seconds, 0 for silence, 2 for one line at the end.

        Returns:
            `SoftLabels`.

        Raises:
            ValueError: `top` or `temperature` is out of range, or the teacher's catalog is another.
            FileExistsError: There is something at `path`.
            OSError: They cannot be written, say because the disk is full; nothing is left.
        """
        path = Path(path)
        if top < 1:
            raise ValueError(f"`top` must be at least 1. Received: top={top}.")
        if temperature <= 0:
            raise ValueError(f"`temperature` must be positive. Received: {temperature}.")
        if path.exists():
            raise FileExistsError(f"`path` must not exist yet. Received: path={str(path)!r}.")
        own = getattr(teacher, "catalog", catalog)
        if own.fingerprint != catalog.fingerprint:
            raise ValueError(
                "`teacher` must score the items of `catalog`, in its order. "
                f"Received: a teacher of {own!r} for {catalog!r}."
            )
        top = min(top, catalog.num_items)
        rows = PrefixRows(*catalog_events(log, catalog), "prefixes", max_length)
        unfinished = path.with_name(path.name + ".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)  # of a process that was killed
        unfinished.mkdir(parents=True)
        best_of = tf.function(
            lambda scores: _most_probable(scores / temperature, top),
            autograph=False,
            reduce_retracing=True,
        )
        places = [(unfinished / ITEMS, np.int32), (unfinished / PROBABILITIES, np.float16)]
        try:
            with contextlib.ExitStack() as files:
                shape = (rows.num_pairs, top)
                append = [files.enter_context(_appending(*place, shape)) for place in places]
                bar = files.enter_context(
                    progress_bar("Writing soft labels", rows.num_pairs, "pair", verbose)
                )
                for begin in range(0, rows.num_pairs, ROWS):
                    numbers = np.arange(begin, min(begin + ROWS, rows.num_pairs))
                    labels = _labels(teacher, rows.futures(numbers), top, best_of)
                    for put, part in zip(append, labels, strict=True):
                        put(part)
                    bar.update(len(numbers))
            facts = {
                "num_pairs": rows.num_pairs,
                "top": top,
                "temperature": temperature,
                "fingerprint": rows.fingerprint(catalog),
                "checksums": {place.name: _checksum(place) for place, _ in places},
            }
            (unfinished / FACTS).write_text(json.dumps(facts))
            sync(unfinished)
        except OSError as error:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise OSError(error.errno, f"{path} was not written: {error.strerror}") from error
        unfinished.rename(path)
        return cls(path)

    def of(self, pairs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Returns the labels of pairs, numbered as the log has them.

        Args:
            pairs: int `[pairs]`.

        Returns:
            Tuple of int32 `[pairs, top]` items, most probable first, and float32
            `[pairs, top]` their probabilities; all 0 for a pair without a future.
        """
        return self._items[pairs], self._probabilities[pairs].astype(np.float32)


def live_soft_labels(
    batches: tf.data.Dataset, teacher: Any, temperature: float = 1.0
) -> tf.data.Dataset:
    """Asks a teacher about every mini-batch as it comes, about all items, as the paper does.

    Costs the teacher's whole forward pass and a distribution over the catalog per row in every
    epoch; `SoftLabels` keeps the greatest once.

    Args:
        batches: `tf.data.Dataset` made by `prefixes(..., with_futures=True)`.
        teacher: Model of the zoo, whose weights are those of the moment.
        temperature: float > 0, what the teacher's scores are divided by. Defaults to 1.

    Returns:
        `tf.data.Dataset` of the same batches, with `x["soft_probability"]`, float32
        `[rows, N]`, in the place of `x["future"]`.
    """

    def ask(x: dict[str, Any], y: Any, sample_weight: Any) -> tuple[dict[str, Any], Any, Any]:
        x = dict(x)
        future = x.pop("future")
        probabilities = tf.nn.softmax(teacher(future, training=False) / temperature)
        x["soft_probability"] = tf.where(future[:, :1] > 0, probabilities, 0.0)
        return x, y, sample_weight

    return batches.map(ask, num_parallel_calls=1).prefetch(1)


def _labels(teacher: Scorer, futures: np.ndarray, top: int, best_of: Any) -> list[np.ndarray]:
    """Items and probabilities `[pairs, top]`, 0 where there is no future."""
    items = np.zeros((len(futures), top), np.int32)
    probabilities = np.zeros((len(futures), top), np.float16)
    asked = np.flatnonzero(futures[:, 0])
    if len(asked):
        width = int((futures[asked] > 0).sum(axis=1).max())
        scores = ops.convert_to_tensor(teacher.score(futures[asked, :width]), "float32")
        items[asked], probabilities[asked] = best_of(scores)
    return [items, probabilities]


@contextlib.contextmanager
def _appending(
    path: Path, dtype: Any, shape: tuple[int, int]
) -> Iterator[Callable[[np.ndarray], int]]:
    """Gives a function that appends rows to a `.npy` file.

    A memory map would end the process where the disk is full.
    """
    with open(path, "wb") as file:
        descr = np.lib.format.dtype_to_descr(np.dtype(dtype))
        header = {"descr": descr, "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(file, header)
        yield lambda rows: file.write(rows.astype(dtype).tobytes())


def _damaged(path: Path) -> ValueError:
    return ValueError(
        f"`path` must hold whole labels. Received: {path}, which was damaged. Write them again."
    )


def _checksum(path: Path) -> int:
    """CRC-32 of a file."""
    checksum = 0
    with open(path, "rb") as file:
        while part := file.read(2**24):
            checksum = zlib.crc32(part, checksum)
    return checksum


def _most_probable(scores: Any, top: int) -> tuple[Any, Any]:
    """Items and probabilities, which sum to 1 again."""
    best, columns = top_k(scores, top)
    return columns + 1, ops.softmax(best)
