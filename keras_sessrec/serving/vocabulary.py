"""Raw ids inside a TensorFlow graph."""

from __future__ import annotations

import pathlib
import tempfile
from typing import Any

import tensorflow as tf

from keras_sessrec.catalog.catalog import Catalog
from keras_sessrec.catalog.item_lines import write_item_lines

# What stands for "no click" in a request and for "no item" in an answer.
PADDING = {tf.string: "", tf.int64: -1}

_LINE = tf.lookup.TextFileIndex.LINE_NUMBER
_WHOLE_LINE = tf.lookup.TextFileIndex.WHOLE_LINE


class Vocabulary(tf.Module):
    """Maps raw ids to items 1..N and back by two lookup tables that read one text file.

    Line i of the file is the raw id of item i. Both tables read it when a server loads the
    export, so the ids are not in the graph, which protobuf caps at 2 GB. What the graph has is the
    file's fingerprint: an export whose file lost a line or a byte does not load, instead of
    answering with other items.

    Args:
        catalog: `Catalog`. Its ids decide what a request holds: `tf.string`, or `tf.int64`
            where they are integers.
        folder: Path of an existing folder; the file `items.txt` is written to a new folder in
            it, and must stay until the tables are saved.

    Attributes:
        dtype: `tf.string` or `tf.int64`.
        padding: `""` or -1, what stands for "no item".

    Raises:
        ValueError: An id is the padding or has a line break.

    Example:

    >>> vocabulary = Vocabulary(ksr.Catalog(["tea", "cup"]), ".")
    >>> vocabulary.encode([["cup", "", "spoon"]]).numpy().tolist()
    [[2, 0, 0]]
    >>> vocabulary.decode([1, 0]).numpy().tolist()
    [b'tea', b'']
    """

    def __init__(self, catalog: Catalog, folder: str | pathlib.Path) -> None:
        super().__init__()
        is_text = catalog.item_ids.dtype == object
        self.dtype = tf.string if is_text else tf.int64
        self.padding: Any = PADDING[self.dtype]
        # TensorFlow shares tables of one process by the path, also those of loaded exports:
        # so the path is a new one.
        path = str(_write(catalog, pathlib.Path(tempfile.mkdtemp(dir=folder)), self.padding))
        # A whole line can only be read as a string, a column as an integer too.
        column = _WHOLE_LINE if is_text else 0
        self._to_line = tf.lookup.StaticHashTable(
            _CheckedFile(path, self.dtype, column, tf.int64, _LINE), -1
        )
        self._to_id = tf.lookup.StaticHashTable(
            _CheckedFile(path, tf.int64, _LINE, self.dtype, column), self.padding
        )

    def encode(self, ids: Any) -> tf.Tensor:
        """Maps raw ids to int32 items of the same shape; 0 where unknown or padding."""
        ids = tf.convert_to_tensor(ids, self.dtype)
        return tf.cast(self._to_line.lookup(ids) + 1, tf.int32)

    def decode(self, items: Any) -> tf.Tensor:
        """Maps items to raw ids of the same shape; padding where an item is 0."""
        return self._to_id.lookup(tf.cast(items, tf.int64) - 1)


class _CheckedFile(tf.lookup.TextFileInitializer):
    """Fills a table from a file, if that is what it was when the graph was made."""

    def __init__(self, path: str, *columns: Any) -> None:
        super().__init__(path, *columns)
        self._fingerprint = int(_fingerprint(path))

    def initialize(self, table: Any) -> Any:
        # The base class keeps the path as an asset, which a loaded export resolves anew.
        path = tf.convert_to_tensor(self._filename, tf.string)
        check = tf.debugging.assert_equal(
            _fingerprint(path),
            tf.constant(self._fingerprint, tf.int64),
            "`items.txt` is not the file that was exported: it was damaged or changed.",
        )
        with tf.control_dependencies([check] if check is not None else []):
            return super().initialize(table)


def _fingerprint(path: Any) -> tf.Tensor:
    """63 bits of a file's contents."""
    return tf.strings.to_hash_bucket_fast(tf.io.read_file(path), 2**63 - 1)


def _write(catalog: Catalog, folder: pathlib.Path, padding: Any) -> pathlib.Path:
    """Writes one id a line."""
    if padding in catalog.item_ids.tolist():
        raise ValueError(
            f"`model` must have no item whose id is {padding!r}: it stands for padding. "
            "Rename it in the log before the catalog is made."
        )
    path = folder / "items.txt"
    write_item_lines(catalog, path)
    return path
