"""Raw ids as lines of a text file, which whatever serves a model can read."""

from __future__ import annotations

import os

from keras_sessrec.catalog.catalog import Catalog
from keras_sessrec.ops.identifiers import shown
from keras_sessrec.ops.whole_files import whole_file


def write_item_lines(catalog: Catalog, path: str | os.PathLike) -> None:
    """Writes one raw id a line, in UTF-8: line i is item i, column i - 1 of scores.

    Args:
        catalog: `Catalog`.
        path: str or path of the file.

    Raises:
        ValueError: An id has a line break.
        OSError: It cannot be written; names the file.

    Example:

    >>> write_item_lines(ksr.Catalog(["tea", "cup"]), "items.txt")
    >>> open("items.txt").read().split()
    ['tea', 'cup']
    """
    ids = catalog.item_ids.tolist()
    for item_id in ids:
        # TensorFlow ends a line at \n and drops a \r.
        if isinstance(item_id, str) and ("\n" in item_id or "\r" in item_id):
            raise ValueError(
                "`model` must have no id with a line break: ids are written one a line. "
                f"Received: {shown(item_id)}. Rename it in the log before the catalog is made."
            )
    with whole_file(path) as beside, open(beside, "w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{item_id}\n" for item_id in ids)
