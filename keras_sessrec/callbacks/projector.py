"""The items' vectors in TensorBoard's Projector."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from tensorboard.plugins import projector

from keras_sessrec.callbacks.sprite_sheet import sprite_sheet
from keras_sessrec.ops.whole_files import whole_file

PICTURES_AT_ONCE = 512


class Projector(keras.callbacks.Callback):
    """Shows item vectors in TensorBoard's Projector, with titles and thumbnails.

    Keras' own `embeddings_freq` writes nothing that the Projector can read. This callback
    writes the vectors, a table of what is known of the items, and one picture with all
    thumbnails, at the end of training: one dot per item, most popular items only if there
    are many. Every snapshot is a TensorBoard run of its own, `projector/epoch_<n>`, so that
    a TensorBoard that runs already finds it.

    The vectors are by default those that hidden vectors are multiplied by: near one another
    are items that are recommended in the same situations.

    Args:
        path: str or path, the run's folder, as for `keras.callbacks.TensorBoard`.
        labels: dict from raw ids, as in `catalog.item_ids`, to a title, or to a dict from
            names of columns to values such as `{"title": ..., "category": ...}`; or `None`.
            The first column labels the dots; those of at most 50 different values can
            colour them, as can the number of training events, which is always added.
        thumbnails: uint8 `[N, height, width, 3]`, RGB, row j for item j + 1; or a function
            from raw ids `[n]` to uint8 `[n, height, width, 3]`; or `None`. Scaled down where
            they would need a picture of more than 8192 pixels a side.
        max_items: int, most items shown, the most popular ones. Defaults to 10,000; a
            browser gets slow with more.
        every: int, a snapshot after every so many epochs too; or `None` (default).
        vectors: Function from the model to float `[N, dim]`, row j for item j + 1, such as
            `lambda model: model.item_embeddings`; or `None` (default), those that score the
            items.

    Raises:
        ValueError: When training begins: no id of `labels` is known, or `thumbnails` are of
            another number.

    Example:

    >>> shop = ksr.data.synthetic_shop(num_items=40, num_sessions=100, seed=1)
    >>> catalog = ksr.Catalog.from_log(shop.log)
    >>> model = ksr.models.GRU4Rec(catalog, units=[8], seed=1)
    >>> model.compile(negatives=ksr.samplers.InBatch(), jit_compile=False)
    >>> titles = dict(zip(shop.item_ids, shop.titles))
    >>> callback = Projector("logs/run", titles, shop.thumbnails)
    >>> batches = ksr.batches.session_parallel(shop.log, catalog, lanes=8)
    >>> history = model.fit(batches, verbose=0, callbacks=[callback])
    >>> import os
    >>> "projector_config.pbtxt" in os.listdir("logs/run/projector/epoch_001")
    True
    """

    only_chief = True  # see FitCallbacks

    def __init__(
        self,
        path: str | Path,
        labels: Mapping[Any, Any] | None = None,
        thumbnails: Any = None,
        max_items: int = 10_000,
        every: int | None = None,
        vectors: Callable[[Any], Any] | None = None,
    ) -> None:
        super().__init__()
        for name, value in (("max_items", max_items), ("every", every)):
            if value is not None and value < 1:
                raise ValueError(f"`{name}` must be at least 1. Received: {name}={value}.")
        self.path = Path(path)
        self.labels = labels
        self.thumbnails = thumbnails
        self.max_items = max_items
        self.every = every
        self._vectors = vectors or _scored_vectors

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        # All that can be wrong shows before the training, not after it.
        catalog = self.model.catalog
        order = np.argsort(-catalog.counts, kind="stable")
        self._columns = order[: self.max_items]
        self._item_ids = catalog.item_ids[self._columns]
        self._table = self._make_table()
        self._sheet = None
        if self.thumbnails is not None:
            self._sheet = sprite_sheet(self._pictures(), len(self._item_ids))
        self._shown_vectors()
        self._epochs = self._written = 0

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._epochs = epoch + 1
        if self.every and self._epochs % self.every == 0:
            self._write()

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        if self._written < self._epochs:
            self._write()

    def _write(self) -> None:
        """A folder with all that the Projector needs; it reads nothing outside."""
        folder = self.path / "projector" / f"epoch_{self._epochs:03d}"
        folder.mkdir(parents=True, exist_ok=True)
        with whole_file(folder / "vectors.tsv") as beside:
            np.savetxt(beside, self._shown_vectors(), fmt="%.6g", delimiter="\t")
        with whole_file(folder / "metadata.tsv") as beside:
            beside.write_text(self._table, encoding="utf-8")
        config = projector.ProjectorConfig()
        embedding = config.embeddings.add()
        embedding.tensor_name = "item vectors"
        embedding.tensor_path = "vectors.tsv"
        embedding.metadata_path = "metadata.tsv"
        if self._sheet is not None:
            picture, size = self._sheet
            with whole_file(folder / "sprites.png") as beside:
                beside.write_bytes(picture)
            embedding.sprite.image_path = "sprites.png"
            embedding.sprite.single_image_dim.extend(size)
        projector.visualize_embeddings(str(folder), config)
        # Last, since TensorBoard looks for the rest once: when it first sees an event file.
        tf.summary.create_file_writer(str(folder)).close()
        self._written = self._epochs

    def _shown_vectors(self) -> np.ndarray:
        vectors = np.asarray(self._vectors(self.model), np.float32)
        if vectors.ndim != 2 or len(vectors) != self.model.catalog.num_items:
            raise ValueError(
                f"`vectors` must be [N, dim] with N = {self.model.catalog.num_items} items. "
                f"Received: shape {vectors.shape}."
            )
        return vectors[self._columns]

    def _pictures(self) -> Iterator[np.ndarray]:
        """The thumbnails of the items shown, some at a time."""
        is_function = callable(self.thumbnails)
        if not is_function and len(self.thumbnails) != self.model.catalog.num_items:
            raise ValueError(
                "`thumbnails` must have one picture per item of the catalog "
                f"({self.model.catalog.num_items}). Received: {len(self.thumbnails)}."
            )
        for begin in range(0, len(self._columns), PICTURES_AT_ONCE):
            part = slice(begin, begin + PICTURES_AT_ONCE)
            if is_function:
                yield self.thumbnails(self._item_ids[part])
            else:
                yield self.thumbnails[self._columns[part]]

    def _make_table(self) -> str:
        """What is known of the items, one line each in the order of the vectors."""
        labels = [_as_columns((self.labels or {}).get(i)) for i in self._item_ids.tolist()]
        names = list(dict.fromkeys(name for columns in labels for name in columns))
        if self.labels and not names:
            raise ValueError(
                f"`labels` must have ids of the catalog, such as {self._item_ids.tolist()[0]!r}. "
                f"Received: none of the {len(labels)} items shown, but "
                f"{next(iter(self.labels))!r}."
            )
        lines = [[*names, "id", "events"]]
        counts = self.model.catalog.counts[self._columns]
        for columns, item_id, count in zip(labels, self._item_ids, counts, strict=True):
            lines.append([*(columns.get(name, "") for name in names), item_id, count])
        return "".join("\t".join(map(_as_field, line)) + "\n" for line in lines)


def _scored_vectors(model: Any) -> np.ndarray:
    """The vectors that scores are made of."""
    return model.head().table()[0]


def _as_columns(label: Any) -> Mapping[str, Any]:
    """A label with the names of its parts."""
    if label is None:
        return {}
    return label if isinstance(label, Mapping) else {"title": label}


def _as_field(value: Any) -> str:
    """A value without what would end it: tabs, line breaks of any kind."""
    return " ".join(str(value).split())
